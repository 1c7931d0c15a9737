"""Work is proportional to what is due: a crowd that waits is not read."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from nurture.kernel.clock import FrozenClock
from nurture.kernel.work import Works
from nurture.usecases.journeys import advance
from tests.usecases.intake import open_house

CROWD = 30_000
LOOKS = 5
"""How often a due step may look at a row of a table: claim, lock, facts, move, receipts' keys."""
HOUSE = 100
"""Rows of tables that are as large as the company's library, however many leads there are."""
READS = text(
    "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
)
"""Rows that this transaction has read so far, by table."""
LEADS = text(
    "INSERT INTO lead (email, stage, zone, deliverable, tracking, interests, facts, created_at,"
    " changed_at) SELECT 'crowd' || n || '@firm.example', 'marketing', 'UTC', true, true, '[]',"
    " '{}', :now, :now FROM generate_series(1, :crowd) n"
)
ENROLMENTS = text(
    "INSERT INTO enrolment (lead_id, track_id, version_id, run, state, step, due_at, arrived_at,"
    " started_at, serial, casts, outcome) SELECT lead.id, track.id, live_version_id, 1, 'active',"
    " 'hello', :later, :now, :now, 0, 0, '' FROM lead, track WHERE track.key = 'welcome'"
)
DUE = text("UPDATE enrolment SET due_at = :now WHERE id IN (SELECT id FROM enrolment LIMIT :due)")


@pytest.mark.only("postgresql")
@pytest.mark.parametrize("due", [0, 20, 1_000])
def test_a_crowd_that_waits_is_not_read(
    works: Works, clock: FrozenClock, home: Path, due: int
) -> None:
    intake = open_house(works, clock, home, {})
    with works.begin("test") as work:
        span = {"now": work.now, "later": work.now + timedelta(days=30)}
        work.session.execute(LEADS, span | {"crowd": CROWD})
        work.session.execute(ENROLMENTS, span)
        work.session.execute(DUE, span | {"due": due})
        work.session.execute(text("ANALYZE"))

    before = reads(works)
    assert advance.advance(works, limit=1_000, journey=intake.here.journey).due == due

    read = {name: count - before[name] for name, count in reads(works).items()}
    assert {name: count for name, count in read.items() if count > LOOKS * due + HOUSE} == {}


def reads(works: Works) -> dict[str, int]:
    with works.read("test") as work:
        return dict(work.session.execute(READS).all())
