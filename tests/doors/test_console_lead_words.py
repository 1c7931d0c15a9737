"""What the page of one lead says where a number or a name alone would mislead."""

from datetime import timedelta
from pathlib import Path
from re import search, sub

import pytest

from campaigns.vocabulary import ActivityKind, Verdict
from nurture import engagement, leads, users
from nurture.engagement import ActivityRow
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId
from nurture.kernel.work import Works
from nurture.usecases.responses import evidence
from nurture.usecases.sales import handoff_answers
from tests.doors.public import Site, henk, offered, open_site
from tests.doors.test_console_lead import log_in, shown, story


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    return open_site(works, clock, home)


@pytest.fixture
def lead(site: Site) -> LeadId:
    return henk(site, first_name="Henk", last_name="Vlietstra", job="buyer")


def test_a_score_just_under_a_threshold_says_so(
    site: Site, lead: LeadId, clock: FrozenClock
) -> None:
    log_in(site, "marketer")
    with site.works.begin("test") as work:
        row = ActivityRow(
            lead_id=lead,
            kind=ActivityKind.SUBMITTED,
            at=work.now,
            origin="test",
            verdict=Verdict.HUMAN_PROVEN,
            name="calculator",
        )
        evidence.weigh(work, engagement.note_activity(work, [row]), journey=site.here.journey)
    clock.advance(timedelta(minutes=3))

    assert "(20.0, just under 20)" in shown(site, lead)

    clock.advance(timedelta(days=5))
    log_in(site, "admin")
    assert "just under" not in shown(site, lead)


def test_a_lead_in_somebodys_queue_names_that_person(site: Site, lead: LeadId) -> None:
    log_in(site, "marketer")
    with site.works.begin("test") as work:
        leads.set_owner(work, [lead], owner_id=None, queue="jonas")

    assert "Queue of Jonas Pell" in shown(site, lead)


def test_who_got_a_lead_later_did_not_have_it_from_the_beginning(
    site: Site, lead: LeadId, clock: FrozenClock
) -> None:
    offer = offered(site, lead)
    clock.advance(timedelta(minutes=40))
    with site.works.begin("test") as work:
        tom = users.by_handle(work, "tom").id
        handoff_answers.redirect(work, offer.id, to=tom, notify=site.here.notify)
    log_in(site, "marketer")

    told = sub(r"<[^>]*>|\s+", " ", story(shown(site, lead)))

    assert search(r"Given over +to Tom Becke", told)
    assert not search(r"Offered +to Tom Becke", told)
