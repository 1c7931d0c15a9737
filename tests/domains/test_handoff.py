from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import func, select, update

from campaigns.conditions import Facts
from campaigns.routing import RoutingRule, ToUsers
from campaigns.vocabulary import Channel, HandoffState, Heat, Stage
from nurture import handoff
from nurture.handoff import AlertKind, HandoffAnswer, NewOffer, OfferFilter, OfferScope, Rules
from nurture.handoff.rules import ENDS, MOVES
from nurture.handoff.tables import Handoff, Turn
from nurture.kernel.clock import FrozenClock
from nurture.kernel.errors import Conflict, Invalid, NotFound
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work, Works
from nurture.leads.tables import Lead
from nurture.usecases.sales.handoff_answers import rules_of
from nurture.users.tables import User
from tests.domains.sales import READY, Alerts, a_lead, a_team, is_away, publish_rules

HANDLES = ("mara", "jonas", "tom", "ines", "petra")


@pytest.fixture
def alerts() -> Alerts:
    return Alerts()


@pytest.fixture
def people(works: Works) -> dict[str, UserId]:
    with works.begin("test") as work:
        publish_rules(work)
        return a_team(work)


def an_offer(lead_id: LeadId, *, hot: bool = False, **values: object) -> NewOffer:
    return NewOffer(
        lead_id=lead_id,
        hot=hot,
        facts=Facts({**READY, "hot": hot, **values}),  # type: ignore[dict-item]  # facts of tests
        score={"fit": 62.0, "engagement": 40.0, "grade": "A1"},
        reasons=("Looks into energy.",),
        packet={"topics": ["energy"]},
    )


def offered(work: Work, alerts: Alerts, *offers: NewOffer) -> list[handoff.Offered]:
    return handoff.offer(work, offers, rules=rules_of(work), notify=alerts)


def ready(work: Work, email: str = "a@mill.example") -> LeadId:
    return a_lead(work, email, stage=Stage.SALES_READY)


@pytest.mark.parametrize(("state", "answer"), list(product(HandoffState, HandoffAnswer)))
def test_every_answer_leads_exactly_where_the_table_says(
    state: HandoffState, answer: HandoffAnswer
) -> None:
    after = MOVES.get((state, answer))
    if state is HandoffState.CLOSED:
        assert after is None
    elif answer in ENDS:
        assert after is HandoffState.CLOSED
    elif (state, answer) in {
        (HandoffState.CONTACTED, HandoffAnswer.ACCEPT),
        (HandoffState.CONTACTED, HandoffAnswer.CONTACT),
        (HandoffState.CONTACTED, HandoffAnswer.REASSIGN),
        (HandoffState.ACCEPTED, HandoffAnswer.ACCEPT),
    }:
        assert after is None
    else:
        assert after is not None


