"""Promises that wait for the relay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from campaigns.vocabulary import JobName
from nurture.kernel.database import CHUNK, is_postgresql
from nurture.kernel.tables import OutboxEntry
from nurture.kernel.types import Json
from nurture.kernel.work import Work


@dataclass(frozen=True, slots=True)
class OutboxJob:
    """One job that the queue must hear of."""

    id: int
    job: JobName
    payload: Json


def open_jobs(work: Work, *, limit: int = 500) -> list[OutboxJob]:
    """Take the oldest open promises; two relays never take the same on PostgreSQL.

    A job that this version does not know is left to a newer one, and stands in nobody's way.
    """
    query = select(OutboxEntry.id, OutboxEntry.job, OutboxEntry.payload).where(
        OutboxEntry.relayed_at.is_(None), OutboxEntry.job.in_([str(one) for one in JobName])
    )
    query = query.order_by(OutboxEntry.id).limit(limit)
    if is_postgresql(work.session):
        query = query.with_for_update(skip_locked=True)
    return [
        OutboxJob(id=row.id, job=JobName(row.job), payload=row.payload)
        for row in work.session.execute(query)
    ]


def mark_relayed(work: Work, ids: Sequence[int]) -> None:
    """Close promises that the queue has taken.

    Dying between enqueue and this commit relays twice; a job claims its rows, so twice is once.
    """
    work.session.execute(
        update(OutboxEntry).where(OutboxEntry.id.in_(ids)).values(relayed_at=work.machine)
    )


def waiting(work: Work) -> int:
    """Count the promises that no queue has heard of."""
    query = select(func.count()).select_from(OutboxEntry).where(OutboxEntry.relayed_at.is_(None))
    return work.session.scalar(query) or 0


def forget_relayed(
    work: Work, *, older_than: timedelta = timedelta(days=2), limit: int = CHUNK
) -> int:
    """Delete kept promises, which nobody reads again, the oldest first; count them."""
    old = select(OutboxEntry.id).where(OutboxEntry.relayed_at < work.machine - older_than)
    old = old.order_by(OutboxEntry.relayed_at).limit(limit)
    done = work.session.connection().execute(delete(OutboxEntry).where(OutboxEntry.id.in_(old)))
    return done.rowcount
