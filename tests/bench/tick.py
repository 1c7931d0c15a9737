"""How fast due steps move: claim, decide, plan and record, against a plain bulk UPDATE."""

import time

from sqlalchemy import text

from nurture.usecases import progress
from tests.bench.instance import TUESDAY, Instance, add_leads, instance
from tests.bench.result import BenchResult, Pair, summed_up

GOAL = 0.25
BATCH = 500


def run(*, runs: int = 5, smoke: bool = False) -> BenchResult:
    """Measure whole steps on PostgreSQL: facts, decision, message, receipt and move."""
    size = BATCH if smoke else 4 * BATCH
    with instance("postgresql") as one:
        add_leads(one.here, size * (runs + 1), due=TUESDAY)
        _advance(one, size)  # warm
        pairs = [_pair(one, size) for _ in range(1 if smoke else runs)]
    return summed_up(
        "tick", pairs, unit="due steps/s", reference_name="plain bulk UPDATE", goal=GOAL
    )


def _pair(one: Instance, size: int) -> Pair:
    reference = _bulk_update(one, size)
    ours = _advance(one, size)
    return Pair(ours, reference, ours / reference)


def _advance(one: Instance, size: int) -> float:
    began, due = time.perf_counter(), 0
    while due < size:
        due += progress.advance(one.here.works, limit=BATCH, desk=one.here.desk).due
    return due / (time.perf_counter() - began)


def _bulk_update(one: Instance, size: int) -> float:
    """Update as many rows of the same table by their key range, in the same batches."""
    began = time.perf_counter()
    for start in range(0, size, BATCH):
        with one.here.works.begin("bench") as work:
            work.session.execute(
                text("UPDATE enrolment SET casts = casts WHERE id BETWEEN :a AND :b"),
                {"a": start + 1, "b": start + BATCH},
            )
    return size / (time.perf_counter() - began)
