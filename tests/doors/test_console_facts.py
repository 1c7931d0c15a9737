import re
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from campaigns.vocabulary import Role
from nurture import leads, scoring, users
from nurture.kernel.types import EmailAddress, LeadId
from nurture.leads import LeadView
from nurture.usecases.intake import take_in
from tests.doors.console_desk import Reader, Site, plain, site_of


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site_of(tmp_path_factory)


def shown(reader: Reader, place: str) -> dict[str, str]:
    """What a form shows, as it sends it back beside what was typed."""
    html = reader.get(place).get_data(as_text=True)
    found = dict(re.findall(r'name="(was-[a-z_]+)" value="([^"]*)"', html))
    assert found
    return found


def saved(reader: Reader, place: str, **typed: str) -> TestResponse:
    return reader.send(place, came_from=place, **shown(reader, place), **typed)


def person(site: Site, name: str) -> LeadView:
    lead_id = site.lead(name)
    with site.here.works.read("test") as work:
        return leads.get(work, lead_id)


def fit(site: Site, name: str) -> float:
    lead_id = site.lead(name)
    with site.here.works.read("test") as work:
        return scoring.scores(work, [lead_id])[lead_id].fit


def test_what_one_of_us_corrects_counts_for_fit_at_once_and_says_who_and_when(site: Site) -> None:
    mara = site.reader("mara")
    before = fit(site, "jens")
    place = f"/leads/{site.lead('jens')}/facts"

    done = saved(
        mara,
        place,
        job="Plant manager",
        employees="1.250",
        compressor_kw="7,5 kW",
        industry="food",
        phone="030 23125 020",
        language="DE",
        first_name="Jens Peter",
    )

    assert done.status_code == 303
    now = person(site, "jens")
    assert (now.first_name, now.job, now.phone) == ("Jens Peter", "Plant manager", "+493023125020")
    assert now.language == "de"
    assert (now.facts["employees"], now.facts["compressor_kw"]) == (1250, 7.5)
    assert fit(site, "jens") > before
    text = mara.page(f"/leads/{now.id}")
    assert "Plant manager" in text
    assert "From Mara" in text
    with site.here.works.read("test") as work:
        assert {"job", "phone", "employees"} <= {row.field for row in leads.history(work, now.id)}


def test_what_cannot_be_kept_is_said_beside_its_field_and_nothing_is_saved(site: Site) -> None:
    mara = site.reader("mara")
    before = person(site, "jens")
    refused = saved(
        mara,
        f"/leads/{before.id}/facts",
        phone="12",
        country="Atlantis",
        zone="Mars/Base",
        employees="some",
        compressor_kw="big",
        language="deutsch",
        job="Boss",
        last_name="x" * 120,
    )
    html = refused.get_data(as_text=True)

    assert refused.status_code == 422
    assert html.count('aria-invalid="true"') == 7
    for words in (
        "is no phone number",
        "is no country",
        "is no time zone",
        "number of employees",
        "number of kW",
        "two letters",
        "longer than 60",
    ):
        assert words in plain(html)
    assert 'value="Boss"' in html
    assert person(site, "jens") == before


def test_a_blank_takes_a_fact_away_and_a_new_country_moves_the_zone(site: Site) -> None:
    mara = site.reader("mara")
    lead = person(site, "jens")
    place = f"/leads/{lead.id}/facts"
    saved(mara, place, budget="80,000 euros", employees="80")
    saved(mara, place, budget="", phone="", country="Belgium")
    now = person(site, "jens")
    assert "budget" not in now.facts
    assert now.facts["employees"] == 80
    assert now.phone is None
    assert (now.country, now.zone) == ("BE", "Europe/Brussels")


def test_a_company_with_a_domain_is_renamed_for_all_its_people(site: Site) -> None:
    mara = site.reader("mara")
    saved(mara, f"/leads/{site.lead('jens')}/facts", company="Adorf Castings")
    assert person(site, "jens").company == "Adorf Castings"
    with site.here.works.read("test") as work:
        (row,) = (one for one in leads.history(work, site.lead("jens")) if one.field == "company")
    assert (row.old, row.new) == ("Adorf Guss", "Adorf Castings")


def test_who_was_overtaken_sees_both_and_saves_again(site: Site) -> None:
    mara = site.reader("mara")
    place = f"/leads/{site.lead('jens')}/facts"
    before = shown(mara, place)
    saved(mara, place, job="Head of works")
    site.later(timedelta(minutes=1))
    late = mara.send(place, came_from=place, **before, job="Buyer")
    text = plain(late.get_data(as_text=True))
    assert late.status_code == 422
    assert "Now: Head of works" in text
    assert person(site, "jens").job == "Head of works"
    assert saved(mara, place, job="Buyer").status_code == 303
    assert person(site, "jens").job == "buyer"


