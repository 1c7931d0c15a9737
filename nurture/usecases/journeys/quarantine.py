"""Leads that stop the others are put aside: out of the track, before a person's eyes."""

from collections.abc import Collection, Sequence

from campaigns.timing import Calendar, Duration, add
from campaigns.vocabulary import ExitReason, Receipt
from nurture import tasks, tracks
from nurture.kernel.log import logger
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work, Works
from nurture.tracks import DueEnrolment
from nurture.usecases.shared.bisect import LATER, BisectResult
from nurture.usecases.shared.failure_log import PATIENCE, failing_since

LOOK_WITHIN = Duration(2, "bd")
WORDS = "This step failed for this lead; the log says why."
WAITS = "Something failed; tried again later."


def quarantine_leads(works: Works, found: BisectResult[LeadId], *, queue: str) -> None:
    """End the track for those who fail while others go through; where all fail, let all wait.

    Who fails alone stays in the track, and after a day somebody is asked to look.
    """
    for lead_id, error in found.broken.items():
        logger().error("step_failed", lead=lead_id, exc_info=error)
    waits = found.waits
    with works.begin("tick") as work:
        if found.all_fail:
            since = failing_since(work, "advance", found.broken)
            long = [LeadId(one) for one, at in since.items() if work.now - at >= PATIENCE]
            _ask(work, tracks.claim_of(work, long).due, queue)
            waits |= dict.fromkeys(long, LATER)
        else:
            _end(work, found.broken, queue)
        for by in set(waits.values()):
            late = [one for one, wait in waits.items() if wait == by]
            tracks.put_off(work, late, until=work.now + by, reason=WAITS)


def _end(work: Work, broken: Collection[LeadId], queue: str) -> None:
    stuck = tracks.claim_of(work, list(broken)).due
    tracks.end(work, [tracks.EnrolmentEnd(one.id, ExitReason.ERROR) for one in stuck])
    tracks.note(
        work,
        [
            tracks.NewReceipt(one.id, one.lead_id, one.step, Receipt.EXITED, WORDS, one.due_at)
            for one in stuck
        ],
    )
    _ask(work, stuck, queue)


def _ask(work: Work, stuck: Sequence[DueEnrolment], queue: str) -> None:
    due_at = add(work.now, LOOK_WITHIN, zone="UTC", calendar=Calendar())
    tasks.create(
        work,
        [
            tasks.NewTask(
                dedup_key=f"error|{one.id}",
                kind=tasks.TaskKind.TRIAGE,
                title="Decide what happens next",
                reason=f"{one.track_key}, step {one.step}: {WORDS}",
                due_at=due_at,
                lead_id=one.lead_id,
                queue=queue,
            )
            for one in stuck
        ],
    )
