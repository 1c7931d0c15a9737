"""What is open, for whom, and by when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from nurture.kernel.database import CHUNK, among, chunks
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work
from nurture.tasks.service import TaskKind
from nurture.tasks.tables import Task


@dataclass(frozen=True, slots=True)
class OpenTask:
    """One line of somebody's list."""

    id: int
    kind: TaskKind
    title: str
    reason: str
    lead_id: LeadId | None
    owner_id: UserId | None
    queue: str | None
    due_at: datetime
    outcomes: Mapping[str, str]


def open_tasks(
    work: Work,
    *,
    owner_id: UserId | None = None,
    queue: str | None = None,
    lead_id: LeadId | None = None,
    limit: int = 200,
) -> list[OpenTask]:
    """List open tasks, the most pressing first; parkings show on their lead only."""
    which = select(Task).where(Task.done_at.is_(None))
    if owner_id is not None:
        which = which.where(Task.owner_id == owner_id)
    if queue is not None:
        which = which.where(Task.queue == queue)
    if lead_id is None:
        which = which.where(Task.kind != TaskKind.WAKE)
    else:
        which = which.where(Task.lead_id == lead_id)
    rows = work.session.scalars(which.order_by(Task.due_at, Task.id).limit(limit))
    return [_open(row) for row in rows]


def due(work: Work, *, limit: int) -> list[OpenTask]:
    """List what somebody should have done by now, the latest first in line."""
    rows = work.session.scalars(
        select(Task)
        .where(Task.done_at.is_(None), Task.due_at <= work.now, Task.kind != TaskKind.WAKE)
        .order_by(Task.due_at, Task.id)
        .limit(limit)
    )
    return [_open(row) for row in rows]


def next_due(work: Work, lead_ids: Sequence[LeadId]) -> Mapping[LeadId, datetime]:
    """Tell for many leads when their first open task falls due."""
    found: dict[LeadId, datetime] = {}
    for chunk in chunks(lead_ids, CHUNK):
        rows = work.session.execute(
            select(Task.lead_id, Task.due_at)
            .where(among(work.session, Task.lead_id, chunk), Task.done_at.is_(None))
            .order_by(Task.due_at.desc())
        )
        found.update((LeadId(lead_id), due_at) for lead_id, due_at in rows if lead_id is not None)
    return found


def _open(row: Task) -> OpenTask:
    steps = row.outcomes if isinstance(row.outcomes, dict) else {}
    return OpenTask(
        id=row.id,
        kind=TaskKind(row.kind),
        title=row.title,
        reason=row.reason,
        lead_id=None if row.lead_id is None else LeadId(row.lead_id),
        owner_id=None if row.owner_id is None else UserId(row.owner_id),
        queue=row.queue,
        due_at=row.due_at,
        outcomes={name: str(step) for name, step in steps.items()},
    )