def test_makers_and_the_owner_edit_and_nobody_else(site: Site) -> None:
    lead = site.lead("jens")
    with site.here.works.begin("test") as work:
        leads.set_owner(work, [lead], owner_id=users.by_handle(work, "ines").id)
    ines = site.reader("ines")
    assert "Edit" in ines.page(f"/leads/{lead}")
    assert saved(ines, f"/leads/{lead}/facts", job="Buyer").status_code == 303
    other = site.lead("aoife")
    assert ines.get(f"/leads/{other}/facts").status_code == 404
    with site.here.works.read("test") as work:
        manager = next(
            card
            for card in users.everybody(work)
            if card.has(Role.MANAGER) and not card.has(Role.MARKETER, Role.ADMIN)
        )
    assert site.reader(manager.handle).get(f"/leads/{lead}/facts").status_code == 403


def colleague(site: Site, *, of: str) -> LeadId:
    """Let in another person at somebody's company."""
    known = person(site, of)
    with site.here.works.begin("test") as work:
        row = leads.NewLead(EmailAddress(f"second@{known.email.partition('@')[2]}"))
        found = take_in.capture_leads(
            work,
            [take_in.NewArrival(row)],
            origin=leads.Origin(),
            policy=leads.FieldPolicy.FILL_BLANKS,
            intake=site.here.intake,
        )
    return found.rows[0].lead_id


def own(site: Site, lead_id: LeadId, handle: str) -> None:
    with site.here.works.begin("test") as work:
        leads.set_owner(work, [lead_id], owner_id=users.by_handle(work, handle).id)


def test_a_save_writes_only_what_its_reader_changed(site: Site) -> None:
    second = colleague(site, of="jens")
    own(site, second, "mara")
    mara, place = site.reader("mara"), f"/leads/{second}/facts"
    opened = shown(mara, place)
    everything = {name.removeprefix("was-"): value for name, value in opened.items()}
    site.later(timedelta(minutes=1))
    saved(mara, f"/leads/{site.lead('jens')}/facts", company="Adorf Castings")

    kept = mara.send(place, came_from=place, **opened, **everything | {"job": "Buyer"})

    assert kept.status_code == 303
    assert person(site, "second").job == "buyer"
    assert person(site, "jens").company == "Adorf Castings"


def test_a_new_name_of_a_company_stands_in_the_history_of_all_its_people(site: Site) -> None:
    second = colleague(site, of="jens")
    before = person(site, "second").changed_at
    site.later(timedelta(minutes=1))
    saved(site.reader("mara"), f"/leads/{site.lead('jens')}/facts", company="Adorf Castings")
    with site.here.works.read("test") as work:
        for one in (second, site.lead("jens")):
            (row,) = (row for row in leads.history(work, one) if row.field == "company")
            assert (row.old, row.new) == ("Adorf Guss", "Adorf Castings")
    assert person(site, "second").changed_at > before


def test_nobody_but_marketing_renames_a_company_of_other_peoples_leads(site: Site) -> None:
    own(site, site.lead("jens"), "ines")
    ines, place = site.reader("ines"), f"/leads/{site.lead('jens')}/facts"
    second = colleague(site, of="jens")

    refused = saved(ines, place, company="Mine alone")

    assert refused.status_code == 403
    assert person(site, "jens").company == "Adorf Guss"
    assert "Others have leads there" in ines.page(place)
    assert saved(ines, place, company="Adorf Guss", job="Buyer").status_code == 303
    own(site, second, "ines")
    assert saved(ines, place, company="All mine").status_code == 303
    assert person(site, "second").company == "All mine"


def test_a_form_shows_words_and_keeps_keys(site: Site) -> None:
    mara, place = site.reader("mara"), f"/leads/{site.lead('jens')}/facts"
    saved(mara, place, timing="Within three months", job="plant head", industry="Car parts")
    kept = person(site, "jens")
    assert (kept.facts["timing"], kept.job) == ("this_quarter", "plant_head")
    assert kept.facts["industry"] == "car_parts"

    html = mara.get(place).get_data(as_text=True)

    for words in ("Within three months", "Plant head", "Car parts"):
        assert f'value="{words}"' in html
    assert "this_quarter" not in html
    assert 'value="Germany"' in html
    everything = {name.removeprefix("was-"): value for name, value in shown(mara, place).items()}
    saved(mara, place, **everything)
    assert person(site, "jens") == kept
