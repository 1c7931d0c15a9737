import re

import pytest

from campaigns.vocabulary import Role
from nurture import consent, leads, tracks, users
from nurture.kernel.types import UserId
from nurture.leads import LeadFilter
from tests.doors.console_desk import Site, plain, site_of


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site_of(tmp_path_factory)


def names(html: str) -> list[str]:
    return re.findall(r'<span class="n-name"><b>([^<]+)</b>', html)


def test_the_list_shows_every_lead_with_firm_stage_heat_and_what_comes_next(site: Site) -> None:
    html = site.reader("mara").get("/leads").get_data(as_text=True)

    assert sorted(names(html)) == [
        "Aoife Marran",
        "Britta Olm",
        "Jens Adorf",
        "Orla Finnan",
        "Pieter Hagen",
    ]
    page = plain(html)
    assert "5 leads in this view." in page
    assert "Hagen Polymers, BE" in page


def test_filters_stand_in_the_address_and_narrow_the_list(site: Site) -> None:
    mara = site.reader("mara")

    assert names(mara.get("/leads?country=IE&q=kilbrae").get_data(as_text=True)) == ["Aoife Marran"]
    assert "1 lead matches." in mara.page("/leads?country=IE&q=kilbrae")
    assert "Nothing matches." in mara.page("/leads?q=nobody-of-this-name")


def test_wrong_filters_are_passed_over_and_break_nothing(site: Site) -> None:
    mara = site.reader("mara")

    for address in ("?stage=what", "?owner=x&source=y", "?sort=sideways", "?view=unheard-of"):
        assert mara.get(f"/leads{address}").status_code == 200
    assert mara.get("/leads?after=nonsense").status_code == 422
    assert mara.get("/leads?track=none-such").status_code == 404


def test_the_number_on_a_view_is_the_length_of_its_list(site: Site) -> None:
    mara = site.reader("mara")
    html = mara.get("/leads").get_data(as_text=True)
    counts = re.findall(r'href="(/leads(?:\?view=\w+)?)"[^>]*>[^<]+<em>(\d+)</em>', html)

    assert len(counts) == 5
    for address, count in counts:
        shown = names(mara.get(address).get_data(as_text=True))
        assert len(shown) == int(count), address


