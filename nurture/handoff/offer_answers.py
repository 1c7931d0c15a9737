"""What sales answers to an offer, and how an answer is taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from campaigns.vocabulary import HandoffState, Stage
from nurture.handoff.colleagues import Colleague, colleagues
from nurture.handoff.notifier import AlertKind, Notifier
from nurture.handoff.offer import close_desk, log, open_desk, own, timers
from nurture.handoff.queries import UNREACHED, HandoffView, get, view
from nurture.handoff.rules import (
    ENDS,
    MOVES,
    UNDO_WITHIN,
    Chase,
    ChaseStep,
    HandoffAnswer,
    Rules,
    chase_after_accept,
    next_attempt,
)
from nurture.handoff.tables import Handoff, HandoffEvent
from nurture.kernel.errors import Conflict, Invalid, NotFound
from nurture.kernel.types import Json, LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead


@dataclass(frozen=True, slots=True)
class AnswerUndone:
    """An answer that was taken back."""

    lead_id: LeadId
    was: HandoffAnswer
    was_end: bool
    stage: Stage
    """Where the lead stood before it."""


UNDONE = "undone"
_KEPT = ("state", "owner_id", "queue", "chase_step", "outcome", "reason", "note")
_DATES = ("accepted_at", "contacted_at", "closed_at", "chase_at")


def accept(work: Work, handoff_id: int, *, by: UserId | None = None) -> HandoffView:
    """Take a lead on; `by` makes it theirs when it lay in a queue. Doing it twice is once."""
    row = _locked(work, handoff_id)
    if row.state == HandoffState.ACCEPTED and (by is None or by == row.owner_id):
        return view(row)
    before = _snapshot(work, row)
    _step(row, HandoffAnswer.ACCEPT)
    person = _whose(work, row, by)

    row.accepted_at = work.now
    _chase(row, chase_after_accept(contact_by=row.contact_by, now=work.now, hours=person.hours))
    return _written(work, row, HandoffAnswer.ACCEPT, before)


def contacted(work: Work, handoff_id: int, *, by: UserId | None = None) -> HandoffView:
    """Note that somebody has spoken with the lead; the time to a result runs on."""
    row = _locked(work, handoff_id)
    if row.state == HandoffState.CONTACTED and (by is None or by == row.owner_id):
        return view(row)
    before = _snapshot(work, row)
    _step(row, HandoffAnswer.CONTACT)
    person = _whose(work, row, by)

    row.accepted_at = row.accepted_at or work.now
    row.contacted_at = work.now
    _chase(row, chase_after_accept(contact_by=row.result_by, now=work.now, hours=person.hours))
    row.chase_step = str(ChaseStep.REMIND)
    return _written(work, row, HandoffAnswer.CONTACT, before)


def no_answer(work: Work, handoff_id: int, *, by: UserId | None = None) -> datetime | None:
    """Note a call that nobody answered; give the next time to try, None = unreachable."""
    row = _locked(work, handoff_id)
    before = _snapshot(work, row)
    _step(row, HandoffAnswer.NO_ANSWER)
    person = _whose(work, row, by)

    row.accepted_at = row.accepted_at or work.now
    attempts = 1 + _count(work, row, HandoffAnswer.NO_ANSWER)
    again = next_attempt(attempts, now=work.now, hours=person.hours)
    if again is not None:
        _chase(row, Chase(again, ChaseStep.REMIND))
    _written(work, row, HandoffAnswer.NO_ANSWER, before | {"attempt": attempts})
    return again


def end(
    work: Work, handoff_id: int, *, answer: HandoffAnswer, reason: str | None = None, note: str = ""
) -> HandoffView:
    """Close an offer; sending a lead back needs a reason (F113)."""
    if answer not in ENDS:
        raise Invalid("Only won, lost, sent back or withdrawn ends a hand-off.")
    if answer in (HandoffAnswer.REJECT, HandoffAnswer.LOSE) and not reason:
        raise Invalid("Choose why: the reason decides what happens to the lead next.")
    row = _locked(work, handoff_id)
    before = _snapshot(work, row)
    _step(row, answer)

    row.closed_at, row.outcome = work.now, str(answer)
    row.reason, row.note = reason, note[:500] or None
    return _written(work, row, answer, before)


def redirect(
    work: Work, handoff_id: int, *, to: UserId, rules: Rules, notify: Notifier
) -> HandoffView:
    """Give a lead to somebody else by hand; the history stays and the timers start anew (F112)."""
    row = _locked(work, handoff_id)
    before = _snapshot(work, row)
    # The lead before the turn, as promotion takes them: none wait in a circle.
    work.session.execute(
        select(Lead.id).where(Lead.id == row.lead_id).with_for_update(key_share=True)
    )
    desk = open_desk(work, rules)
    person = desk.people.by_id.get(to)
    if person is None or not person.candidate.active:
        raise Invalid("Choose somebody who is active.")
    _step(row, HandoffAnswer.REDIRECT)

    place = desk.give(person, hot=row.hot, reason=f"Given to {person.name} by hand")
    close_desk(work, desk)
    for name, new in timers(place).items():
        setattr(row, name, new)
    row.timer_from, row.turn = work.now, row.turn + 1
    row.accepted_at = row.contacted_at = None
    answered = _written(work, row, HandoffAnswer.REDIRECT, before | {"to": person.handle})
    own(work, {answered.lead_id: place})
    notify.alert(work, handoff_id, user_id=person.id, kind=AlertKind.REASSIGNED)
    return answered


def undo(work: Work, handoff_id: int) -> AnswerUndone:
    """Take back the last answer within ten minutes, and put what stood before it in its place."""
    row = _locked(work, handoff_id)
    event = work.session.scalar(
        select(HandoffEvent)
        .where(HandoffEvent.handoff_id == handoff_id, HandoffEvent.kind != UNREACHED)
        .order_by(HandoffEvent.id.desc())
        .limit(1)
    )
    detail = event.detail if event is not None and isinstance(event.detail, dict) else {}
    before = detail.get("before")
    if event is None or not isinstance(before, dict) or event.kind == HandoffAnswer.REDIRECT:
        raise Conflict("There is no answer to take back.")
    if work.now - event.at > UNDO_WITHIN:
        raise Conflict("The ten minutes to take an answer back are over.")
    if row.closed_at is not None and _open_elsewhere(work, row):
        raise Conflict("This lead has been offered again meanwhile.")

    for name in _KEPT:
        setattr(row, name, before.get(name))
    for name in _DATES:
        setattr(row, name, _date(before.get(name)))
    work.session.flush()
    log(work, [(handoff_id, UNDONE, {"was": event.kind})])
    was = HandoffAnswer(event.kind)
    stage = Stage(str(before["stage"]))
    return AnswerUndone(LeadId(row.lead_id), was=was, was_end=was in ENDS, stage=stage)


def _locked(work: Work, handoff_id: int) -> Handoff:
    row = work.session.scalar(
        select(Handoff)
        .where(Handoff.id == handoff_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("This hand-off does not exist.")
    return row


def _step(row: Handoff, answer: HandoffAnswer) -> None:
    state = HandoffState(row.state)
    new = MOVES.get((state, answer))
    if new is None:
        word = row.outcome if state is HandoffState.CLOSED else row.state
        raise Conflict(f"This was already answered: {word}.")
    row.state = str(new)


def _whose(work: Work, row: Handoff, by: UserId | None) -> Colleague:
    """Tell in whose time the timers run; an offer from a queue becomes theirs who answers it."""
    people = colleagues(work)
    if row.owner_id is None and by is not None:
        row.owner_id = by
        lead = work.session.get(Lead, row.lead_id)
        assert lead is not None
        lead.owner_id = by
    owner = None if row.owner_id is None else people.by_id.get(UserId(row.owner_id))
    found = owner or people.by_handle.get(row.queue or "")
    if found is None:
        raise Invalid("Say who answers: this lead lies in a queue.")
    return found


def _chase(row: Handoff, chase: Chase) -> None:
    row.chase_at, row.chase_step = chase.at, str(chase.step)


def _written(
    work: Work, row: Handoff, answer: HandoffAnswer, before: Mapping[str, Json]
) -> HandoffView:
    work.session.flush()
    log(work, [(row.id, answer, {"before": dict(before), "reason": row.reason})])
    return get(work, row.id)


def _count(work: Work, row: Handoff, answer: HandoffAnswer) -> int:
    counted = select(func.count()).where(
        HandoffEvent.handoff_id == row.id,
        HandoffEvent.kind == str(answer),
        HandoffEvent.at >= row.timer_from,
    )
    return work.session.scalar(counted) or 0


def _open_elsewhere(work: Work, row: Handoff) -> bool:
    other = select(Handoff.id).where(Handoff.lead_id == row.lead_id, Handoff.closed_at.is_(None))
    return work.session.scalar(other) is not None


def _snapshot(work: Work, row: Handoff) -> dict[str, Json]:
    kept: dict[str, Json] = {name: getattr(row, name) for name in _KEPT}
    for name in _DATES:
        moment = getattr(row, name)
        kept[name] = None if moment is None else moment.isoformat()
    kept["stage"] = work.session.scalar(select(Lead.stage).where(Lead.id == row.lead_id))
    return kept


def _date(value: Json) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
