"""Somebody wants no more mail: at once, for good, and without falling out of sight."""

from campaigns.vocabulary import (
    ActivityKind,
    ExitReason,
    MessageKind,
    SuppressionReason,
    Verdict,
)
from nurture import consent, engagement, leads, lifecycle, mail
from nurture.engagement import ActivityRow
from nurture.kernel.types import EmailAddress, Json, LeadId, MessageId
from nurture.kernel.work import Work
from nurture.usecases import progress
from nurture.usecases.progress import Desk

WORDS = "Has unsubscribed"


def unsubscribe(work: Work, message_id: MessageId, *, key: bytes, desk: Desk) -> None:
    """Stop mail to whom a message went; twice is once, and an unknown message changes nothing.

    The no is tied to the address that got the message, so it holds when the lead is erased, too.
    """
    ref = mail.refs(work, [message_id]).get(message_id)
    if ref is None or ref.kind == MessageKind.ALERT:
        return
    address = EmailAddress(ref.recipient)
    reason, evidence = SuppressionReason.UNSUBSCRIBED, _evidence(message_id)
    lead_id = ref.lead_id or leads.by_email(work, [address]).get(address)
    # The lead before its enrolments, as the tick takes them: none wait in a circle.
    lifecycle.hold(work, [] if lead_id is None else [lead_id])
    consent.suppress(work, [address], reason=reason, key=key, evidence=evidence)
    if lead_id is not None:
        # The lead may have another address by now; it is the person who said no.
        consent.suppress_leads(work, [lead_id], reason=reason, key=key, evidence=evidence)
        _leave(work, lead_id, message_id, desk)


def _leave(work: Work, lead_id: LeadId, message_id: MessageId, desk: Desk) -> None:
    consent.withdraw(work, [lead_id])
    desk.hands.leave_tracks(work, [lead_id], reason=ExitReason.SUPPRESSED, words=WORDS)
    row = ActivityRow(
        lead_id=lead_id, kind=ActivityKind.UNSUBSCRIBED, at=work.now,
        origin=f"unsubscribed:{message_id}", message_id=message_id, verdict=Verdict.HUMAN_LIKELY,
    )  # fmt: skip
    engagement.note_activity(work, [row])
    progress.look_after(work, [lead_id], reason=WORDS, desk=desk)


def _evidence(message_id: MessageId) -> dict[str, Json]:
    return {"message": message_id}
