"""Leads that stop the others are put aside: out of the track, before a person's eyes."""

from collections.abc import Mapping
from datetime import timedelta

from campaigns.timing import Calendar, Duration, add
from campaigns.vocabulary import ExitReason, Receipt
from nurture import tasks, tracks
from nurture.kernel.log import logger
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work, Works
from nurture.usecases.apart import Found

LOOK_WITHIN = Duration(2, "bd")
TRY_AGAIN = timedelta(minutes=15)
"""Where everybody fails, nobody is put out: the steps wait until it is mended."""
WORDS = "This step failed for this lead; the log says why."


def put_aside(works: Works, found: Found[LeadId], *, queue: str) -> None:
    """End the track for those who fail by themselves; where all fail, let all wait."""
    for lead_id, error in found.broken.items():
        logger().error("step_failed", lead=lead_id, exc_info=error)
    with works.begin("tick") as work:
        if found.all_fail:
            late = [*found.broken, *found.untried]
            until = work.now + TRY_AGAIN
            tracks.put_off(work, late, until=until, reason="Something failed; tried again later.")
        else:
            _end(work, found.broken, queue)


def _end(work: Work, broken: Mapping[LeadId, Exception], queue: str) -> None:
    stuck = tracks.claim_of(work, list(broken))
    tracks.end(work, [tracks.End(one.id, ExitReason.ERROR) for one in stuck])
    tracks.note(
        work,
        [
            tracks.NewReceipt(one.id, one.lead_id, one.step, Receipt.EXITED, WORDS, one.due_at)
            for one in stuck
        ],
    )
    due_at = add(work.now, LOOK_WITHIN, zone="UTC", calendar=Calendar())
    tasks.create(
        work,
        [
            tasks.NewTask(
                dedup_key=f"error|{one.id}", kind=tasks.TaskKind.TRIAGE,
                title="Decide what happens next",
                reason=f"{one.track_key}, step {one.step}: {WORDS}", due_at=due_at,
                lead_id=one.lead_id, queue=queue,
            )
            for one in stuck
        ],
    )  # fmt: skip
