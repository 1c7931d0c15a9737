"""An address that does not work: no more mail, out of every track, and somebody asks."""

from collections.abc import Mapping

from campaigns.vocabulary import ExitReason, SuppressionReason
from nurture import consent, leads, lifecycle, mail, scoring, tracks
from nurture.kernel.types import EmailAddress, LeadId
from nurture.kernel.work import Work
from nurture.mail import Recorded
from nurture.usecases.successors import ask_for_successors


def is_hard(one: Recorded) -> bool:
    """Tell whether an answer says that the address does not exist."""
    return mail.classify(one.code, one.reason) is mail.ReplyClass.HARD_BOUNCE


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
