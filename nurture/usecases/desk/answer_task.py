"""What a person answers to a task: its track goes on, or the lead goes elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from campaigns.rejection_reasons import RejectReason
from campaigns.vocabulary import ActivityKind, ExitReason, Receipt, Stage, Verdict
from nurture import engagement, leads, lifecycle, mail, tasks, tracks
from nurture.engagement import ActivityRow
from nurture.handoff import UNDO_WITHIN
from nurture.kernel.errors import Conflict, Invalid
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work
from nurture.tasks import SnoozeRequest, TaskKind, TaskView
from nurture.usecases.delivery.send_guards import REPLIED
from nurture.usecases.desk.manual_suppression import suppress_by_hand
from nurture.usecases.journeys import advance, enrolment
from nurture.usecases.journeys.advance import JourneyContext
from nurture.usecases.responses import evidence
from nurture.usecases.sales import handoff_answers, promotion
from nurture.usecases.shared.working_hours import morning, zone_here


class TaskChoice(StrEnum):
    """What can be answered to a task that no track waits for."""

    DONE = "done"
    NOT_POSSIBLE = "not_possible"
    TRACK = "track"
    READY = "ready"
    REST = "rest"
    NOT_A_FIT = "not_a_fit"
    SILENCE = "do_not_mail"


CHOICES: Mapping[TaskKind, tuple[TaskChoice, ...]] = {
    TaskKind.CALL: (TaskChoice.DONE, TaskChoice.NOT_POSSIBLE),
    TaskKind.ASK: (TaskChoice.DONE, TaskChoice.NOT_POSSIBLE),
    TaskKind.FOLLOW_UP: (
        TaskChoice.DONE,
        TaskChoice.NOT_POSSIBLE,
        TaskChoice.READY,
        TaskChoice.SILENCE,
    ),
    TaskKind.TRIAGE: (
        TaskChoice.TRACK,
        TaskChoice.READY,
        TaskChoice.REST,
        TaskChoice.NOT_A_FIT,
        TaskChoice.SILENCE,
    ),
    TaskKind.WAKE: (),
}
NOT_SPOKEN = frozenset(
    {handoff_answers.NOT_REACHED, "not_reached", "unreachable", TaskChoice.NOT_POSSIBLE}
)
"""Answers to a call that nobody took; after all others, somebody was spoken with."""
UNDOABLE = frozenset(
    {
        TaskChoice.DONE,
        TaskChoice.NOT_POSSIBLE,
        TaskChoice.TRACK,
        TaskChoice.REST,
        TaskChoice.NOT_A_FIT,
    }
)
"""What hurts nobody when it is taken back: sales has not been told, no track has gone on."""


@dataclass(frozen=True, slots=True)
class TaskAnswer:
    """An answer: one of the task's outcomes or a choice, and what that choice asks for."""

    choice: str
    note: str = ""
    track: str = ""
    until: date | None = None
    reason: RejectReason | None = None


@dataclass(frozen=True, slots=True)
class _TaskCase:
    """A task that is being answered, and what doing so needs."""

    task: TaskView
    lead_id: LeadId
    reply: TaskAnswer
    journey: JourneyContext
    key: bytes


def choices(task: TaskView) -> tuple[str, ...]:
    """Name what can be answered: the outcomes that a track waits for, else what fits its kind."""
    return tuple(task.outcomes) or tuple(str(one) for one in CHOICES[task.kind])


