"""What comes back: an address that does not work gets no more mail, and somebody asks."""

from collections.abc import Mapping

from campaigns.vocabulary import ActivityKind, ExitReason, SuppressionReason, Verdict
from nurture import consent, engagement, leads, lifecycle, mail, scoring, tracks
from nurture.engagement import ActivityRow
from nurture.kernel.types import EmailAddress, LeadId, MessageId
from nurture.kernel.work import Work
from nurture.mail import Action, MessageRef, Recorded, Report
from nurture.usecases.successors import ask_for_successors


def is_hard(one: Recorded) -> bool:
    """Tell whether an answer says that the address does not exist."""
    return mail.classify(one.code, one.reason) is mail.ReplyClass.HARD_BOUNCE


def returned(work: Work, ref: MessageRef, report: Report, *, key: str, secret: bytes) -> None:
    """Hear what a server tells of a message later: whatever it is, the message had left.

    Only a failure that speaks of the address ends mail to it; a full mailbox or a policy does not.
    """
    mail.prove_arrived(work, [ref.id], evidence="it left: a mail server told of it later")
    if ref.lead_id is None or report.action is not Action.FAILED:
        return
    row = ActivityRow(
        lead_id=ref.lead_id, kind=ActivityKind.BOUNCED, at=work.now, name=str(report.why),
        origin=f"returned:{key[:32]}", message_id=MessageId(ref.id),
        verdict=Verdict.SCANNER_CERTAIN, detail={"text": report.words},
    )  # fmt: skip
    engagement.note_activity(work, [row])
    if report.why is mail.ReplyClass.HARD_BOUNCE:
        bounce(work, {ref.lead_id: ref.recipient}, secret=secret)


def bounce(work: Work, addresses: Mapping[LeadId, str], *, secret: bytes) -> None:
    """Never write to an address again that does not exist (F17), and leave every track."""
    if not addresses:
        return
    lifecycle.hold(work, sorted(addresses))  # leads first, in order, as everybody locks them
    consent.suppress(
        work, [EmailAddress(address) for address in addresses.values()],
        reason=SuppressionReason.HARD_BOUNCE, key=secret,
    )  # fmt: skip
    leads.set_undeliverable(work, list(addresses))
    gone = tracks.leave(
        work, list(addresses), reason=ExitReason.SUPPRESSED, words="The address does not work."
    )
    mail.cancel(work, gone, reason="the address does not work")
    ask_for_successors(work, sorted(addresses))
    scoring.recheck_by(work, dict.fromkeys(addresses, work.now))
