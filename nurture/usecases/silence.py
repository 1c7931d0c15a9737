"""One of us says: write to this person no more."""

from campaigns.vocabulary import ActivityKind, ExitReason, SuppressionReason, Verdict
from nurture import consent, engagement, lifecycle
from nurture.engagement import ActivityRow
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.usecases import progress
from nurture.usecases.progress import Desk


def silence(work: Work, lead_id: LeadId, *, why: str, key: bytes, desk: Desk) -> None:
    """Stop mail to a lead for good, end its tracks, and leave it before a person's eyes."""
    # The lead before its enrolments, as the tick takes them: none wait in a circle.
    lifecycle.hold(work, [lead_id])
    consent.suppress_leads(
        work, [lead_id], reason=SuppressionReason.MANUAL, key=key,
        evidence={"by": work.actor, "why": why},
    )  # fmt: skip
    consent.withdraw(work, [lead_id])
    words = "One of us said: do not mail"
    desk.hands.leave_tracks(work, [lead_id], reason=ExitReason.SUPPRESSED, words=words)
    told = f"Do not mail. {why}".strip()
    row = ActivityRow(
        lead_id=lead_id, kind=ActivityKind.NOTED, at=work.now, verdict=Verdict.HUMAN_PROVEN,
        origin=f"silenced:{lead_id}:{work.now.isoformat()}",
        detail={"text": told, "by": work.actor},
    )  # fmt: skip
    engagement.note_activity(work, [row])
    progress.look_after(work, [lead_id], reason=words, desk=desk)