def answer(
    work: Work, task_id: int, reply: TaskAnswer, *, journey: JourneyContext, key: bytes
) -> TaskView:
    """Note a person's answer and do at once what it says; the first answer holds."""
    task = tasks.get(work, task_id)
    if reply.choice not in choices(task):
        raise Invalid("Choose one of the answers.")
    if task.lead_id is None:
        tasks.done(work, task_id, outcome=reply.choice, note=reply.note)
        return tasks.get(work, task_id)
    # The lead before its task and its enrolments, as the tick takes them: none wait in a circle.
    stages = lifecycle.hold(work, [task.lead_id])
    before: dict[str, Json] = {
        "stage": str(stages[task.lead_id]),
        "track": reply.track,
        "last_task": tasks.last_id(work, task.lead_id),
    }
    answered = tasks.done(work, task_id, outcome=reply.choice, note=reply.note, before=before)

    if answered.next_step is not None:
        _go_on(work, task, answered, reply, journey)
    else:
        _note(work, task, f"{task.title}: {_plain(reply.choice)}. {reply.note}")
        _act(work, _TaskCase(task, task.lead_id, reply, journey, key))
    # What waited for this answer is asked anew: a no, or another reply, still holds.
    mail.release(work, [task.lead_id], reason=REPLIED)
    advance.look_after(work, [task.lead_id], reason=f"After “{task.title}”", journey=journey)
    return tasks.get(work, task_id)


def undo_until(task: TaskView, *, actor: str, now: datetime) -> datetime | None:
    """Tell how long this person may take back the answer; None where they may not."""
    if task.done_at is None or task.done_by != actor or task.outcomes:
        return None
    until = task.done_at + UNDO_WITHIN
    return until if task.outcome in UNDOABLE and now <= until else None


def undo(work: Work, task_id: int) -> TaskView:
    """Take an answer back within ten minutes, with what followed; the task is open again."""
    task = tasks.get(work, task_id)
    if undo_until(task, actor=work.actor, now=work.now) is None:
        raise Conflict(
            "This answer cannot be taken back any more: ten minutes have passed, or it was not "
            "yours, or others have been told of it."
        )
    if task.lead_id is not None:
        lifecycle.hold(work, [task.lead_id])
        _undo(work, task, task.lead_id)
        _note(work, task, f"{task.title}: took the answer back.")
    tasks.reopen(work, task_id)
    return tasks.get(work, task_id)


def _go_on(
    work: Work, task: TaskView, answered: tasks.DoneTask, reply: TaskAnswer, journey: JourneyContext
) -> None:
    """Let the waiting track go on; a call is an act like others, so it may weigh (F181)."""
    if answered.enrolment_id is not None and answered.step is not None:
        tracks.answer(work, answered.enrolment_id, step=answered.step, outcome=reply.choice)
    row = _row(work, task, ActivityKind.CALLED, text=reply.note, name=reply.choice)
    evidence.weigh(work, engagement.note_activity(work, [row]), journey=journey)
    if task.kind is TaskKind.CALL and task.lead_id is not None:
        reached = "" if reply.choice in NOT_SPOKEN else reply.choice
        handoff_answers.called(work, task.lead_id, outcome=reached or handoff_answers.NOT_REACHED)


def _act(work: Work, case: _TaskCase) -> None:
    if case.task.kind is TaskKind.TRIAGE:
        tasks.drop_idle(work, [case.lead_id], outcome="decided")
    act = _ACTS.get(case.reply.choice)
    if act is not None:
        act(work, case)


def _into_track(work: Work, case: _TaskCase) -> None:
    lead_id = case.lead_id
    if not case.reply.track:
        raise Invalid("Choose the track.")
    track = tracks.get_track(work, case.reply.track)
    name = leads.get(work, lead_id).name
    if track.paused_at is not None:
        raise Conflict(f"{track.name} is paused: nobody would move on in it. Choose another.")
    left = enrolment.pick_for_track(work, [lead_id], track=track).left_out
    if left:
        raise Conflict(f"{name} was not put in {track.name}: {next(iter(left))}.")
    entered = tracks.enrol(work, track.key, [lead_id], due_at=work.now, reason="a person decided")
    if lead_id in entered.left_out:
        raise Conflict(f"{name} was not put in {track.name}: {entered.left_out[lead_id]}.")


def _make_ready(work: Work, case: _TaskCase) -> None:
    why = case.reply.note
    if not why:
        raise Invalid("Say why sales should call now; they read it.")
    if not promotion.make_ready(work, [case.lead_id], reason=why, notify=case.journey.notify):
        raise Conflict("This lead is with sales already, or closed. Nothing was done.")