def test_show_more_gives_the_next_rows_only(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nurture.web.console.lead_list.STRETCH", 2)
    mara = site.reader("mara")
    found: list[str] = []
    address = "/leads"
    while address:
        headers = {"HX-Request": "true"} if found else {}
        html = mara.client.get(address, headers=headers).get_data(as_text=True)
        assert ("<html" in html) is (not found)
        found += names(html)
        more = re.search(r'hx-get="([^"]+)"', html)
        address = more.group(1).replace("&amp;", "&") if more else ""

    assert len(found) == len(set(found)) == 5


def test_before_many_are_touched_the_page_says_who_and_who_not(site: Site) -> None:
    mara = site.reader("mara")
    with site.here.works.read("test") as work:
        before = {one.id: tracks.stays(work, one.id) for one in everybody(site)}

    preview = mara.send("/leads/bulk", came_from="/leads", all="1", do="stop")

    page = plain(preview.get_data(as_text=True))
    assert "Set 4 leads to do not mail" in page
    assert "1 left out: 1 do not mail." in page
    assert "Orla Finnan" in page
    with site.here.works.read("test") as work:
        assert {one.id: tracks.stays(work, one.id) for one in everybody(site)} == before


def test_ticked_leads_get_an_owner_after_the_preview(site: Site) -> None:
    mara = site.reader("mara")
    jens, ines = site.lead("jens"), str(user(site, "ines"))
    fields = {"lead": str(jens), "do": "assign", "to": ines}

    preview = mara.send("/leads/bulk", came_from="/leads", **fields)
    assert "Give 1 lead to Ines Carro" in plain(preview.get_data(as_text=True))
    done = mara.send("/leads/bulk/do", came_from="/leads", **fields)

    assert done.status_code == 303
    with site.here.works.read("test") as work:
        assert leads.get(work, jens).owner_id == int(ines)
    assert "1 lead given to Ines Carro" in mara.page(done.headers["Location"])


def test_who_cannot_be_in_a_track_is_left_out_with_the_reason(site: Site) -> None:
    mara = site.reader("mara")
    fields = {"all": "1", "do": "enrol", "into": "welcome"}

    page = plain(mara.send("/leads/bulk", came_from="/leads", **fields).get_data(as_text=True))
    done = mara.send("/leads/bulk/do", came_from="/leads", **fields)

    assert "left out" in page
    assert "already in it" in page
    assert "Already in it" in plain(mara.page(done.headers["Location"]))
    with site.here.works.read("test") as work:
        orla = site.lead("orla")
        assert [one for one in tracks.stays(work, orla) if one.ended_at is None] == []


def test_do_not_mail_holds_at_once_and_nobody_is_lost(site: Site) -> None:
    mara = site.reader("mara")
    pieter = site.lead("pieter")

    mara.send("/leads/bulk/do", came_from="/leads", lead=str(pieter), do="stop")

    with site.here.works.read("test") as work:
        assert consent.suppression(work, pieter) is not None
        assert [one for one in tracks.stays(work, pieter) if one.ended_at is None] == []
    assert "Nobody is forgotten." in mara.page("/leads?view=forgotten")


def test_what_was_done_to_many_is_undone_from_the_page_that_reports_it(site: Site) -> None:
    mara = site.reader("mara")
    britta = site.lead("britta")
    with site.here.works.read("test") as work:
        before = leads.get(work, britta).owner_id
    fields = {"lead": str(britta), "do": "assign", "to": str(user(site, "ines"))}
    place = mara.send("/leads/bulk/do", came_from="/leads", **fields).headers["Location"]

    text = mara.page(place)
    assert "1 lead given to Ines Carro" in text
    assert "Undo for 1 lead" in text
    assert "Done by you, 10:24" in text
    with site.here.works.read("test") as work:
        name = users.by_handle(work, "mara").name
        inner = [one for one in users.everybody(work) if one.has(Role.MARKETER, Role.MANAGER)]
        other = next(one for one in inner if one.handle != "mara")
    assert f"Done by {name}, " in site.reader(other.handle).page(place)
    listed = mara.page(place.partition("?")[0] + "/leads")
    assert "Britta Olm" in listed
    done = mara.send(place.partition("?")[0] + "/undo", came_from=place)

    assert "Taken back for 1 lead." in mara.page(done.headers["Location"])
    assert "Undo for" not in mara.page(place)
    assert "Taken back: given to Ines Carro." in mara.page(f"/leads/{britta}")
    with site.here.works.read("test") as work:
        assert leads.get(work, britta).owner_id == before
    again = mara.send(place.partition("?")[0] + "/undo", came_from="/leads")
    assert again.status_code == 409


def test_many_are_taken_out_of_a_track_and_nobody_is_lost(site: Site) -> None:
    mara = site.reader("mara")
    jens = site.lead("jens")
    with site.here.works.read("test") as work:
        stays = [one for one in tracks.stays(work, jens) if one.ended_at is None]
    fields = {"all": "1", "do": "leave", "into": stays[0].track_key}
    page = plain(mara.send("/leads/bulk", came_from="/leads", **fields).get_data(as_text=True))
    assert "out of" in page
    mara.send("/leads/bulk/do", came_from="/leads", **fields)
    with site.here.works.read("test") as work:
        assert [one for one in tracks.stays(work, jens) if one.ended_at is None] == []
    assert "Nobody is forgotten." in mara.page("/leads?view=forgotten")


def test_nothing_ticked_is_said_and_nothing_done(site: Site) -> None:
    answer = site.reader("mara").send("/leads/bulk", came_from="/leads", do="stop")

    assert answer.status_code == 422
    assert "No lead is ticked." in plain(answer.get_data(as_text=True))


def test_sales_people_find_their_own_leads_only(site: Site) -> None:
    with site.here.works.begin("test") as work:
        leads.set_owner(work, [site.lead("jens")], owner_id=user(site, "ines"))
    ines, tom = site.reader("ines"), site.reader("tom")

    assert names(ines.get("/leads").get_data(as_text=True)) == ["Jens Adorf"]
    assert names(tom.get("/leads").get_data(as_text=True)) == []
    assert names(tom.get(f"/leads?owner={user(site, 'ines')}").get_data(as_text=True)) == []
    assert tom.client.post("/leads/bulk/do", data={"all": "1", "do": "stop"}).status_code == 403


def everybody(site: Site) -> list[leads.LeadView]:
    with site.here.works.read("test") as work:
        return list(leads.search(work, LeadFilter()).people)


def user(site: Site, handle: str) -> UserId:
    with site.here.works.read("test") as work:
        return users.by_handle(work, handle).id


def test_conditions_narrow_the_list_its_file_and_what_is_done_with_all(site: Site) -> None:
    mara = site.reader("mara")
    asked = {"where": "country in DE, IE\nnot phone not set"}

    page = mara.client.get("/leads", query_string=asked).get_data(as_text=True)
    assert sorted(names(page)) == ["Aoife Marran", "Jens Adorf"]
    assert "2 leads match." in plain(page)
    assert "country in DE, IE" in page

    some = mara.client.get("/leads", query_string={**asked, "match": "any"}).get_data(as_text=True)
    assert sorted(names(some)) == ["Aoife Marran", "Britta Olm", "Jens Adorf", "Orla Finnan"]
    rows = mara.client.get("/leads.csv", query_string=asked).get_data(as_text=True)
    assert rows.count("\n") == 3


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("contry is DE", "there is no field `contry`; did you mean `country`?"),
        ("how warm are they", "cannot read `how warm are they`"),
        ("employees is many", "`employees` is a number"),
        ("country >= DE", "knows no more and less"),
        ("country is DE\n" * 31, "At most 30 conditions"),
    ],
)
def test_a_condition_that_cannot_be_asked_shows_nobody_and_says_why(
    site: Site, where: str, said: str
) -> None:
    mara = site.reader("mara")

    answer = mara.client.get("/leads", query_string={"where": where})
    assert answer.status_code == 200
    assert said in plain(answer.get_data(as_text=True)).replace("&gt;", ">")
    assert names(answer.get_data(as_text=True)) == []
    # Nothing is done by a condition that nobody understood.
    refused = mara.client.get("/leads.csv", query_string={"where": where})
    assert refused.status_code == 422


def test_conditions_show_sales_people_their_own_leads_only(site: Site) -> None:
    ines = site.reader("ines")

    mine = names(ines.get("/leads").get_data(as_text=True))
    page = ines.client.get("/leads", query_string={"where": "country in DE IE\nnot job is nobody"})
    found = names(page.get_data(as_text=True))
    assert set(found) <= set(mine)
    assert "Aoife Marran" not in found
