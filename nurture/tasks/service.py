"""Give people something to do, park leads until a date, and take answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, select, true, update

from nurture.kernel.database import CHUNK, among, chunks, upsert
from nurture.kernel.errors import Invalid, NotFound
from nurture.kernel.types import Json, LeadId, UserId
from nurture.kernel.work import Work
from nurture.tasks.errors import AlreadyAnswered
from nurture.tasks.tables import TaskRow


class TaskKind(StrEnum):
    """What is to be done."""

    CALL = "call"
    WAKE = "wake"
    """Nothing, until the date; then the lead goes on by itself."""
    TRIAGE = "triage"
    ASK = "ask"
    FOLLOW_UP = "follow_up"
    """A contact request: only a logged answer closes it (F161)."""


WENT_ON = "the track went on"
"""What is written on a call whose run has moved on or ended."""
_IDLE = (str(TaskKind.WAKE), str(TaskKind.TRIAGE))
"""What holds a lead only until it goes on."""


@dataclass(frozen=True, slots=True)
class SnoozeRequest:
    """A lead that rests until a date, and whose it is meanwhile: an owner, else a queue."""

    lead_id: LeadId
    reason: str
    resume_at: datetime
    owner_id: UserId | None = None
    queue: str | None = None


@dataclass(frozen=True, slots=True)
class NewTask:
    """Something to do; a second one with the same `dedup_key` is the same one.

    `outcomes` lead back into a track: outcome -> step. `script` names what to say.
    """

    dedup_key: str
    kind: TaskKind
    title: str
    reason: str
    due_at: datetime
    lead_id: LeadId | None = None
    owner_id: UserId | None = None
    queue: str | None = None
    enrolment_id: int | None = None
    step: str | None = None
    outcomes: Mapping[str, str] = field(default_factory=dict)
    script: str | None = None
    holds_mail: bool = False
    """Marketing mail to its lead waits until it is answered."""


@dataclass(frozen=True, slots=True)
class DoneTask:
    """A task that is done, and where its track goes on, None where no step waits for it."""

    id: int
    kind: TaskKind
    lead_id: LeadId | None
    enrolment_id: int | None
    step: str | None
    outcome: str
    next_step: str | None


@dataclass(frozen=True, slots=True)
class ResumedLead:
    """A parked lead whose date has come."""

    task_id: int
    lead_id: LeadId
    reason: str
    owner_id: UserId | None
    queue: str | None


def snooze(work: Work, rows: Sequence[SnoozeRequest]) -> int:
    """Let leads rest until a date; doing so twice in one minute is once."""
    moment = f"{work.now:%y%m%d%H%M}"
    return create(
        work,
        [
            NewTask(
                # With the moment of parking: who woke and rests again, rests anew.
                dedup_key=f"wake:{row.lead_id}:{row.resume_at:%y%m%d%H%M}:{moment}",
                kind=TaskKind.WAKE,
                title="Rests",
                reason=row.reason,
                due_at=row.resume_at,
                lead_id=row.lead_id,
                owner_id=row.owner_id,
                queue=row.queue,
            )
            for row in rows
        ],
    )


def create(work: Work, rows: Sequence[NewTask]) -> int:
    """Create what is new and pass over what exists; count the new."""
    for row in rows:
        if row.owner_id is None and row.queue is None:
            raise Invalid("A task needs a person or a queue; nobody would look at it otherwise.")
    new = 0
    for chunk in chunks([_row(row, now=work.now) for row in rows], CHUNK):
        statement = upsert(work.session, TaskRow).values(list(chunk)).on_conflict_do_nothing()
        new += len(work.session.connection().execute(statement.returning(TaskRow.id)).all())
    return new


def done(
    work: Work,
    task_id: int,
    *,
    outcome: str,
    note: str = "",
    before: Mapping[str, Json] | None = None,
) -> DoneTask:
    """Close a task with its outcome; the first answer holds."""
    task = _locked(work, task_id)
    if task.done_at is not None:
        raise AlreadyAnswered(outcome=task.outcome or "", by=task.done_by or "", at=task.done_at)
    steps = task.outcomes if isinstance(task.outcomes, dict) else {}
    if steps and outcome not in steps:
        raise Invalid(f"Choose one of: {', '.join(sorted(steps))}.")

    task.done_at, task.outcome, task.done_by = work.now, outcome, work.actor
    task.note, task.before = note[:500] or None, dict(before) if before else None
    work.session.flush()
    step = steps.get(outcome)
    return DoneTask(
        id=task.id,
        kind=TaskKind(task.kind),
        lead_id=None if task.lead_id is None else LeadId(task.lead_id),
        enrolment_id=task.enrolment_id,
        step=task.step,
        outcome=outcome,
        next_step=step if isinstance(step, str) else None,
    )


def reopen(work: Work, task_id: int) -> None:
    """Open a task again whose answer is taken back."""
    task = _locked(work, task_id)
    task.done_at = task.outcome = task.done_by = task.note = task.before = None
    work.session.flush()


def reopen_dropped(work: Work, lead_ids: Sequence[LeadId], *, at: datetime, outcome: str) -> None:
    """Open again what was closed for leads at one instant, for one reason."""
    for chunk in chunks(lead_ids, CHUNK):
        work.session.connection().execute(
            update(TaskRow)
            .where(TaskRow.lead_id.in_(chunk), TaskRow.done_at == at, TaskRow.outcome == outcome)
            .values(done_at=None, outcome=None)
        )


def drop_made(work: Work, lead_ids: Sequence[LeadId], *, at: datetime, outcome: str) -> int:
    """Close the rests and open decisions that leads were given at one instant; count them."""
    made = (TaskRow.created_at == at) & TaskRow.kind.in_(_IDLE)
    return sum(
        _close(work, TaskRow.lead_id.in_(chunk) & made, outcome=outcome)
        for chunk in chunks(lead_ids, CHUNK)
    )


def resume_due(work: Work, *, limit: int, only: Collection[int] | None = None) -> list[ResumedLead]:
    """Close the parkings whose date has come, or some of them; ticks skip locked ones."""
    ready = (
        select(TaskRow)
        .where(TaskRow.id.in_(only) if only is not None else true())
        .where(TaskRow.kind == TaskKind.WAKE, TaskRow.done_at.is_(None), TaskRow.due_at <= work.now)
        .where(TaskRow.lead_id.is_not(None))
        .order_by(TaskRow.due_at, TaskRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    woken = [
        ResumedLead(
            task_id=task.id,
            lead_id=LeadId(task.lead_id),
            reason=task.reason,
            owner_id=None if task.owner_id is None else UserId(task.owner_id),
            queue=task.queue,
        )
        for task in work.session.scalars(ready)
        if task.lead_id is not None
    ]
    _close(work, TaskRow.id.in_([one.task_id for one in woken]), outcome="woken")
    return woken


def hand_over(work: Work, owner_id: UserId, *, queue: str, to: UserId) -> None:
    """Give somebody else what is open for one person and the queue of their name."""
    theirs = (TaskRow.owner_id == owner_id) | (TaskRow.queue == queue)
    statement = update(TaskRow).where(TaskRow.done_at.is_(None), theirs)
    work.session.execute(statement.values(owner_id=to, queue=None))


def put_off(work: Work, task_ids: Collection[int], *, until: datetime) -> None:
    """Move open tasks to a later date."""
    statement = update(TaskRow).where(TaskRow.id.in_(task_ids), TaskRow.done_at.is_(None))
    work.session.execute(statement.values(due_at=until))


def hold_mail(work: Work, task_id: int, *, reason: str = "") -> None:
    """Let marketing mail wait for an open task, which may tell more than it did."""
    values: dict[str, object] = {"holds_mail": True}
    if reason:
        values["reason"] = reason[:300]
    statement = update(TaskRow).where(TaskRow.id == task_id, TaskRow.done_at.is_(None))
    work.session.execute(statement.values(values))


def drop(work: Work, lead_ids: Sequence[LeadId], *, outcome: str) -> int:
    """Close every open task of leads that need none any more; count them."""
    return sum(
        _close(work, TaskRow.lead_id.in_(chunk), outcome=outcome)
        for chunk in chunks(lead_ids, CHUNK)
    )


def drop_resting(work: Work, lead_ids: Sequence[LeadId], *, reason: str, outcome: str) -> int:
    """Close the rests that leads have for one reason; count them."""
    why = (TaskRow.kind == TaskKind.WAKE) & (TaskRow.reason == reason)
    return sum(
        _close(work, TaskRow.lead_id.in_(chunk) & why, outcome=outcome)
        for chunk in chunks(lead_ids, CHUNK)
    )


def drop_keys(work: Work, keys: Collection[str], *, outcome: str) -> int:
    """Close tasks by what makes each of them the only one; count them."""
    return _close(work, TaskRow.dedup_key.in_(keys), outcome=outcome)


def reword(work: Work, dedup_key: str, *, title: str) -> None:
    """Name an open task anew: what made it so is over."""
    one = update(TaskRow).where(TaskRow.dedup_key == dedup_key, TaskRow.done_at.is_(None))
    work.session.execute(one.values(title=title[:200]))


def drop_titled(work: Work, lead_ids: Sequence[LeadId], *, title: str, outcome: str) -> int:
    """Close open tasks of leads that ask the same; count them."""
    which = among(work.session, TaskRow.lead_id, list(lead_ids)) & (TaskRow.title == title)
    return _close(work, which, outcome=outcome)


def drop_idle(work: Work, lead_ids: Sequence[LeadId], *, outcome: str) -> int:
    """Close the rests and open decisions of leads that go on already; count them."""
    return sum(
        _close(work, TaskRow.lead_id.in_(chunk) & TaskRow.kind.in_(_IDLE), outcome=outcome)
        for chunk in chunks(lead_ids, CHUNK)
    )


def drop_ours(work: Work, lead_ids: Sequence[LeadId], *, outcome: str) -> int:
    """Close what marketing meant to do with leads that sales has now; count it.

    A contact request stays open: only an answer closes it (F161).
    """
    ours = TaskRow.kind.in_(_IDLE) | TaskRow.enrolment_id.is_not(None)
    return sum(
        _close(work, TaskRow.lead_id.in_(chunk) & ours, outcome=outcome)
        for chunk in chunks(lead_ids, CHUNK)
    )


def drop_newer(work: Work, lead_id: LeadId, *, than: int, kinds: Collection[TaskKind]) -> int:
    """Close what a lead was given after one of its tasks; count it."""
    newer = (
        (TaskRow.lead_id == lead_id)
        & (TaskRow.id > than)
        & TaskRow.kind.in_([str(k) for k in kinds])
    )
    return _close(work, newer, outcome="answer taken back")


def withdraw(work: Work, lead_ids: Sequence[LeadId], *, stands: Mapping[int, str]) -> int:
    """Close the calls whose track has gone on without them; `stands` = enrolment -> step, or ""."""
    late: list[int] = []
    for chunk in chunks(lead_ids, CHUNK):
        rows = work.session.execute(
            select(TaskRow.id, TaskRow.enrolment_id, TaskRow.step).where(
                among(work.session, TaskRow.lead_id, chunk),
                TaskRow.done_at.is_(None),
                TaskRow.kind == TaskKind.CALL,
            )
        )
        late += [
            id_
            for id_, enrolment, step in rows
            if enrolment is not None and stands.get(enrolment, step) != step
        ]
    return sum(
        _close(work, TaskRow.id.in_(chunk), outcome=WENT_ON) for chunk in chunks(late, CHUNK)
    )


def _close(work: Work, which: ColumnElement[bool], *, outcome: str) -> int:
    closed = work.session.connection().execute(
        update(TaskRow)
        .where(which, TaskRow.done_at.is_(None))
        .values(done_at=work.now, outcome=outcome)
    )
    return max(closed.rowcount, 0)


def _locked(work: Work, task_id: int) -> TaskRow:
    task = work.session.scalar(
        select(TaskRow)
        .where(TaskRow.id == task_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if task is None:
        raise NotFound("This task does not exist.")
    return task


def _row(row: NewTask, *, now: datetime) -> dict[str, object]:
    return {
        "dedup_key": row.dedup_key,
        "kind": str(row.kind),
        "lead_id": row.lead_id,
        "title": row.title[:200],
        "reason": row.reason[:300],
        "owner_id": row.owner_id,
        "queue": row.queue,
        "due_at": row.due_at,
        "enrolment_id": row.enrolment_id,
        "step": row.step,
        "outcomes": dict(row.outcomes),
        "script": row.script,
        "holds_mail": row.holds_mail,
        "created_at": now,
    }
