"""Nobody answered: remind the owner, tell the manager, give the lead to somebody else."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, true, update

from campaigns.conditions import Facts
from campaigns.sla import LateRules
from campaigns.vocabulary import Channel, HandoffState
from nurture.handoff.colleagues import Colleague, present
from nurture.handoff.notifier import AlertKind, Notifier
from nurture.handoff.offer import OfferContext, OfferPlace, close_desk, log, open_desk, own, timers
from nurture.handoff.rules import (
    Chase,
    ChaseStep,
    HandoffAnswer,
    Rules,
    chase_after_escalation,
    chase_after_reminder,
    nag,
)
from nurture.handoff.tables import Handoff, HandoffEvent
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work

_NOBODY = Facts()


@dataclass(frozen=True, slots=True)
class DueChase:
    """An offer whose timer has run out."""

    handoff_id: int
    lead_id: LeadId
    step: ChaseStep


@dataclass(frozen=True, slots=True)
class Chased:
    """What was done about it; `taken_back`: it was accepted, and now waits for another owner."""

    handoff_id: int
    lead_id: LeadId
    kind: AlertKind
    taken_back: bool = False


def due_chases(work: Work, *, limit: int, only: Collection[int] | None = None) -> list[DueChase]:
    """List late offers, the latest first, or those of some; rows of another tick are skipped."""
    among = Handoff.id.in_(only) if only is not None else true()
    rows = work.session.execute(
        select(Handoff.id, Handoff.lead_id, Handoff.chase_step)
        .where(Handoff.closed_at.is_(None), Handoff.chase_at <= work.now, among)
        .order_by(Handoff.chase_at, Handoff.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [DueChase(id_, LeadId(lead_id), ChaseStep(step)) for id_, lead_id, step in rows]


def put_off(work: Work, handoff_ids: Collection[int], *, until: datetime) -> None:
    """Look at late offers again later."""
    statement = update(Handoff).where(Handoff.id.in_(handoff_ids))
    work.session.execute(statement.values(chase_at=until))


def chase(
    work: Work,
    due: Sequence[DueChase],
    *,
    facts: Mapping[LeadId, Facts],
    rules: Rules,
    notify: Notifier,
) -> list[Chased]:
    """Take the next step for each; one transaction, one alert each."""
    if not due:
        return []
    desk = open_desk(work, rules)
    had = _had(work, [one.handoff_id for one in due])
    rows = work.session.scalars(
        select(Handoff)
        .where(Handoff.id.in_([one.handoff_id for one in due]))
        .order_by(Handoff.id)
        .execution_options(populate_existing=True)
    )
    hunt = _ChaseContext(work, desk, notify)
    done = [
        hunt.step(row, facts.get(LeadId(row.lead_id), _NOBODY), had.get(row.id, frozenset()))
        for row in rows
    ]
    close_desk(work, desk)
    return done


@dataclass(frozen=True, slots=True)
class _ChaseContext:
    work: Work
    desk: OfferContext
    notify: Notifier

    def step(self, row: Handoff, facts: Facts, had: Collection[str]) -> Chased:
        person = self._whose(row)
        match ChaseStep(row.chase_step):
            case ChaseStep.REMIND:
                return self._remind(row, person)
            case ChaseStep.ESCALATE:
                return self._escalate(row, person)
            case ChaseStep.REASSIGN:
                return self._reassign(row, person, facts, had)

    def _remind(self, row: Handoff, person: Colleague) -> Chased:
        if row.state == HandoffState.OFFERED:
            self._next(row, chase_after_reminder(due=row.accept_by, now=self.work.now))
        else:
            # A call to repeat, or a result to bring: the owner has it in hand and gets a day.
            self._next(row, nag(self.work.now, person.hours))
        return self._tell(row, person.id, AlertKind.REMINDED)

    def _escalate(self, row: Handoff, person: Colleague) -> Chased:
        people = self.desk.people
        manager = people.by_id.get(person.manager_id or person.deputy_id or person.id, person)
        manager = present(people, manager)
        deadline = row.accept_by if row.state == HandoffState.OFFERED else row.contact_by
        self._next(
            row,
            chase_after_escalation(
                HandoffState(row.state),
                started=row.timer_from,
                deadline=deadline,
                now=self.work.now,
                hours=person.hours,
            ),
        )
        return self._tell(row, manager.id, AlertKind.ESCALATED)

    def _reassign(
        self, row: Handoff, person: Colleague, facts: Facts, had: Collection[str]
    ) -> Chased:
        place = self._new_place(row, person, facts, {*had, person.handle})
        if place is None:
            self._next(row, nag(self.work.now, person.hours))
            return self._tell(row, person.id, AlertKind.ESCALATED)
        taken_back = row.state != HandoffState.OFFERED
        for name, value in timers(place).items():
            setattr(row, name, value)
        row.timer_from, row.turn = self.work.now, row.turn + 1
        row.accepted_at = row.contacted_at = None
        self.work.session.flush()
        own(self.work, {LeadId(row.lead_id): place})
        log(
            self.work,
            [(row.id, HandoffAnswer.REASSIGN, {"from": person.handle, "to": place.answers.handle})],
        )
        self.notify.alert(self.work, row.id, user_id=place.answers.id, kind=AlertKind.REASSIGNED)
        return Chased(row.id, LeadId(row.lead_id), AlertKind.REASSIGNED, taken_back=taken_back)

    def _new_place(
        self, row: Handoff, person: Colleague, facts: Facts, had: Collection[str]
    ) -> OfferPlace | None:
        then = self.desk.rules.sla.channels[Channel(row.channel)].then
        if then is LateRules.DEPUTY:
            deputy = self.desk.people.by_id.get(person.deputy_id or UserId(0))
            if deputy is None or deputy.handle in had or not deputy.candidate.active:
                return None
            return self.desk.give(deputy, hot=row.hot, reason=f"For {person.name}, who is late")
        place = self.desk.place(facts, hot=row.hot, without=had)
        return None if row.queue is not None and place.queue == row.queue else place

    def _whose(self, row: Handoff) -> Colleague:
        people = self.desk.people
        owner = people.by_id.get(UserId(row.owner_id or 0))
        named = owner or people.by_handle[row.queue or self.desk.rules.routing.fallback]
        return present(people, named)

    def _next(self, row: Handoff, then: Chase) -> None:
        row.chase_at, row.chase_step = then.at, str(then.step)
        self.work.session.flush()

    def _tell(self, row: Handoff, user_id: UserId, kind: AlertKind) -> Chased:
        log(self.work, [(row.id, kind, {"to": int(user_id)})])
        self.notify.alert(self.work, row.id, user_id=user_id, kind=kind)
        return Chased(row.id, LeadId(row.lead_id), kind)


def _had(work: Work, handoff_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """Tell who has had each offer before, so that nobody gets it twice."""
    rows = work.session.execute(
        select(HandoffEvent.handoff_id, HandoffEvent.detail).where(
            HandoffEvent.handoff_id.in_(handoff_ids),
            HandoffEvent.kind == str(HandoffAnswer.REASSIGN),
        )
    )
    found: dict[int, frozenset[str]] = {}
    for handoff_id, detail in rows:
        if isinstance(detail, dict):
            found[handoff_id] = found.get(handoff_id, frozenset()) | {str(detail.get("from"))}
    return found
