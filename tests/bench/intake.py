"""How fast spooled hits reach the database: exactly once, against the bare copy of as many rows."""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import Engine, make_url

from nurture.engagement import HitKind, RawHit, to_line
from nurture.kernel.clock import RealClock
from nurture.kernel.database import make_engine
from nurture.kernel.spool import Spool
from nurture.kernel.work import Works
from nurture.web.tracking import ship_once
from tests.bench.instance import databases_open
from tests.bench.result import BenchResult, Pair, summed_up
from tests.support.databases import Database, make_database

GOAL = 0.60
SQLITE_GOAL = 0.30
ROWS = {"postgresql": 200_000, "sqlite": 50_000}
SMOKE = 2_000
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
COLUMNS = (
    "kind, message_id, template_version_id, link, method, at, machine_at, agent, network, "
    "prefetch, verdict, reasons, ruleset"
)
COPY = f"COPY hit ({COLUMNS}) FROM STDIN".encode()
MARKS = ", ".join("?" * 13)
INSERT = f"INSERT INTO hit ({COLUMNS}) VALUES ({MARKS})"  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class Rows:
    """The same hits as lines of a spool and as the values of a database row."""

    lines: Sequence[bytes]
    values: Sequence[Sequence[str | int]]


def run(*, runs: int = 5, smoke: bool = False) -> BenchResult:
    """Measure PostgreSQL for the figure, and SQLite for the note."""
    with databases_open():
        grown = _measure("postgresql", _copy, runs=1 if smoke else runs, smoke=smoke)
        small = _measure("sqlite", _executemany, runs=1 if smoke else runs, smoke=smoke)
    result = summed_up("intake", grown, unit="rows/s", reference_name="COPY", goal=GOAL)
    embedded = summed_up(
        "intake", small, unit="rows/s", reference_name="executemany", goal=SQLITE_GOAL
    )
    note = (
        f"SQLite: {embedded.value:.0f} rows/s, {embedded.ratio:.2f} of bare executemany in one "
        f"transaction ({embedded.min:.2f} to {embedded.max:.2f}); goal {SQLITE_GOAL}"
    )
    return replace(result, notes=(note,))


Reference = Callable[[Engine, Rows], float]


def _measure(kind: str, reference: Reference, *, runs: int, smoke: bool) -> list[Pair]:
    database = make_database(kind, "bench")
    rows = _rows(SMOKE if smoke else ROWS[kind])
    pairs = []
    for _ in range(runs):
        bare = len(rows.lines) / _with_engine(database, rows, reference)
        ours = len(rows.lines) / _with_engine(database, rows, _ship)
        pairs.append(Pair(ours, bare, ours / bare))
    return pairs


def _with_engine(database: Database, rows: Rows, measure: Reference) -> float:
    url = database.fresh()
    engine = make_engine(url)
    try:
        return measure(engine, rows)
    finally:
        engine.dispose()
        database.drop(url)


def _ship(engine: Engine, rows: Rows) -> float:
    with tempfile.TemporaryDirectory(prefix="nb-") as name:
        home = Path(name)
        writer = Spool(home / "spool")
        for line in rows.lines:
            writer.append(line)
        writer.close()
        began = time.perf_counter()
        shipped = ship_once(Works(engine, RealClock()), home)
        took = time.perf_counter() - began
    assert shipped == len(rows.lines)
    return took


def _copy(engine: Engine, rows: Rows) -> float:
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows.values).encode()
    address = make_url(engine.url).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
        began = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            copy.write(text)
        connection.commit()
        return time.perf_counter() - began


def _executemany(engine: Engine, rows: Rows) -> float:
    connection = sqlite3.connect(engine.url.database or "")
    try:
        connection.execute("PRAGMA synchronous=NORMAL")
        began = time.perf_counter()
        with connection:
            connection.executemany(INSERT, rows.values)
        return time.perf_counter() - began
    finally:
        connection.close()


def _rows(count: int) -> Rows:
    hits = [
        RawHit(
            kind=HitKind.CLICK if number % 3 else HitKind.OPEN,
            message_id=1_000_000 + number // 3,
            template_version=17,
            link=str(number % 12) if number % 3 else "",
            method="GET",
            at=MORNING + timedelta(milliseconds=7 * number),
            machine_at=MORNING + timedelta(milliseconds=7 * number),
            agent=("chrome", "outlook", "google_image_proxy")[number % 3],
            network=f"{number * 2_654_435_761 % 2**32:024x}",
            prefetch=False,
        )
        for number in range(count)
    ]
    return Rows([to_line(hit) for hit in hits], [_values(hit) for hit in hits])


def _values(hit: RawHit) -> Sequence[str | int]:
    moment = hit.at.isoformat(" ", "microseconds")[:26]
    network = (hit.agent, hit.network, 0, "pending", "[]", 0)
    return (
        hit.kind,
        hit.message_id,
        hit.template_version,
        hit.link,
        hit.method,
        moment,
        moment,
        *network,
    )
