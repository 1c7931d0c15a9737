"""What sales does with a lead: take it, speak with it, win it, or send it back with a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from campaigns.rejection_reasons import (
    BACK,
    SENT_BACK,
    RejectionReasons,
    RejectReason,
    load_sent_back,
)
from campaigns.timing import Calendar, Duration, add, zone_of
from campaigns.vocabulary import ExitReason, Stage
from nurture import handoff, leads, lifecycle, published, tasks, tracks, users
from nurture.handoff import ChaseStep, DueChase, HandoffAnswer, HandoffView, Notifier, Rules
from nurture.kernel.errors import Conflict, Invalid, NotFound
from nurture.kernel.types import Json, LeadId, UserId
from nurture.kernel.work import Work, Works
from nurture.published import LibraryFile
from nurture.usecases.shared import lead_facts
from nurture.usecases.shared.assignee import owner_of
from nurture.usecases.shared.due_work import DueWork, do_due
from nurture.usecases.shared.track_exit import leave_tracks
from nurture.usecases.shared.working_hours import morning, zone_here

MARKETING_QUEUE = "marketing"
"""Whose the leads are that sales has sent back."""
NOT_REACHED = "no_answer"
"""How a call is logged that nobody answered."""
DISQUALIFIED = "disqualified"
"""How tasks end whose lead is closed."""
TRIAGE_WAIT = Duration(2, "bd")
REST = timedelta(days=30)
"""How long a lead rests that no track takes and that has no date of its own."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """An answer that sends a lead back; `resume_on` when the reason asks for a date."""

    reason: RejectReason
    note: str = ""
    resume_on: date | None = None


def accept(work: Work, handoff_id: int, *, by: UserId | None = None) -> HandoffView:
    """Take a lead on."""
    answered = handoff.accept(work, handoff_id, by=by)
    _accepted(work, answered.lead_id, "Accepted by sales")
    return answered


def contacted(work: Work, handoff_id: int, *, by: UserId | None = None) -> HandoffView:
    """Note that somebody has spoken with the lead."""
    answered = handoff.contacted(work, handoff_id, by=by)
    _accepted(work, answered.lead_id, "Sales has spoken with them")
    return answered


def no_answer(work: Work, handoff_id: int, *, by: UserId | None = None) -> HandoffView:
    """Note a call that nobody answered; after the last attempt the lead counts as unreachable."""
    again = handoff.no_answer(work, handoff_id, by=by)
    if again is None:
        return reject(work, handoff_id, rejection=Rejection(RejectReason.UNREACHABLE))
    answered = handoff.get(work, handoff_id)
    _accepted(work, answered.lead_id, "Sales has tried to call")
    return answered


def called(work: Work, lead_id: LeadId, *, outcome: str, by: UserId | None = None) -> None:
    """Let a call that was logged elsewhere count for the open hand-off, which stops its timer.

    Who was spoken with has had the first contact; a call that nobody answered was an attempt.
    `by`: who takes the lead on where it lies in a queue; without one, it stays there.
    """
    offer = handoff.find_open(work, lead_id)
    if offer is None or offer.contacted_at is not None or (offer.owner_id or by) is None:
        return
    if outcome == NOT_REACHED:
        no_answer(work, offer.id, by=by)
    else:
        contacted(work, offer.id, by=by)


def reject(work: Work, handoff_id: int, *, rejection: Rejection) -> HandoffView:
    """Send a lead back; the reason decides what happens to it next (F113)."""
    return _send_back(work, handoff_id, rejection, answer=HandoffAnswer.REJECT)


def close(
    work: Work, handoff_id: int, *, lost: Rejection | None = None, note: str = ""
) -> HandoffView:
    """Note how it ended: won, or lost for a reason, as when sales sends a lead back."""
    if lost is not None:
        return _send_back(work, handoff_id, lost, answer=HandoffAnswer.LOSE)
    answered = handoff.end(work, handoff_id, answer=HandoffAnswer.WIN, note=note)
    lead_ids = [answered.lead_id]
    _accepted(work, answered.lead_id, "Won")
    lifecycle.move(work, lead_ids, to=Stage.CUSTOMER, reason="Won")
    leave_tracks(work, lead_ids, reason=ExitReason.GOAL, words="Won by sales")
    tasks.drop(work, lead_ids, outcome="won")
    return answered


def disqualify(work: Work, lead_id: LeadId, *, reason: RejectReason, key: str) -> None:
    """Close a lead that sales has never had, for one of the reasons that end it (F107)."""
    what = sent_back(work)[reason]
    if not what.ends:
        raise Invalid("Choose a reason for which we never come back to this lead.")
    if handoff.find_open(work, lead_id) is not None:
        raise Conflict("Sales has this lead now: whoever has it says whether it fits.")
    if not _end(work, lead_id, what.words):
        raise Conflict("This lead is closed already, or a customer.")
    if what.ask:
        _ask(work, lead_id, what, key=key)


def redirect(work: Work, handoff_id: int, *, to: UserId, notify: Notifier) -> HandoffView:
    """Give a lead to somebody else; who gets it has not accepted yet."""
    answered = handoff.redirect(work, handoff_id, to=to, rules=rules_of(work), notify=notify)
    lifecycle.move(work, [answered.lead_id], to=Stage.SALES_READY, reason="Given to somebody else")
    return answered


def undo(work: Work, handoff_id: int) -> HandoffView:
    """Take the last answer back within ten minutes, with all that followed from it."""
    undone = handoff.undo(work, handoff_id)
    lead_ids = [undone.lead_id]
    if lifecycle.stages(work, lead_ids)[undone.lead_id] is not undone.stage:
        back = lifecycle.move(work, lead_ids, to=undone.stage, reason="Answer taken back")
        if not back.moved:
            raise Conflict("Too much has happened since to take this answer back.")
    if undone.was_end:
        leave_tracks(work, lead_ids, reason=ExitReason.REMOVED, words="Sales took its answer back")
        tasks.drop(work, lead_ids, outcome="answer taken back")
    answered = handoff.get(work, handoff_id)
    leads.set_owner(work, lead_ids, owner_id=answered.owner_id, queue=answered.queue)
    return answered


def chase(works: Works, *, limit: int, notify: Notifier) -> int:
    """Remind, escalate or reassign whatever is late; count what was due."""
    part = DueWork(
        key="chase",
        name="Chasing the hand-off",
        actor="tick",
        take=lambda work, some: handoff.due_chases(work, limit=limit, only=_ids(some)),
        do=lambda work, due: _chase(work, due, notify),
        put_off=lambda work, late, by: handoff.put_off(
            work, [one.handoff_id for one in late], until=work.now + by
        ),
        whose=lambda _work, late: {one: one.lead_id for one in late},
        number=lambda one: one.handoff_id,
    )
    return do_due(works, part).due


def _ids(some: Sequence[DueChase] | None) -> list[int] | None:
    return None if some is None else [one.handoff_id for one in some]


def _chase(work: Work, due: Sequence[DueChase], notify: Notifier) -> None:
    # Leads before the turn of the reps, as promotion takes them: none wait in a circle.
    lifecycle.hold(work, [one.lead_id for one in due])
    moving = [one.lead_id for one in due if one.step is ChaseStep.REASSIGN]
    facts = lead_facts.known(work, moving) if moving else {}

    done = handoff.chase(work, due, facts=facts, rules=rules_of(work), notify=notify)
    again = [one.lead_id for one in done if one.taken_back]
    lifecycle.move(work, again, to=Stage.SALES_READY, reason="Nobody made contact in time")


def resume(works: Works, *, limit: int) -> int:
    """Let parked leads go on whose date has come: into the track, else before somebody's eyes."""
    part = DueWork(
        key="wake",
        name="Waking",
        actor="tick",
        take=lambda work, some: tasks.resume_due(
            work, limit=limit, only=None if some is None else [one.task_id for one in some]
        ),
        do=_resume,
        put_off=lambda work, late, by: tasks.put_off(
            work, [one.task_id for one in late], until=work.now + by
        ),
        whose=lambda _work, late: {one: one.lead_id for one in late},
        number=lambda one: one.task_id,
    )
    return do_due(works, part).due


