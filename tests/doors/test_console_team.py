import re
from datetime import timedelta

import pytest

from campaigns.sent_back import RejectReason
from nurture import handoff, users
from nurture.usecases import sell
from nurture.usecases.sell import Rejection
from tests.doors.console_desk import Site, site_of

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


def test_an_absence_that_has_not_begun_is_taken_back(site: Site) -> None:
    jonas, ines = site.reader("jonas"), number(site, "ines")
    jonas.send("/team/absences", came_from=HOME, who=ines, first="2026-06-01", last="2026-06-05")
    with site.here.works.read("test") as work:
        row = users.absences(work, users.by_handle(work, "ines").id)[-1]

    jonas.send(f"/team/absences/{row.id}/end", came_from=HOME)

    assert "06-01" not in "".join(away(site, "ines"))


@pytest.mark.parametrize(
    ("who", "first", "last", "said"),
    [
        ("mara", "2026-06-01", "2026-06-05", "somebody of your team"),
        ("tom", "2026-06-05", "2026-06-01", "The last day of leave lies before the first"),
        ("tom", "2026-01-05", "2026-01-06", "These days are over"),
        ("tom", "", "2026-06-05", "Choose the first and the last day"),
    ],
)
def test_what_makes_no_absence_is_refused(
    site: Site, who: str, first: str, last: str, said: str
) -> None:
    jonas, named = site.reader("jonas"), number(site, who)
    refused = jonas.send("/team/absences", came_from=HOME, who=named, first=first, last=last)

    assert refused.status_code == 422
    assert said in refused.get_data(as_text=True)


def test_only_managers_and_admins_note_absences(site: Site) -> None:
    for handle in ("tom", "petra"):
        asked = site.reader(handle).send("/team/absences", came_from=HOME, who=1)
        assert asked.status_code == 403


def test_a_dealer_sees_what_became_of_their_leads(site: Site) -> None:
    offer = site.pass_on("britta@seefeld.example")
    with site.here.works.begin("test") as work:
        petra = users.by_handle(work, "petra").id
        sell.redirect(work, offer, to=petra, hands=site.here.hands)
        rejection = Rejection(RejectReason.NO_BUDGET, note="Next year")
        sell.reject(work, offer, rejection=rejection, hands=site.here.hands)
        assert handoff.closed_of(work, petra, limit=5)[0].id == offer

    page = site.reader("petra").page(HOME)

    assert (
        "What became of your leads Britta Olm Given back to marketing: No budget. Next year" in page
    )
