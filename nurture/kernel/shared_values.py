"""Values, leases and heartbeats that all processes of an installation share through rows."""

from datetime import datetime, timedelta

from sqlalchemy import select

from nurture.kernel.database import insert_ignoring, upsert
from nurture.kernel.tables import Heartbeat, Lease, Setting
from nurture.kernel.types import Json
from nurture.kernel.work import Work

SENDING_STOPPED = "sending_stopped"
QUEUE_AWAY = "queue_away"
"""Why the queue cannot be used now, as the tick last saw it; empty while it can."""
LONGEST_LEASE = timedelta(hours=1)
"""None lasts longer: one that does was taken while a clock ran ahead."""


def value(work: Work, name: str) -> Json:
    """Read a shared value, None when it was never set."""
    return work.session.scalar(select(Setting.value).where(Setting.name == name))


def noted(work: Work, name: str) -> tuple[Json, datetime] | None:
    """Read a shared value with the machine time at which it was set; None when it never was."""
    row = work.session.execute(
        select(Setting.value, Setting.changed_at).where(Setting.name == name)
    ).one_or_none()
    return None if row is None else (row.value, row.changed_at)


def put(work: Work, name: str, *, new: Json) -> None:
    """Set a shared value; who and when stand beside it."""
    row = {"name": name, "value": new, "changed_at": work.machine, "changed_by": work.actor}
    statement = upsert(work.session, Setting).values(row)
    work.session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))


def hold(work: Work, name: str) -> Json:
    """Read a shared value that is about to change; nobody else changes it before this work ends."""
    row = {"name": name, "value": None, "changed_at": work.machine, "changed_by": work.actor}
    insert_ignoring(work.session, Setting, [row])
    return work.session.scalar(select(Setting.value).where(Setting.name == name).with_for_update())


def take_lease(work: Work, name: str, *, holder: str, for_: timedelta) -> bool:
    """Take or renew a lease; False while somebody else holds it (machine time)."""
    row = {"name": name, "holder": holder, "until": work.machine + for_}
    free = (Lease.until < work.machine) | (Lease.holder == holder)
    free |= Lease.until > work.machine + LONGEST_LEASE
    statement = upsert(work.session, Lease).values(row)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_=row, where=free)
    # Asked for in return: PostgreSQL does not count the rows of such an insert.
    taken = work.session.connection().execute(statement.returning(Lease.name))
    return taken.one_or_none() is not None


def beat(work: Work, name: str, *, seen: datetime | None = None) -> None:
    """Say that this process is alive, or that another one was when it was last seen."""
    row = {"name": name[:60], "seen_at": seen or work.machine}
    statement = upsert(work.session, Heartbeat).values(row)
    work.session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))


def heartbeats(work: Work) -> dict[str, datetime]:
    """Tell when each process was last alive."""
    return {
        row.name: row.seen_at
        for row in work.session.execute(select(Heartbeat.name, Heartbeat.seen_at))
    }