def _resume(work: Work, woken: Sequence[tasks.ResumedLead]) -> None:
    lead_ids = list(dict.fromkeys(one.lead_id for one in woken))
    stages = lifecycle.stages(work, lead_ids)
    fit = [one for one in lead_ids if stages.get(one) in (Stage.MARKETING, Stage.RECYCLED)]
    entered = _enrol(work, fit, "Has rested long enough")

    tasks.create(
        work,
        [
            tasks.NewTask(
                dedup_key=f"triage:{one.task_id}",
                kind=tasks.TaskKind.TRIAGE,
                title="Decide what happens next",
                reason=one.reason,
                due_at=add(work.now, TRIAGE_WAIT, zone="UTC", calendar=Calendar()),
                lead_id=one.lead_id,
                owner_id=one.owner_id,
                queue=one.queue or MARKETING_QUEUE,
            )
            for one in woken
            if one.lead_id not in entered and stages.get(one.lead_id) in lifecycle.LIVE
        ],
    )


def sent_back(work: Work) -> Mapping[RejectReason, RejectionReasons]:
    """Tell what follows each reason, as the company's published file says, else by default."""
    try:
        return published.read(work, LibraryFile.COMPANY, load_sent_back)
    except NotFound:
        return SENT_BACK


def rules_of(work: Work) -> Rules:
    """Give the routing rules and timers in force."""
    return Rules(routing=published.routing(work), sla=published.sla(work))


