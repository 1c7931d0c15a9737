"""A lead has come in: fit, stage, and something that happens next."""

from collections.abc import Sequence

from campaigns.vocabulary import Stage
from nurture import lifecycle, tasks, tracks
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.usecases.intake.entry_choice import EntryChoice
from nurture.usecases.journeys import advance, enrolment
from nurture.usecases.journeys.advance import JourneyContext
from nurture.usecases.responses import evidence
from nurture.usecases.sales import promotion

DECIDE = EntryChoice()
PARKED = "Came with a list that is to rest until this day"
LEFT_OUT = "Came with a list, and the track that was chosen does not take this lead"


def settle_new(
    work: Work, lead_ids: Sequence[LeadId], *, journey: JourneyContext, entry: EntryChoice = DECIDE
) -> None:
    """Score the fit, check the definitions, enrol; nobody stays without a next step."""
    lifecycle.begin(work, lead_ids, stage=Stage.UNQUALIFIED, reason="came in")
    if entry == DECIDE:
        evidence.reconsider(work, lead_ids, reason="came in", journey=journey)
        return
    promotion.recheck(work, lead_ids, notify=journey.notify)
    _place(work, lead_ids, entry, journey)
    advance.look_after(work, lead_ids, reason=LEFT_OUT, journey=journey)


def _place(
    work: Work, lead_ids: Sequence[LeadId], entry: EntryChoice, journey: JourneyContext
) -> None:
    """Put the new leads where somebody wants them, but those whom sales got at once."""
    if entry.track:
        track = tracks.get_track(work, entry.track)
        enrolment.put_in_track(work, lead_ids, track=track, by="a list")
    if entry.resumes_at is not None:
        idle = advance.next_actions_missing(work, lead_ids)
        rows = [
            tasks.SnoozeRequest(one, PARKED, entry.resumes_at, queue=journey.triage_queue)
            for one in idle
        ]
        tasks.snooze(work, rows)
