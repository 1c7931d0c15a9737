"""Take leads out of their tracks: the only way out but a track's own end."""

from collections.abc import Sequence

from campaigns.vocabulary import ExitReason
from nurture import mail, tasks, tracks
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work


def leave_tracks(
    work: Work, lead_ids: Sequence[LeadId], *, reason: ExitReason, words: str
) -> tuple[int, ...]:
    """End all active enrolments of leads, with the mail and the calls that were planned for them.

    Gives the ids of the enrolments; their receipts say why in `words`.
    """
    gone = tracks.leave(work, lead_ids, reason=reason, words=words)
    mail.cancel(work, gone, reason=f"left the track: {reason}")
    tasks.withdraw(work, lead_ids, stands=dict.fromkeys(gone, ""))
    return gone