def test_an_offer_has_owner_timers_packet_and_an_alert(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    with works.begin("tick") as work:
        lead_id = ready(work)
        (made,) = offered(work, alerts, an_offer(lead_id))
        view = handoff.get(work, made.handoff_id)

        assert (view.owner_id, view.channel, view.heat) == (
            people["ines"],
            Channel.FIELD,
            Heat.WARM,
        )
        assert view.accept_by == work.now + timedelta(hours=4)
        assert view.due_at == view.accept_by
        assert view.packet == {"topics": ["energy"]}
        assert "Ines" in view.route_reason
        assert alerts.told == [(view.id, people["ines"], AlertKind.OFFERED)]
        assert (
            work.session.scalar(select(Lead.owner_id).where(Lead.id == lead_id)) == people["ines"]
        )
        assert [one.kind for one in handoff.events(work, view.id)] == ["offered"]


def test_a_lead_has_one_open_offer(works: Works, people: dict[str, UserId], alerts: Alerts) -> None:
    assert people
    with works.begin("tick") as work:
        lead_id = ready(work)
        assert len(offered(work, alerts, an_offer(lead_id))) == 1
        assert offered(work, alerts, an_offer(lead_id)) == []
        assert work.session.scalar(select(func.count()).select_from(Handoff)) == 1
        assert len(alerts.told) == 1


def test_the_absent_are_skipped_and_the_next_rule_decides(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    with works.begin("tick") as work:
        is_away(work, people["ines"])
        offered(work, alerts, an_offer(ready(work)))
        (view,) = handoff.waiting_for(work)

    assert view.owner_id == people["tom"]


def test_who_is_full_or_inactive_gets_nothing_and_the_queue_takes_the_rest(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    with works.begin("tick") as work:
        work.session.execute(update(User).where(User.id == people["ines"]).values(capacity=1))
        work.session.execute(update(User).where(User.id == people["tom"]).values(active=False))
        offered(work, alerts, *[an_offer(ready(work, f"l{n}@mill.example")) for n in range(2)])
        owned, queued = sorted(handoff.waiting_for(work), key=lambda view: view.id)

        assert (owned.owner_id, owned.queue) == (people["ines"], None)
        assert (queued.owner_id, queued.queue) == (None, "jonas")
        assert queued.channel is Channel.MANAGER_QUEUE
        assert alerts.told[-1] == (queued.id, people["jonas"], AlertKind.OFFERED)


def test_leads_of_one_rule_go_round_and_the_turn_is_kept(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    with works.begin("tick") as work:
        rules = rules_of(work)
        both = RoutingRule("Small plants", ToUsers(("tom", "ines")))
        rules = Rules(replace(rules.routing, rules=(both,)), rules.sla)
        for n in range(4):
            one = an_offer(ready(work, f"l{n}@mill.example"), product="service")
            handoff.offer(work, [one], rules=rules, notify=alerts)
        owners = [view.owner_id for view in sorted(handoff.waiting_for(work), key=lambda v: v.id)]

        assert owners == [people["tom"], people["ines"]] * 2
        assert work.session.scalar(select(Turn.count)) == 4


def test_an_urgent_lead_from_elsewhere_lies_in_the_managers_queue(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    with works.begin("tick") as work:
        offered(work, alerts, an_offer(ready(work), hot=True, country_served=False))
        (view,) = handoff.waiting_for(work, OfferFilter((OfferScope(queues=frozenset({"jonas"})),)))
        assert view.heat is Heat.HOT

        handoff.accept(work, view.id, by=people["jonas"])

        assert handoff.get(work, view.id).owner_id == people["jonas"]


def test_accepting_twice_is_once_and_a_closed_one_is_refused(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    with works.begin("user:4") as work:
        (made,) = offered(work, alerts, an_offer(ready(work)))
        handoff.accept(work, made.handoff_id, by=people["ines"])
        handoff.accept(work, made.handoff_id, by=people["ines"])
        assert [one.kind for one in handoff.events(work, made.handoff_id)] == [
            "offered",
            "accepted",
        ]

        handoff.end(work, made.handoff_id, answer=HandoffAnswer.REJECT, reason="no_need")
        with pytest.raises(Conflict, match="already answered: rejected"):
            handoff.accept(work, made.handoff_id)
        with pytest.raises(NotFound):
            handoff.accept(work, made.handoff_id + 1)


def test_sending_back_needs_a_reason(
    works: Works, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people
    with works.begin("user:4") as work:
        (made,) = offered(work, alerts, an_offer(ready(work)))
        with pytest.raises(Invalid, match="Choose why"):
            handoff.end(work, made.handoff_id, answer=HandoffAnswer.REJECT)


def test_late_is_reminded_then_escalated_then_given_to_somebody_else(
    works: Works, clock: FrozenClock, people: dict[str, UserId], alerts: Alerts
) -> None:
    facts = Facts(READY)
    with works.begin("tick") as work:
        (made,) = offered(work, alerts, an_offer(ready(work)))
        assert handoff.due_chases(work, limit=9) == []
    for _ in range(40):
        clock.advance(timedelta(hours=1))
        with works.begin("tick") as work:
            due = handoff.due_chases(work, limit=9)
            known = {one.lead_id: facts for one in due}
            handoff.chase(work, due, facts=known, rules=rules_of(work), notify=alerts)
    with works.read("test") as work:
        kinds = [one.kind for one in handoff.events(work, made.handoff_id)]
        view = handoff.get(work, made.handoff_id)

    assert kinds[:4] == ["offered", "reminded", "escalated", "reassigned"]
    assert alerts.told[1:4] == [
        (made.handoff_id, people["ines"], AlertKind.REMINDED),
        (made.handoff_id, people["jonas"], AlertKind.ESCALATED),
        (made.handoff_id, people["tom"], AlertKind.REASSIGNED),
    ]
    assert view.turn >= 2
    assert view.owner_id != people["ines"]


def test_nobody_is_reminded_at_night(
    works: Works, clock: FrozenClock, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people
    clock.advance(timedelta(hours=7, minutes=45))
    with works.begin("tick") as work:
        offered(work, alerts, an_offer(ready(work)))
        (view,) = handoff.waiting_for(work)

    assert view.accept_by == clock.now() + timedelta(hours=16 + 4)


def test_a_redirect_keeps_the_history_and_restarts_the_timer(
    works: Works, clock: FrozenClock, people: dict[str, UserId], alerts: Alerts
) -> None:
    with works.begin("tick") as work:
        (made,) = offered(work, alerts, an_offer(ready(work)))
        handoff.accept(work, made.handoff_id)
    clock.advance(timedelta(hours=3))
    with works.begin("user:2") as work:
        view = handoff.redirect(
            work, made.handoff_id, to=people["tom"], rules=rules_of(work), notify=alerts
        )

        assert (view.state, view.owner_id, view.turn) == (HandoffState.OFFERED, people["tom"], 2)
        assert view.accept_by == work.now + timedelta(hours=1)
        assert view.offered_at < work.now
        assert alerts.told[-1] == (view.id, people["tom"], AlertKind.REASSIGNED)


def test_calls_without_answer_come_back_ever_later_and_end(
    works: Works, clock: FrozenClock, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people
    with works.begin("user:4") as work:
        (made,) = offered(work, alerts, an_offer(ready(work)))
    tries = []
    for _ in range(5):
        with works.begin("user:4") as work:
            tries.append(handoff.no_answer(work, made.handoff_id))
        clock.advance(timedelta(days=1))

    assert tries[0] == clock.now() - timedelta(days=5) + timedelta(hours=4)
    assert tries[-1] is None
    assert None not in tries[:-1]


def test_an_answer_can_be_taken_back_for_ten_minutes(
    works: Works, clock: FrozenClock, people: dict[str, UserId], alerts: Alerts
) -> None:
    assert people
    with works.begin("user:4") as work:
        (made,) = offered(work, alerts, an_offer(ready(work)))
        handoff.end(work, made.handoff_id, answer=HandoffAnswer.REJECT, reason="no_need")
    clock.advance(timedelta(minutes=10))
    with works.begin("user:4") as work:
        undone = handoff.undo(work, made.handoff_id)
        view = handoff.get(work, made.handoff_id)
        assert undone.was_end
        assert (view.state, view.closed_at, view.outcome) == (HandoffState.OFFERED, None, None)
        with pytest.raises(Conflict, match="no answer"):
            handoff.undo(work, made.handoff_id)
        handoff.accept(work, made.handoff_id)
    clock.advance(timedelta(minutes=10, seconds=1))
    with works.begin("user:4") as work, pytest.raises(Conflict, match="ten minutes"):
        handoff.undo(work, made.handoff_id)


def test_who_has_spoken_with_a_lead_is_reminded_of_the_result_and_keeps_it(
    works: Works, clock: FrozenClock, people: dict[str, UserId], alerts: Alerts
) -> None:
    with works.begin("user:4") as work:
        (made,) = offered(work, alerts, an_offer(ready(work)))
        result_by = handoff.contacted(work, made.handoff_id).result_by
    clock.instant = result_by - timedelta(minutes=1)
    with works.begin("tick") as work:
        assert handoff.due_chases(work, limit=9) == []
    for _ in range(5):
        clock.advance(timedelta(days=1))
        with works.begin("tick") as work:
            due = handoff.due_chases(work, limit=9)
            handoff.chase(work, due, facts={}, rules=rules_of(work), notify=alerts)

    kinds = [kind for _, _, kind in alerts.told]
    assert kinds[:3] == [AlertKind.OFFERED, AlertKind.REMINDED, AlertKind.ESCALATED]
    with works.read("test") as work:
        assert handoff.get(work, made.handoff_id).owner_id == people["ines"]
