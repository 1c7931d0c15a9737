"""Copy a host's spool into the database, each line exactly once.

Rows and position move in one transaction. Dying before its commit ships the same stretch again
from the old position; dying after it ships on from the new one.
"""

from collections.abc import Sequence
from pathlib import Path

import psycopg
from sqlalchemy import delete, select, update

from campaigns.vocabulary import Verdict
from nurture.engagement.hits import LINE
from nurture.engagement.tables import SpoolPosition
from nurture.kernel import spool
from nurture.kernel.database import insert_ignoring, is_postgresql
from nurture.kernel.work import Work

COLUMNS = (
    "kind, message_id, template_version_id, link, method, at, machine_at, agent, network, "
    "prefetch, verdict, reasons, ruleset"
)
COPY = f"COPY hit ({COLUMNS}) FROM STDIN".encode()
TAIL = f"\t{Verdict.PENDING}\t[]\t0\n".encode()
NAIVE = 26
"""Characters of an instant without its zone, as SQLite keeps it."""


def ship_next(work: Work, path: Path, *, limit: int) -> int:
    """Copy the next lines of a spool file and tell how many; two shippers take turns."""
    offset = _locked_offset(work, path.name)
    # Read under the lock: a file that another shipper has finished with is gone by now.
    chunk = spool.read(path, offset=offset, limit=limit)
    if chunk.end == offset:
        if not path.exists():
            forget(work, path.name)
        return 0

    whole = [line for line in chunk.lines if LINE.fullmatch(line)]
    insert_lines(work, whole)

    moved = {"offset": chunk.end, "shipped_at": work.machine}
    position = update(SpoolPosition).where(SpoolPosition.spool == path.name)
    work.session.execute(position.values(moved))
    return len(chunk.lines)


def insert_lines(work: Work, lines: Sequence[bytes]) -> None:
    """Write complete lines as hits in the database's fastest way."""
    if not lines:
        return
    if is_postgresql(work.session):
        _copy(work, lines)
    else:
        _insert(work, lines)


def positions(work: Work) -> dict[str, int]:
    """Tell how far each spool file has been shipped."""
    rows = work.session.execute(select(SpoolPosition.spool, SpoolPosition.offset))
    return {row.spool: row.offset for row in rows}


def unshipped(work: Work, home: Path) -> int:
    """Count the bytes of this host's spool that the database has not got."""
    shipped = positions(work)
    sizes = ((path.name, path.stat().st_size) for path in spool.files(home / "spool"))
    return sum(max(0, size - shipped.get(name, 0)) for name, size in sizes)


def forget(work: Work, name: str) -> None:
    """Drop the position of a file that is deleted; before that, it would be shipped twice."""
    work.session.execute(delete(SpoolPosition).where(SpoolPosition.spool == name))


def _locked_offset(work: Work, name: str) -> int:
    row = {"spool": name, "offset": 0, "shipped_at": work.machine}
    insert_ignoring(work.session, SpoolPosition, [row])
    query = select(SpoolPosition.offset).where(SpoolPosition.spool == name).with_for_update()
    return work.session.scalar(query) or 0


def _copy(work: Work, lines: Sequence[bytes]) -> None:
    driver = work.session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    with driver.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.write(TAIL.join(lines) + TAIL)


def _insert(work: Work, lines: Sequence[bytes]) -> None:
    marks = ", ".join(["?"] * 10)
    work.session.connection().exec_driver_sql(
        f"INSERT INTO hit ({COLUMNS}) VALUES ({marks}, '{Verdict.PENDING}', '[]', 0)",  # noqa: S608 - constants only
        [_bound(line) for line in lines],
    )


def _bound(line: bytes) -> tuple[str | bool, ...]:
    kind, message, version, link, method, at, machine_at, agent, network, prefetch = (
        line.decode().split("\t")
    )
    times = (at[:NAIVE], machine_at[:NAIVE])
    return (kind, message, version, link, method, *times, agent, network, prefetch == "t")
