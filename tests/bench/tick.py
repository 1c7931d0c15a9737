"""How fast due steps move: claim, decide, plan and record, against a plain bulk UPDATE."""

import gc
import statistics
import time
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from nurture import tracks
from nurture.tracks import EnrolmentMove
from nurture.usecases.journeys import advance
from tests.bench.instance import TUESDAY, Instance, add_leads, instance, wait_far_away
from tests.bench.result import BenchResult, Pair, summed_up

GOAL = 0.25
MOVE_GOAL = 0.40
FLAT_GOAL = 1.5
BATCH = 1_000
CROWD = 1_000_000
UPDATE = text(
    "UPDATE enrolment SET step = step, due_at = due_at + interval '1 hour', arrived_at = :now,"
    " timeout_at = NULL, serial = serial, casts = casts, waiting_for = NULL, hold = NULL,"
    " outcome = '' WHERE id BETWEEN :first AND :last"
)
"""What a move writes, for rows that need no thought."""
MESSAGES = text(
    "INSERT INTO message (dedup_key, kind, state, lead_id, recipient, enrolment_id, step,"
    " template_version_id, context, planned_at, not_before, attempts)"
    " SELECT 'bench' || e.id, 'marketing', 'planned', e.lead_id, l.email, e.id, e.step,"
    " (SELECT max(id) FROM template_version), '{}', :now, :now, 0"
    " FROM enrolment e JOIN lead l ON l.id = e.lead_id WHERE e.id BETWEEN :first AND :last"
)
RECEIPTS = text(
    "INSERT INTO receipt (enrolment_id, lead_id, step, kind, reason, due_at, at, dedup_key)"
    " SELECT e.id, e.lead_id, e.step, kind, 'a reason as long as they are', e.due_at, :now, NULL"
    " FROM enrolment e, (VALUES ('planned'), ('waited')) AS two (kind)"
    " WHERE e.id BETWEEN :first AND :last"
)
"""The other rows of a step that plans a mail: one message, two receipts."""


def run(*, runs: int = 5, smoke: bool = False) -> BenchResult:
    """Measure whole steps on PostgreSQL: facts, decision, message, receipt and move."""
    runs, size = (1, 200) if smoke else (runs, 2 * BATCH)
    with instance("postgresql") as one:
        found = add_leads(one.here, size * (5 * runs + 1), due=TUESDAY)
        fresh = _Rows(last=len(found), size=size)
        _advance(one, size)  # warm
        gc.collect()
        gc.freeze()  # as `workers/tick.py` does before its first pass
        pairs, whole, moves = [], [], []
        for _ in range(runs):
            rate = _advance(one, size)
            pairs.append(_pair(one, fresh, rate))
            rows = _same_rows(one, fresh)
            whole.append(Pair(rate, rows, rate / rows))
            moves.append(_pair(one, fresh, _claim_and_move(one, size)))
        notes = [
            _note("claim and move alone", moves, "of the UPDATE", MOVE_GOAL),
            _note("the whole step", whole, "of plain SQL that writes the same four rows", GOAL),
        ]
        if not smoke:
            before = [_advance(one, size) for _ in range(2)]
            waiting = wait_far_away(one.here, found[:10_000], runs=CROWD // 10_000)
            add_leads(one.here, 2 * size, due=TUESDAY)
            notes.append(_flat(before, [_advance(one, size) for _ in range(2)], waiting))
    result = summed_up(
        "tick", pairs, unit="due steps/s", reference_name="plain bulk UPDATE", goal=GOAL
    )
    return replace(result, notes=tuple(notes))


class _Rows:
    """Rows for the references that nothing has touched: the last ones, which are claimed last.

    Rows that are updated again and again lie together in warm pages; those of a tick never do.
    """

    def __init__(self, *, last: int, size: int) -> None:
        self._last, self.size = last, size

    def spans(self) -> list[dict[str, object]]:
        """Give as many new ones as a measurement takes, in batches, by first and last id."""
        self._last -= self.size
        return [
            {
                "first": self._last + start + 1,
                "last": self._last + min(start + BATCH, self.size),
                "now": TUESDAY,
            }
            for start in range(0, self.size, BATCH)
        ]


def _pair(one: Instance, fresh: _Rows, ours: float) -> Pair:
    reference = _bulk_update(one, fresh)
    return Pair(ours, reference, ours / reference)


def _advance(one: Instance, size: int) -> float:
    began, due = time.perf_counter(), 0
    while due < size:
        limit = min(BATCH, size - due)
        due += advance.advance(one.here.works, limit=limit, journey=one.here.journey).due
    return due / (time.perf_counter() - began)


def _claim_and_move(one: Instance, size: int) -> float:
    """Claim and move on without a decision: what the machinery alone costs."""
    began, done = time.perf_counter(), 0
    while done < size:
        with one.here.works.begin("bench") as work:
            due = tracks.claim_due(work, limit=min(BATCH, size - done)).due
            later = work.now + timedelta(days=1)
            moves = [
                EnrolmentMove(
                    id=row.id,
                    step=row.step,
                    due_at=later,
                    arrived_at=row.due_at,
                    timeout_at=None,
                    serial=row.serial,
                    casts=row.casts,
                    waiting_for=None,
                    hold=None,
                )
                for row in due
            ]
            tracks.move(work, moves)
        done += len(due)
    return done / (time.perf_counter() - began)


def _bulk_update(one: Instance, fresh: _Rows) -> float:
    """Update the columns of a move in as many rows, by their key range, in the same batches."""
    spans, began = fresh.spans(), time.perf_counter()
    for span in spans:
        with one.here.works.begin("bench") as work:
            work.session.execute(UPDATE, span)
    return fresh.size / (time.perf_counter() - began)


def _same_rows(one: Instance, fresh: _Rows) -> float:
    """Write the message, the receipts and the move of each step in plain SQL; nothing is kept."""
    spans, began = fresh.spans(), time.perf_counter()
    with one.here.works.engine.connect() as connection:
        for span in spans:
            for statement in (MESSAGES, RECEIPTS, UPDATE):
                connection.execute(statement, span)
        connection.rollback()
    return fresh.size / (time.perf_counter() - began)


def _note(what: str, pairs: list[Pair], reference: str, goal: float) -> str:
    ratios = sorted(pair.ratio for pair in pairs)
    return (
        f"{what}: {statistics.median(ratios):.2f} {reference} "
        f"({ratios[0]:.2f} to {ratios[-1]:.2f}); goal {goal}"
    )


def _flat(before: list[float], after: list[float], waiting: int) -> str:
    times = statistics.median(before) / statistics.median(after)
    return f"with {waiting:,} more waiting a step takes {times:.2f} times as long; goal {FLAT_GOAL}"
