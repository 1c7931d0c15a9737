"""Four writing processes and readers on one SQLite file: nobody meets a lock, nobody starves."""

import multiprocessing
import os
import time
from dataclasses import dataclass, field
from multiprocessing.queues import SimpleQueue

import pytest
from sqlalchemy import func, select

from nurture.kernel import shared_values
from nurture.kernel.clock import RealClock
from nurture.kernel.database import insert_ignoring, make_engine
from nurture.kernel.work import Works
from nurture.leads.tables import CompanyRow
from tests.support.databases import make_database

SECONDS = float(os.environ.get("WRITERS_TEST_SECONDS", "10"))
WRITERS = 4
READERS = 2
ROWS = 100


@dataclass(slots=True)
class Watched:
    """What one process went through."""

    role: str
    rounds: int = 0
    worst: float = 0.0
    """The longest time from asking for a transaction to its end, in seconds."""
    errors: list[str] = field(default_factory=list)


@pytest.mark.slow
def test_four_writers_and_the_pages_never_meet_a_lock(request: pytest.FixtureRequest) -> None:
    # On SQLite alone: PostgreSQL arbitrates between its writers by itself.
    database = make_database("sqlite", "writers")
    fresh_url = database.fresh()
    request.addfinalizer(lambda: database.drop(fresh_url))
    watched = _run(fresh_url)
    writers = [one for one in watched if one.role == "write"]
    works = Works(make_engine(fresh_url), RealClock())
    with works.read("test") as work:
        rows = work.session.scalar(select(func.count()).select_from(CompanyRow))
    works.engine.dispose()

    rounds = sorted(one.rounds for one in writers)
    worst = {
        one.role: round(max(o.worst for o in watched if o.role == one.role), 3) for one in watched
    }
    print(f"{SECONDS:g} s: commits {rounds}, worst wait {worst} s")  # noqa: T201 - figures of the run
    assert [one.errors for one in watched if one.errors] == []
    assert rows == sum(rounds) * ROWS, "a commit is gone"
    assert rounds[0] * 4 >= rounds[-1], "one writer starved"


def _run(url: str) -> list[Watched]:
    context = multiprocessing.get_context("spawn")
    told: SimpleQueue[Watched] = context.SimpleQueue()
    roles = ["write"] * WRITERS + ["read"] * READERS
    processes = [
        context.Process(target=_live, args=(url, role, number, told))
        for number, role in enumerate(roles)
    ]
    for process in processes:
        process.start()
    watched = [told.get() for _ in processes]
    for process in processes:
        process.join(30)
    return watched


def _live(url: str, role: str, number: int, told: "SimpleQueue[Watched]") -> None:
    works = Works(make_engine(url), RealClock())
    watched = Watched(role)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        began = time.monotonic()
        try:
            if role == "write":
                _write(works, number, watched.rounds)
            else:
                _read(works)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells it
            watched.errors.append(str(error))
            break
        watched.rounds += 1
        watched.worst = max(watched.worst, time.monotonic() - began)
    works.engine.dispose()
    told.put(watched)


def _write(works: Works, number: int, turn: int) -> None:
    """Do what jobs do: read, then write a batch."""
    with works.begin("test") as work:
        shared_values.beat(work, f"writer {number}")
        work.session.scalar(select(func.count()).select_from(CompanyRow))
        names = [f"{number}-{turn}-{n}.example" for n in range(ROWS)]
        rows = [{"name": one, "domain": one, "facts": {}, "created_at": work.now} for one in names]
        insert_ignoring(work.session, CompanyRow, rows)


def _read(works: Works) -> None:
    """Do what a page does: several queries of one snapshot, which must agree."""
    with works.read("test") as work:
        before = work.session.scalar(select(func.count()).select_from(CompanyRow))
        work.session.execute(select(CompanyRow).order_by(CompanyRow.id.desc()).limit(100)).all()
        assert work.session.scalar(select(func.count()).select_from(CompanyRow)) == before
