from datetime import date, timedelta

import pytest

from campaigns.rejection_reasons import BACK, SENT_BACK, RejectReason
from campaigns.vocabulary import ExitReason, HandoffState, Stage
from nurture import handoff, leads, published, tasks, users
from nurture.kernel.clock import FrozenClock
from nurture.kernel.errors import Invalid
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work, Works
from nurture.published import LibraryFile
from nurture.usecases.sales import handoff_answers, promotion
from nurture.usecases.sales.handoff_answers import Rejection
from nurture.usecases.shared.track_exit import leave_tracks
from tests.domains.sales import (
    Alerts,
    a_lead,
    a_team,
    an_inquiry,
    did,
    publish_rules,
    publish_track,
    put_in_track,
    stage_of,
    stays_of,
)

ENDS = {RejectReason.LEFT_COMPANY, RejectReason.NOT_OURS, RejectReason.STUDENT_OR_COMPETITOR}


@pytest.fixture
def alerts() -> Alerts:
    return Alerts()


@pytest.fixture
def people(works: Works) -> dict[str, UserId]:
    with works.begin("test") as work:
        publish_rules(work)
        publish_track(work, BACK)
        return a_team(work)


@pytest.fixture
def lead_id(works: Works, people: dict[str, UserId], alerts: Alerts) -> LeadId:
    """Promote a lead to Ines."""
    assert people
    with works.begin("tick") as work:
        made = a_lead(work, "a@mill.example")
        did(work, made, an_inquiry(work.now))
        promotion.recheck(work, [made], notify=alerts)
        return made


def offer_of(work: Work, lead_id: LeadId) -> int:
    found = handoff.of_lead(work, lead_id)
    return found[0].id


def test_accepting_and_speaking_move_lead_and_offer(works: Works, lead_id: LeadId) -> None:
    with works.begin("user:4") as work:
        offer = offer_of(work, lead_id)
        assert handoff_answers.accept(work, offer).state is HandoffState.ACCEPTED
        assert stage_of(work, lead_id) is Stage.ACCEPTED
        assert handoff_answers.contacted(work, offer).contacted_at == work.now


@pytest.mark.parametrize("reason", list(RejectReason))
def test_every_reason_sends_the_lead_somewhere(
    works: Works, lead_id: LeadId, reason: RejectReason
) -> None:
    rejection = Rejection(reason, resume_on=date(2026, 9, 1) if reason == "later" else None)
    with works.begin("user:4") as work:
        if reason in ENDS:
            put_in_track(work, lead_id, "evaluate")
        handoff_answers.reject(work, offer_of(work, lead_id), rejection=rejection)

        person = leads.get(work, lead_id)
        assert (person.owner_id, person.queue) == (None, handoff_answers.MARKETING_QUEUE)
        assert handoff.find_open(work, lead_id) is None
        if reason in ENDS:
            assert person.stage is Stage.DISQUALIFIED
            assert stays_of(work, lead_id) == [("evaluate", ExitReason.DISQUALIFIED)]
        else:
            assert person.stage is Stage.RECYCLED
            assert (BACK, None) in stays_of(work, lead_id)
        asked = [one.title for one in tasks.open_tasks(work, lead_id=lead_id)]
        assert asked == ([SENT_BACK[reason].ask] if SENT_BACK[reason].ask else [])


def test_no_budget_comes_back_in_half_a_year(works: Works, lead_id: LeadId) -> None:
    with works.begin("user:4") as work:
        rejection = Rejection(RejectReason.NO_BUDGET)
        handoff_answers.reject(work, offer_of(work, lead_id), rejection=rejection)

        facts = leads.get(work, lead_id).facts
        assert facts["wake_date"] == "2026-09-02"
        assert facts["sent_back_reason"] == "no_budget"


