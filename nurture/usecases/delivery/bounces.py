"""What comes back: an address that does not work gets no more mail, and somebody asks."""

from collections.abc import Sequence
from typing import NamedTuple

from campaigns.vocabulary import ActivityKind, ExitReason, SuppressionReason, Verdict
from nurture import consent, engagement, leads, lifecycle, mail, scoring, tracks
from nurture.engagement import ActivityRow
from nurture.kernel.types import EmailAddress, LeadId, MessageId
from nurture.kernel.work import Work
from nurture.mail import InboundEvent, InboundKind, MessageEvent, MessageRef, Recorded
from nurture.usecases.delivery.successors import ask_for_successors

LONGEST = 300
"""Letters that are kept of what a server said."""
NOT_WORKING = "the address does not work"


class DeadAddress(NamedTuple):
    """A lead whose address does not exist, and the server's words that say so."""

    lead_id: LeadId
    address: str
    message_id: int
    words: str


def is_hard(one: Recorded) -> bool:
    """Tell whether an answer says that the address does not exist."""
    if one.event is not MessageEvent.PERMANENT:
        return False
    return mail.is_dead(one.code, one.reason, stage=one.stage)


def returned(work: Work, ref: MessageRef, event: InboundEvent, *, secret: bytes) -> None:
    """Hear what a server tells of a message later: whatever it is, the message had left.

    Only a failure that speaks of the address ends mail to it; a full mailbox or a policy does not.
    """
    mail.prove_arrived(work, [ref.id], evidence="it left: a mail server told of it later")
    if ref.lead_id is None or event.kind is not InboundKind.BOUNCED:
        return
    row = ActivityRow(
        lead_id=ref.lead_id,
        kind=ActivityKind.BOUNCED,
        at=work.now,
        name=str(event.why),
        origin=f"returned:{event.source_id[:32]}",
        message_id=MessageId(ref.id),
        verdict=Verdict.SCANNER_CERTAIN,
        detail={"text": event.diagnostic},
    )
    engagement.note_activity(work, [row])
    if event.why is mail.ReplyClass.HARD_BOUNCE:
        bounce(
            work, [DeadAddress(ref.lead_id, ref.recipient, ref.id, event.diagnostic)], secret=secret
        )


def bounce(work: Work, dead: Sequence[DeadAddress], *, secret: bytes) -> None:
    """Never write to an address again that does not exist (F17), and leave every track."""
    if not dead:
        return
    told = {one.lead_id: one for one in dead}
    lifecycle.hold(work, sorted(told))  # leads first, in order, as everybody locks them
    consent.suppress_each(
        work,
        {
            EmailAddress(one.address): {"message": one.message_id, "reply": one.words[:LONGEST]}
            for one in told.values()
        },
        reason=SuppressionReason.HARD_BOUNCE,
        key=secret,
    )
    leads.set_undeliverable(work, list(told))
    gone = tracks.leave(
        work, list(told), reason=ExitReason.SUPPRESSED, words="The address does not work."
    )
    mail.cancel(work, gone, reason=NOT_WORKING)
    ask_for_successors(work, sorted(told))
    scoring.recheck_by(work, dict.fromkeys(told, work.now))
