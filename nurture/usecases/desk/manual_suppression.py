"""One of us says: write to these people no more."""

from collections.abc import Sequence

from campaigns.vocabulary import ActivityKind, ExitReason, SuppressionReason, Verdict
from nurture import consent, engagement, lifecycle
from nurture.engagement import ActivityRow
from nurture.kernel.database import CHUNK, chunks
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.usecases.journeys import advance
from nurture.usecases.journeys.advance import JourneyContext
from nurture.usecases.shared.track_exit import leave_tracks

WORDS = "One of us said: do not mail"


def suppress_by_hand(
    work: Work, lead_ids: Sequence[LeadId], *, why: str, key: bytes, journey: JourneyContext
) -> None:
    """Stop mail to leads for good, end their tracks, and leave them before a person's eyes."""
    for chunk in chunks(lead_ids, CHUNK):
        _silence(work, chunk, why, key, journey)


def _silence(
    work: Work, lead_ids: Sequence[LeadId], why: str, key: bytes, journey: JourneyContext
) -> None:
    # The leads before their enrolments, as the tick takes them: none wait in a circle.
    lifecycle.hold(work, lead_ids)
    consent.suppress_leads(
        work,
        lead_ids,
        reason=SuppressionReason.MANUAL,
        key=key,
        evidence={"by": work.actor, "why": why},
    )
    consent.withdraw(work, lead_ids)
    leave_tracks(work, lead_ids, reason=ExitReason.SUPPRESSED, words=WORDS)
    engagement.note_activity(work, [_told(work, one, why) for one in lead_ids])
    advance.look_after(work, lead_ids, reason=WORDS, journey=journey)


def _told(work: Work, lead_id: LeadId, why: str) -> ActivityRow:
    return ActivityRow(
        lead_id=lead_id,
        kind=ActivityKind.NOTED,
        at=work.now,
        verdict=Verdict.HUMAN_PROVEN,
        origin=f"silenced:{lead_id}:{work.now.isoformat()}",
        detail={"text": f"Do not mail. {why}".strip(), "by": work.actor},
    )
