import re
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from campaigns.vocabulary import Role
from nurture import leads, scoring, users
from nurture.leads import Person
from tests.doors.console_desk import Reader, Site, plain, site_of


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site_of(tmp_path_factory)


def saved(reader: Reader, place: str, **typed: str) -> TestResponse:
    html = reader.get(place).get_data(as_text=True)
    seen = re.search(r'name="seen" value="([^"]+)"', html)
    assert seen is not None
    return reader.send(place, came_from=place, seen=seen.group(1), **typed)


def person(site: Site, name: str) -> Person:
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
        mara, place, job="Plant manager", employees="1.250", compressor_kw="7,5 kW",
        industry="food", phone="030 23125 020", language="DE", first_name="Jens Peter",
    )  # fmt: skip

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
        mara, f"/leads/{before.id}/facts", phone="12", country="Atlantis", zone="Mars/Base",
        employees="some", compressor_kw="big", language="deutsch", job="Boss", last_name="x" * 120,
    )  # fmt: skip
    html = refused.get_data(as_text=True)

    assert refused.status_code == 422
    assert html.count('aria-invalid="true"') == 7
    for words in ("is no phone number", "is no country", "is no time zone", "number of people",
                  "number of kilowatts", "two letters", "longer than 100"):  # fmt: skip
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
    saved(mara, place, job="Head of works")
    site.later(timedelta(minutes=1))
    late = mara.send(place, came_from=place, seen="2026-01-01T00:00:00+00:00", job="Buyer")
    text = plain(late.get_data(as_text=True))
    assert late.status_code == 422
    assert "Now: Head of works" in text
    assert person(site, "jens").job == "Head of works"
    assert saved(mara, place, job="Buyer").status_code == 303
    assert person(site, "jens").job == "Buyer"


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
        boss = next(
            card for card in users.everybody(work)
            if card.has(Role.MANAGER) and not card.has(Role.MARKETER, Role.ADMIN)
        )  # fmt: skip
    assert site.reader(boss.handle).get(f"/leads/{lead}/facts").status_code == 403
