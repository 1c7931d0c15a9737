"""Somebody has left: a person finds out who has the job now."""

from collections.abc import Sequence

from campaigns.timing import Calendar, Duration, add
from nurture import tasks
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work

TITLE = "Ask the company who has taken over"
SUCCESSOR_WAIT = Duration(2, "bd")


def ask_for_successors(work: Work, lead_ids: Sequence[LeadId]) -> None:
    """Let a person find out who has the job now; until then somebody looks after the lead."""
    due_at = add(work.now, SUCCESSOR_WAIT, zone="UTC", calendar=Calendar())
    tasks.create(
        work,
        [
            tasks.NewTask(
                dedup_key=f"bounced|{lead_id}|{work.now:%y%m%d%H%M%S}",
                kind=tasks.TaskKind.ASK,
                title=TITLE,
                reason="The address does not work any more.",
                due_at=due_at,
                lead_id=lead_id,
                queue="marketing",
            )
            for lead_id in lead_ids
        ],
    )