def test_the_companys_file_decides_what_follows_a_reason(works: Works, lead_id: LeadId) -> None:
    text = (
        "scripts: {visit: Visit them.}\n"
        "sent_back: {no_need: {words: Nothing now, enrol: evaluate, task: ines, script: visit}}\n"
    )
    with works.begin("test") as work:
        published.publish(work, LibraryFile.COMPANY, text)
        publish_track(work, "evaluate")
    with works.begin("user:4") as work:
        rejection = Rejection(RejectReason.NO_NEED)
        handoff_answers.reject(work, offer_of(work, lead_id), rejection=rejection)

        assert stays_of(work, lead_id) == [("evaluate", None)]
        (asked,) = tasks.open_tasks(work, lead_id=lead_id)
        assert (asked.title, asked.reason, asked.script) == ("Visit them", "Nothing now", "visit")
        assert users.get(work, asked.owner_id or UserId(0)).handle == "ines"


def test_a_reason_that_leads_nowhere_is_not_published(works: Works) -> None:
    with works.begin("test") as work, pytest.raises(Invalid, match="is no reason"):
        published.publish(work, LibraryFile.COMPANY, "sent_back: {bored: {words: x, enrol: y}}\n")


def test_later_asks_for_a_day_to_come(works: Works, lead_id: LeadId) -> None:
    with works.begin("user:4") as work, pytest.raises(Invalid, match="a day to come"):
        rejection = Rejection(RejectReason.LATER, resume_on=work.now.date())
        handoff_answers.reject(work, offer_of(work, lead_id), rejection=rejection)


def test_west_of_us_the_next_day_is_still_to_come_after_our_midnight(
    works: Works, clock: FrozenClock, lead_id: LeadId
) -> None:
    midnight = clock.instant.replace(hour=0, minute=0) + timedelta(days=1)
    clock.advance(midnight + timedelta(hours=1, minutes=24) - clock.instant)
    with works.begin("user:4") as work:
        rejection = Rejection(RejectReason.LATER, resume_on=work.now.date())
        handoff_answers.reject(work, offer_of(work, lead_id), rejection=rejection)
        assert stage_of(work, lead_id) is Stage.RECYCLED


def test_a_lead_that_no_track_takes_is_parked_and_wakes_before_somebodys_eyes(
    works: Works, clock: FrozenClock, lead_id: LeadId
) -> None:
    with works.begin("user:4") as work:
        put_in_track(work, lead_id)
        rejection = Rejection(RejectReason.NO_NEED)
        handoff_answers.reject(work, offer_of(work, lead_id), rejection=rejection)
        assert tasks.next_due(work, [lead_id]) == {lead_id: work.now + handoff_answers.REST}
    clock.advance(handoff_answers.REST)

    assert handoff_answers.resume(works, limit=50) == 1
    assert handoff_answers.resume(works, limit=50) == 0
    with works.read("test") as work:
        (triage,) = tasks.open_tasks(work, queue=handoff_answers.MARKETING_QUEUE)
        assert (triage.kind, triage.lead_id) == (tasks.TaskKind.TRIAGE, lead_id)


def test_a_parked_lead_goes_back_into_the_track(
    works: Works, clock: FrozenClock, lead_id: LeadId
) -> None:
    with works.begin("user:4") as work:
        put_in_track(work, lead_id)
        rejection = Rejection(RejectReason.NO_NEED)
        handoff_answers.reject(work, offer_of(work, lead_id), rejection=rejection)
    clock.advance(handoff_answers.REST)
    with works.begin("user:4") as work:
        leave_tracks(work, [lead_id], reason=ExitReason.REMOVED, words="for a test")

    handoff_answers.resume(works, limit=50)

    with works.read("test") as work:
        assert stays_of(work, lead_id) == [(BACK, None), (BACK, ExitReason.REMOVED)]


def test_calls_without_answer_end_as_unreachable(
    works: Works, clock: FrozenClock, lead_id: LeadId
) -> None:
    for _ in range(5):
        with works.begin("user:4") as work:
            handoff_answers.no_answer(work, offer_of(work, lead_id))
        clock.advance(timedelta(days=1))
    with works.read("test") as work:
        closed = handoff.get(work, offer_of(work, lead_id))
        assert (closed.outcome, closed.reason) == ("rejected", "unreachable")
        assert stage_of(work, lead_id) is Stage.RECYCLED


