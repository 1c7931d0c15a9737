"""A lead has come in: fit, stage, and something that happens next."""

from collections.abc import Sequence

from campaigns.vocabulary import Stage
from nurture import lifecycle, tasks, tracks
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.usecases import by_hand, evidence, progress, promote
from nurture.usecases.entry import Entry
from nurture.usecases.progress import Desk

DECIDE = Entry()
PARKED = "Came with a list that is to rest until this day"
LEFT_OUT = "Came with a list, and the track that was chosen does not take this lead"


def settle_new(
    work: Work, lead_ids: Sequence[LeadId], *, desk: Desk, entry: Entry = DECIDE
) -> None:
    """Score the fit, check the definitions, enrol; nobody stays without a next step."""
    lifecycle.begin(work, lead_ids, stage=Stage.UNQUALIFIED, reason="came in")
    if entry == DECIDE:
        evidence.reconsider(work, lead_ids, reason="came in", desk=desk)
        return
    promote.recheck(work, lead_ids, notify=desk.notify)
    _place(work, lead_ids, entry, desk)
    progress.look_after(work, lead_ids, reason=LEFT_OUT, desk=desk)


def _place(work: Work, lead_ids: Sequence[LeadId], entry: Entry, desk: Desk) -> None:
    """Put the new leads where somebody wants them, but those whom sales got at once."""
    if entry.track:
        track = tracks.get_track(work, entry.track)
        by_hand.put_in_track(work, lead_ids, track=track, by="a list")
    if entry.wakes_at is not None:
        idle = progress.next_actions_missing(work, lead_ids)
        rows = [tasks.Parking(one, PARKED, entry.wakes_at, queue=desk.triage_queue) for one in idle]
        tasks.park(work, rows)