def _rest(work: Work, case: _TaskCase) -> None:
    until, task = case.reply.until, case.task
    if until is None or (resume_at := morning(until, zone_here(work))) <= work.now:
        raise Invalid("Say until which day this lead rests: a day to come.")
    why = case.reply.note or "One of us let this lead rest"
    tasks.snooze(
        work,
        [SnoozeRequest(case.lead_id, why, resume_at, owner_id=task.owner_id, queue=task.queue)],
    )


def _close(work: Work, case: _TaskCase) -> None:
    if case.reply.reason is None:
        raise Invalid("Choose why this lead is not a fit.")
    # A second answer after one that was taken back asks anew.
    key = f"asked:{case.task.id}:{work.now:%y%m%d%H%M%S}"
    handoff_answers.disqualify(work, case.lead_id, reason=case.reply.reason, key=key)


def _silence(work: Work, case: _TaskCase) -> None:
    suppress_by_hand(work, [case.lead_id], why=case.reply.note, key=case.key, journey=case.journey)


_ACTS: Mapping[str, Callable[[Work, _TaskCase], None]] = {
    TaskChoice.TRACK: _into_track,
    TaskChoice.READY: _make_ready,
    TaskChoice.REST: _rest,
    TaskChoice.NOT_A_FIT: _close,
    TaskChoice.SILENCE: _silence,
}


def _undo(work: Work, task: TaskView, lead_id: LeadId) -> None:
    made = {TaskKind.WAKE, TaskKind.TRIAGE}
    if task.outcome == TaskChoice.TRACK:
        _out_of_track(work, lead_id, str(task.before.get("track")))
    elif task.outcome == TaskChoice.NOT_A_FIT:
        made.add(TaskKind.ASK)
        _reopen_lead(work, lead_id, Stage(str(task.before.get("stage"))))
        at = task.done_at or work.now
        tasks.reopen_dropped(work, [lead_id], at=at, outcome=handoff_answers.DISQUALIFIED)
    last = task.before.get("last_task")
    tasks.drop_newer(work, lead_id, than=last if isinstance(last, int) else task.id, kinds=made)


def _reopen_lead(work: Work, lead_id: LeadId, stage: Stage) -> None:
    if not lifecycle.move(work, [lead_id], to=stage, reason="Answer taken back").moved:
        raise Conflict("Too much has happened since to take this answer back.")


def _out_of_track(work: Work, lead_id: LeadId, track_key: str) -> None:
    stay = next(
        (
            one
            for one in tracks.stays(work, lead_id)
            if one.track_key == track_key and one.ended_at is None
        ),
        None,
    )
    if stay is None:
        raise Conflict("The track has ended since. Decide anew on the lead's page.")
    words = "The answer was taken back"
    # Who had no mail may come in again: for them it is as if they had never been in it.
    written = mail.begun(work, [stay.id])
    tracks.end(
        work,
        [tracks.EnrolmentEnd(stay.id, ExitReason.REMOVED if written else ExitReason.TAKEN_BACK)],
    )
    receipt = tracks.NewReceipt(stay.id, lead_id, stay.step, Receipt.EXITED, words, work.now)
    tracks.note(work, [receipt])
    mail.cancel(work, [stay.id], reason=words)
    tasks.withdraw(work, [lead_id], stands={stay.id: ""})


def _note(work: Work, task: TaskView, text: str) -> None:
    row = _row(work, task, ActivityKind.NOTED, text=text.strip())
    engagement.note_activity(work, [row])


def _row(
    work: Work,
    task: TaskView,
    kind: ActivityKind,
    *,
    text: str,
    name: str | None = None,
) -> ActivityRow:
    assert task.lead_id is not None
    detail: dict[str, Json] = {"by": work.actor, **({"text": text} if text else {})}
    return ActivityRow(
        lead_id=task.lead_id,
        kind=kind,
        at=work.now,
        verdict=Verdict.HUMAN_PROVEN,
        name=name,
        origin=f"task:{task.id}:{task.outcome or 'open'}:{work.now:%y%m%d%H%M%S}",
        detail=detail,
    )


def _plain(word: str) -> str:
    return word.replace("_", " ")