def test_won_makes_a_customer_and_ends_all_tracks(works: Works, lead_id: LeadId) -> None:
    with works.begin("user:4") as work:
        put_in_track(work, lead_id, "evaluate")
        handoff_answers.close(work, offer_of(work, lead_id))

        assert stage_of(work, lead_id) is Stage.CUSTOMER
        assert stays_of(work, lead_id) == [("evaluate", ExitReason.GOAL)]


def test_lost_goes_back_with_its_reason(works: Works, lead_id: LeadId) -> None:
    with works.begin("user:4") as work:
        offer = offer_of(work, lead_id)
        lost = Rejection(RejectReason.OTHER_SUPPLIER)
        closed = handoff_answers.close(work, offer, lost=lost)

        assert (closed.outcome, closed.reason) == ("lost", "other_supplier")
        assert stage_of(work, lead_id) is Stage.RECYCLED


def test_taking_an_answer_back_restores_lead_owner_and_offer(
    works: Works, clock: FrozenClock, people: dict[str, UserId], lead_id: LeadId
) -> None:
    with works.begin("user:4") as work:
        rejection = Rejection(RejectReason.NOT_THE_DECIDER)
        handoff_answers.reject(work, offer_of(work, lead_id), rejection=rejection)
    clock.advance(timedelta(minutes=9))
    with works.begin("user:4") as work:
        restored = handoff_answers.undo(work, offer_of(work, lead_id))

        assert restored.state is HandoffState.OFFERED
        assert stage_of(work, lead_id) is Stage.SALES_READY
        assert leads.get(work, lead_id).owner_id == people["ines"]
        assert tasks.open_tasks(work, lead_id=lead_id) == []
        assert stays_of(work, lead_id) == [(BACK, ExitReason.REMOVED)]


def test_accepted_then_silent_goes_to_somebody_else_and_waits_again(
    works: Works, clock: FrozenClock, people: dict[str, UserId], alerts: Alerts, lead_id: LeadId
) -> None:
    with works.begin("user:4") as work:
        handoff_answers.accept(work, offer_of(work, lead_id))
    for _ in range(60):
        clock.advance(timedelta(hours=1))
        handoff_answers.chase(works, limit=50, notify=alerts)
        with works.read("test") as work:
            if handoff.get(work, offer_of(work, lead_id)).owner_id != people["ines"]:
                break
    with works.read("test") as work:
        moved = handoff.get(work, offer_of(work, lead_id))
        assert (moved.owner_id, moved.state) == (people["tom"], HandoffState.OFFERED)
        assert moved.accepted_at is None
        assert stage_of(work, lead_id) is Stage.SALES_READY


def test_a_redirected_lead_waits_for_its_new_owner(
    works: Works, people: dict[str, UserId], alerts: Alerts, lead_id: LeadId
) -> None:
    with works.begin("user:2") as work:
        offer = offer_of(work, lead_id)
        handoff_answers.accept(work, offer)
        handoff_answers.redirect(work, offer, to=people["petra"], notify=alerts)

        assert stage_of(work, lead_id) is Stage.SALES_READY
        assert leads.get(work, lead_id).owner_id == people["petra"]


def test_a_call_that_is_logged_anywhere_is_the_first_contact_and_stops_the_timer(
    works: Works, lead_id: LeadId
) -> None:
    with works.begin("user:4") as work:
        offer = offer_of(work, lead_id)
        handoff_answers.called(work, lead_id, outcome="no_answer")
        tried = handoff.get(work, offer)
        assert (tried.state, tried.contacted_at) == (HandoffState.ACCEPTED, None)

        handoff_answers.called(work, lead_id, outcome="has_question")

        spoken = handoff.get(work, offer)
        assert spoken.state is HandoffState.CONTACTED
        assert spoken.contacted_at == work.now
        assert stage_of(work, lead_id) is Stage.ACCEPTED
        handoff_answers.called(work, lead_id, outcome="spoke")
        assert handoff.get(work, offer).contacted_at == spoken.contacted_at
