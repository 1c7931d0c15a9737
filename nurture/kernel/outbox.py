"""Promises that wait for the relay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from campaigns.vocabulary import JobName
from nurture.kernel.database import CHUNK, is_postgresql
from nurture.kernel.tables import Outbox
from nurture.kernel.types import Json
from nurture.kernel.work import Work


@dataclass(frozen=True, slots=True)
class Promise:
    """One job that the queue must hear of."""

    id: int
    job: JobName
    payload: Json


def open_promises(work: Work, *, limit: int = 500) -> list[Promise]:
    """Take the oldest open promises; two relays never take the same on PostgreSQL.

    A job that this version does not know is left to a newer one, and stands in nobody's way.
    """
    query = select(Outbox.id, Outbox.job, Outbox.payload).where(
        Outbox.relayed_at.is_(None), Outbox.job.in_([str(one) for one in JobName])
    )
    query = query.order_by(Outbox.id).limit(limit)
    if is_postgresql(work.session):
        query = query.with_for_update(skip_locked=True)
    return [
        Promise(id=row.id, job=JobName(row.job), payload=row.payload)
        for row in work.session.execute(query)
    ]


def mark_relayed(work: Work, ids: Sequence[int]) -> None:
    """Close promises that the queue has taken.

    Dying between enqueue and this commit relays twice; a job claims its rows, so twice is once.
    """
    work.session.execute(update(Outbox).where(Outbox.id.in_(ids)).values(relayed_at=work.machine))


def waiting(work: Work) -> int:
    """Count the promises that no queue has heard of."""
    query = select(func.count()).select_from(Outbox).where(Outbox.relayed_at.is_(None))
    return work.session.scalar(query) or 0


def forget_relayed(
    work: Work, *, older_than: timedelta = timedelta(days=2), limit: int = CHUNK
) -> int:
    """Delete kept promises, which nobody reads again, the oldest first; count them."""
    old = select(Outbox.id).where(Outbox.relayed_at < work.machine - older_than)
    old = old.order_by(Outbox.relayed_at).limit(limit)
    done = work.session.connection().execute(delete(Outbox).where(Outbox.id.in_(old)))
    return done.rowcount