def _accepted(work: Work, lead_id: LeadId, reason: str) -> None:
    """Move a lead that has just been answered; later stages stay where they are."""
    if lifecycle.stages(work, [lead_id]).get(lead_id) is Stage.SALES_READY:
        lifecycle.move(work, [lead_id], to=Stage.ACCEPTED, reason=reason)


def _send_back(
    work: Work, handoff_id: int, rejection: Rejection, *, answer: HandoffAnswer
) -> HandoffView:
    what = sent_back(work)[rejection.reason]
    if what.asks_date and not _to_come(work, rejection.resume_on):
        raise Invalid("Say from which day on it makes sense to come back: a day to come.")
    answered = handoff.end(
        work, handoff_id, answer=answer, reason=str(rejection.reason), note=rejection.note
    )
    lead_id = answered.lead_id
    leads.set_owner(work, [lead_id], owner_id=None, queue=MARKETING_QUEUE)

    if what.ends:
        _end(work, lead_id, what.words)
    else:
        lifecycle.move(work, [lead_id], to=Stage.RECYCLED, reason=what.words)
        _recycle(work, lead_id, rejection, what)
    if what.ask:
        _ask(work, lead_id, what, key=f"sent_back:{answered.id}")
    return answered


def _to_come(work: Work, day: date | None) -> bool:
    """Tell whether a day was named on which a lead can still be looked at again."""
    return day is not None and morning(day, zone_here(work)) > work.now


def _end(work: Work, lead_id: LeadId, words: str) -> bool:
    """Close a lead for good; tell whether it could be."""
    closed = lifecycle.move(work, [lead_id], to=Stage.DISQUALIFIED, reason=words)
    if closed.moved:
        leave_tracks(work, [lead_id], reason=ExitReason.DISQUALIFIED, words=words)
        tasks.drop(work, [lead_id], outcome=DISQUALIFIED)
    return bool(closed.moved)


def _recycle(work: Work, lead_id: LeadId, rejection: Rejection, what: RejectionReasons) -> None:
    resume_on = rejection.resume_on
    if resume_on is None and what.resume_months is not None:
        today = work.now.astimezone(zone_of(zone_here(work))).date()
        resume_on = _months_later(today, what.resume_months)
    told: dict[str, Json] = {
        "sent_back_reason": str(rejection.reason),
        "wake_date": None if resume_on is None else resume_on.isoformat(),
    }
    leads.set_facts(work, {lead_id: told})
    entered = tracks.enrol(work, what.track, [lead_id], due_at=work.now, reason=what.words)
    if lead_id not in entered.enrolled:
        resume_at = work.now + REST if resume_on is None else morning(resume_on, zone_here(work))
        tasks.snooze(
            work,
            [tasks.SnoozeRequest(lead_id, what.words, resume_at=resume_at, queue=MARKETING_QUEUE)],
        )


def _enrol(work: Work, lead_ids: Sequence[LeadId], reason: str) -> set[LeadId]:
    if not lead_ids:
        return set()
    entered = tracks.enrol(work, BACK, lead_ids, due_at=work.now, reason=reason)
    return set(entered.enrolled)


def _ask(work: Work, lead_id: LeadId, what: RejectionReasons, *, key: str) -> None:
    owner = owner_of(users.everybody(work), what.who)
    tasks.create(
        work,
        [
            tasks.NewTask(
                dedup_key=key,
                kind=tasks.TaskKind.ASK,
                title=what.ask,
                reason=what.words,
                due_at=add(work.now, TRIAGE_WAIT, zone="UTC", calendar=Calendar()),
                lead_id=lead_id,
                owner_id=owner,
                queue=None if owner else what.who,
                script=what.script,
            )
        ],
    )


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.month - 1 + months, 12)
    # The 28th exists in every month, and nobody promised the 31st.
    return date(day.year + year, month + 1, min(day.day, 28))
