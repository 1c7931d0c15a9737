"""What is open, for whom, and by when; what was answered, by whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, true

from nurture.kernel.database import CHUNK, among, chunks
from nurture.kernel.errors import NotFound
from nurture.kernel.types import Json, LeadId, UserId
from nurture.kernel.work import Work
from nurture.tasks.service import TaskKind
from nurture.tasks.tables import TaskRow


@dataclass(frozen=True, slots=True)
class TaskView:
    """One line of somebody's list, open or answered."""

    id: int
    kind: TaskKind
    title: str
    reason: str
    lead_id: LeadId | None
    owner_id: UserId | None
    queue: str | None
    due_at: datetime
    outcomes: Mapping[str, str]
    script: str | None
    done_at: datetime | None
    done_by: str | None
    outcome: str | None
    note: str | None
    before: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks are meant: everybody's, or those of these people and queues; then what of them.

    Parkings are left out: nobody has anything to do there.
    """

    everybody: bool = False
    owners: frozenset[UserId] = frozenset()
    queues: frozenset[str] = frozenset()
    lead_id: LeadId | None = None
    due_before: datetime | None = None
    title: str = ""
    reason: str = ""

    def has(self, task: TaskView) -> bool:
        """Tell whether a task is one of these people's and queues'."""
        return self.everybody or task.owner_id in self.owners or task.queue in self.queues


def get(work: Work, task_id: int) -> TaskView:
    """Read one task, open or answered."""
    row = work.session.get(TaskRow, task_id, populate_existing=True)
    if row is None:
        raise NotFound("This task does not exist.")
    return _view(row)


def holding_mail(work: Work, lead_ids: Sequence[LeadId]) -> frozenset[LeadId]:
    """Name the leads of these whose marketing mail waits for a task to be answered."""
    query = select(TaskRow.lead_id).where(
        among(work.session, TaskRow.lead_id, lead_ids),
        TaskRow.done_at.is_(None),
        TaskRow.holds_mail,
    )
    return frozenset(LeadId(one) for one in work.session.scalars(query) if one is not None)


def open_tasks(
    work: Work,
    *,
    owner_id: UserId | None = None,
    queue: str | None = None,
    lead_id: LeadId | None = None,
    limit: int = 200,
) -> list[TaskView]:
    """List open tasks, the most pressing first; parkings show on their lead only."""
    which = select(TaskRow).where(TaskRow.done_at.is_(None))
    if owner_id is not None:
        which = which.where(TaskRow.owner_id == owner_id)
    if queue is not None:
        which = which.where(TaskRow.queue == queue)
    if lead_id is None:
        which = which.where(TaskRow.kind != TaskKind.WAKE)
    else:
        which = which.where(TaskRow.lead_id == lead_id)
    rows = work.session.scalars(which.order_by(TaskRow.due_at, TaskRow.id).limit(limit))
    return [_view(row) for row in rows]


def todo(work: Work, which: TaskFilter, *, limit: int = 200) -> list[TaskView]:
    """List what is open of these, the most pressing first."""
    rows = work.session.scalars(
        select(TaskRow)
        .where(TaskRow.done_at.is_(None), _of(which))
        .order_by(TaskRow.due_at, TaskRow.id)
        .limit(limit)
    )
    return [_view(row) for row in rows]


def todo_count(work: Work, which: TaskFilter) -> int:
    """Count what is open of these."""
    counted = select(func.count()).select_from(TaskRow).where(TaskRow.done_at.is_(None), _of(which))
    return work.session.scalar(counted) or 0


def alike_counts(work: Work, which: TaskFilter) -> dict[tuple[str, str], int]:
    """Count what is open of these by title and reason: how often the same is asked."""
    rows = work.session.execute(
        select(TaskRow.title, TaskRow.reason, func.count())
        .where(TaskRow.done_at.is_(None), _of(which))
        .group_by(TaskRow.title, TaskRow.reason)
        .having(func.count() > 1)
    )
    return {(title, reason): count for title, reason, count in rows}


def answered(work: Work, which: TaskFilter, *, since: datetime, limit: int = 200) -> list[TaskView]:
    """List what people have answered of these since an instant, the latest first."""
    rows = work.session.scalars(
        select(TaskRow)
        .where(_answered(which, since))
        .order_by(TaskRow.done_at.desc(), TaskRow.id.desc())
        .limit(limit)
    )
    return [_view(row) for row in rows]


def answered_count(work: Work, which: TaskFilter, *, since: datetime) -> int:
    """Count what people have answered of these since an instant."""
    counted = select(func.count()).select_from(TaskRow).where(_answered(which, since))
    return work.session.scalar(counted) or 0


def last_id(work: Work, lead_id: LeadId) -> int:
    """Name the newest task of a lead, 0 where it has none."""
    return work.session.scalar(select(func.max(TaskRow.id)).where(TaskRow.lead_id == lead_id)) or 0


def held_by(work: Work, owner_id: UserId, *, queue: str) -> int:
    """Count what is open for one person and the queue of their name, parked leads included."""
    theirs = (TaskRow.owner_id == owner_id) | (TaskRow.queue == queue)
    query = select(func.count()).select_from(TaskRow).where(TaskRow.done_at.is_(None), theirs)
    return work.session.scalar(query) or 0


def due(work: Work, *, limit: int) -> list[TaskView]:
    """List what somebody should have done by now, the latest first in line."""
    rows = work.session.scalars(
        select(TaskRow)
        .where(TaskRow.done_at.is_(None), TaskRow.due_at <= work.now, TaskRow.kind != TaskKind.WAKE)
        .order_by(TaskRow.due_at, TaskRow.id)
        .limit(limit)
    )
    return [_view(row) for row in rows]


def next_due(work: Work, lead_ids: Sequence[LeadId]) -> Mapping[LeadId, datetime]:
    """Tell for many leads when their first open task falls due."""
    found: dict[LeadId, datetime] = {}
    for chunk in chunks(lead_ids, CHUNK):
        rows = work.session.execute(
            select(TaskRow.lead_id, TaskRow.due_at)
            .where(among(work.session, TaskRow.lead_id, chunk), TaskRow.done_at.is_(None))
            .order_by(TaskRow.due_at.desc())
        )
        found.update((LeadId(lead_id), due_at) for lead_id, due_at in rows if lead_id is not None)
    return found


def _of(which: TaskFilter) -> ColumnElement[bool]:
    wanted = TaskRow.kind != TaskKind.WAKE
    if not which.everybody:
        wanted &= TaskRow.owner_id.in_(which.owners) | TaskRow.queue.in_(which.queues)
    if which.lead_id is not None:
        wanted &= TaskRow.lead_id == which.lead_id
    if which.due_before is not None:
        wanted &= TaskRow.due_at < which.due_before
    for column, value in ((TaskRow.title, which.title), (TaskRow.reason, which.reason)):
        wanted &= column == value if value else true()
    return wanted


def _answered(which: TaskFilter, since: datetime) -> ColumnElement[bool]:
    return (TaskRow.done_at >= since) & TaskRow.done_by.like("user:%") & _of(which)


def _view(row: TaskRow) -> TaskView:
    steps = row.outcomes if isinstance(row.outcomes, dict) else {}
    return TaskView(
        id=row.id,
        kind=TaskKind(row.kind),
        title=row.title,
        reason=row.reason,
        lead_id=None if row.lead_id is None else LeadId(row.lead_id),
        owner_id=None if row.owner_id is None else UserId(row.owner_id),
        queue=row.queue,
        due_at=row.due_at,
        outcomes={name: str(step) for name, step in steps.items()},
        script=row.script,
        done_at=row.done_at,
        done_by=row.done_by,
        outcome=row.outcome,
        note=row.note,
        before=row.before if isinstance(row.before, dict) else {},
    )
