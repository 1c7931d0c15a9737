import re
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from campaigns.rejection_reasons import RejectReason
from nurture import handoff, users
from nurture.handoff.tables import Handoff
from nurture.usecases.sales import handoff_answers
from nurture.usecases.sales.handoff_answers import Rejection
from nurture.users.tables import Absence
from tests.doors.console_desk import Site, links, plain, site_of

HOME = "/"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site_of(tmp_path_factory)


def away(site: Site, handle: str) -> list[str]:
    with site.here.works.read("test") as work:
        who = users.by_handle(work, handle).id
        rows = users.absences(work, who)
        return [f"{one.begins_at:%m-%d %H:%M} {one.ends_at:%m-%d %H:%M}" for one in rows]


def number(site: Site, handle: str) -> int:
    with site.here.works.read("test") as work:
        return users.by_handle(work, handle).id


def test_a_manager_sees_who_has_how_much_and_who_is_late(site: Site) -> None:
    site.pass_on("aoife@kilbrae.example")
    site.later(timedelta(days=2))

    page = site.reader("jonas").page(HOME)

    assert "1 hand-off is with your people, 1 late." in page
    assert "Aoife Marran" in page
    assert re.search(r"(Ines Carro|Tom Becke|Petra Sommer) 1 late 1 of", page)
    assert "Claire Duval" not in page


def test_a_managers_figures_open_lists_as_long_as_they_are(site: Site) -> None:
    jonas = site.reader("jonas")
    with site.here.works.begin("test") as work:
        mara = users.by_handle(work, "mara").id
        offer = handoff.waiting_for(work)[0].id
        before = handoff.get(work, offer).owner_id
        work.session.execute(update(Handoff).values(owner_id=mara))
    try:
        home, queue = jonas.get(HOME).get_data(as_text=True), jonas.page("/handoffs?team=1")

        assert "No lead waits for an answer of your people." in plain(home)
        assert {"/handoffs?team=1", "/handoffs?view=late&team=1"} <= set(links(home))
        assert "Late 0 of 0 with your people" in plain(home)
        assert "Nobody waits for an answer." in queue
        assert "All 0" in queue
        assert "All 1" in jonas.page("/handoffs")
    finally:
        with site.here.works.begin("test") as work:
            work.session.execute(update(Handoff).values(owner_id=before))
    page = jonas.get("/handoffs?team=1").get_data(as_text=True)
    assert "1 with your people, 1 late" in plain(page)
    assert "/handoffs?view=late&team=1" in links(page)


def test_what_counts_the_whole_company_says_so_and_opens_its_own_list(site: Site) -> None:
    page = site.reader("jonas").get(HOME).get_data(as_text=True)

    assert "No first contact yet whole company, 7 days; 1 late of 1" in plain(page)
    assert "/today/contacts" in links(page)
    assert "Aoife Marran" in site.reader("jonas").page("/today/contacts")


def test_a_manager_of_nobody_reads_of_sales_and_not_of_people_of_theirs(site: Site) -> None:
    page = site.reader("claire").page(HOME)

    assert "1 hand-off is with sales, 1 late." in page
    assert "your people" not in page


def test_an_absence_is_noted_in_the_persons_own_days_and_ended(site: Site) -> None:
    jonas = site.reader("jonas")
    petra = number(site, "petra")

    jonas.send("/team/absences", came_from=HOME, who=petra, first="2026-03-02", last="2026-03-20")

    assert away(site, "petra") == ["03-01 23:00 03-20 23:00"]
    page = jonas.page(HOME)
    assert "Petra Sommer Mon 2 Mar to Fri 20 Mar, now End now" in page
    with site.here.works.read("test") as work:
        (row,) = users.absences(work, users.by_handle(work, "petra").id)
    jonas.send(f"/team/absences/{row.id}/end", came_from=HOME)
    with site.here.works.read("test") as work:
        assert row.user_id not in users.away(work, at=work.now)


def test_absences_are_shown_in_the_days_of_whoever_is_away(site: Site) -> None:
    jonas, ines = site.reader("jonas"), number(site, "ines")

    jonas.send("/team/absences", came_from=HOME, who=ines, first="2026-04-06", last="2026-04-10")

    assert "Ines Carro Mon 6 Apr to Fri 10 Apr" in jonas.page(HOME)


def test_an_admin_who_also_does_marketing_sees_who_is_away(site: Site) -> None:
    mara, tom = site.reader("mara"), number(site, "tom")
    html = mara.get(HOME).get_data(as_text=True)
    assert "Who is away" in plain(html)
    assert "desk.css" in html

    mara.send("/team/absences", came_from=HOME, who=tom, first="2026-05-04", last="2026-05-08")

    assert "Tom Becke Mon 4 May to Fri 8 May Take back" in mara.page(HOME)


def test_what_is_said_of_absences_is_what_happens(site: Site) -> None:
    with site.here.works.begin("test") as work:
        work.session.execute(delete(Absence))

    assert "what they have stays with them until it is late." in site.reader("jonas").page(HOME)


def test_an_absence_that_has_not_begun_is_taken_back(site: Site) -> None:
    jonas, ines = site.reader("jonas"), number(site, "ines")
    jonas.send("/team/absences", came_from=HOME, who=ines, first="2026-06-01", last="2026-06-05")
    with site.here.works.read("test") as work:
        row = users.absences(work, users.by_handle(work, "ines").id)[-1]

    jonas.send(f"/team/absences/{row.id}/end", came_from=HOME)

    page = jonas.page(HOME)
    assert "This absence is taken back." in page
    assert "gets new leads again" not in page
    assert "06-01" not in "".join(away(site, "ines"))


@pytest.mark.parametrize(
    ("who", "first", "last", "said"),
    [
        ("mara", "2026-06-01", "2026-06-05", "somebody of your team"),
        ("tom", "2026-06-05", "2026-06-01", "The last day of leave lies before the first"),
        ("tom", "2026-01-05", "2026-01-06", "These days are over"),
        ("tom", "", "2026-06-05", "Choose the first and the last day"),
        ("tom", "2026-06-01", "9999-12-31", "less than two years away"),
        ("tom", "0001-01-01", "2026-06-05", "less than two years away"),
    ],
)
def test_what_makes_no_absence_is_refused_and_stays_in_the_form(
    site: Site, who: str, first: str, last: str, said: str
) -> None:
    jonas, named = site.reader("jonas"), number(site, who)
    refused = jonas.send("/team/absences", came_from=HOME, who=named, first=first, last=last)

    assert refused.status_code == 303
    page = jonas.get(refused.headers["Location"]).get_data(as_text=True)
    assert said in page
    assert re.search(rf'name="last"[^>]* value="{last}"', page)
    assert (f'<option value="{named}" selected>' in page) == (who == "tom")


def test_only_managers_and_admins_note_absences(site: Site) -> None:
    for handle in ("tom", "petra"):
        asked = site.reader(handle).send("/team/absences", came_from=HOME, who=1)
        assert asked.status_code == 403


def test_a_dealer_sees_what_became_of_their_leads(site: Site) -> None:
    offer = site.pass_on("britta@seefeld.example")
    with site.here.works.begin("test") as work:
        petra = users.by_handle(work, "petra").id
        handoff_answers.redirect(work, offer, to=petra, notify=site.here.notify)
        rejection = Rejection(RejectReason.NO_BUDGET, note="Next year")
        handoff_answers.reject(work, offer, rejection=rejection)
        assert handoff.closed_of(work, petra, limit=5)[0].id == offer

    page = site.reader("petra").page(HOME)

    assert (
        "What became of your leads Britta Olm Given back to marketing: No budget. Next year" in page
    )
