"""A mail comes in: find the message of ours that it belongs to, once, and do what it says.

Only what bears a mark that we have signed counts (D-14): a forged bounce suppresses nobody, and a
forged answer proves nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from nurture import handoff, lifecycle, mail
from nurture.kernel import inbox
from nurture.kernel.database import passing
from nurture.kernel.errors import Unavailable
from nurture.kernel.log import logger
from nurture.kernel.tokens import Keyring
from nurture.kernel.types import MessageId
from nurture.kernel.work import Work, Works
from nurture.mail import InboundEvent, InboundKind, MessageRef, UnmatchedMail
from nurture.usecases.delivery import bounces
from nurture.usecases.journeys.advance import JourneyContext
from nurture.usecases.responses import replies, unsubscribe

SOURCE = "mailbox"
"""One for every way in: a mail that comes by two of them is one mail."""
FAILED = "It could not be read or acted upon; the log says why."
NOT_UNDERSTOOD = "A mail server writes about a mail of ours, and we do not understand what."


@dataclass(frozen=True, slots=True)
class InboundMailContext:
    """What opening mail needs."""

    keyring: Keyring
    secret: bytes
    """The key of address hashes."""
    journey: JourneyContext


class InboundMailResult(StrEnum):
    """What a mail that came in was to us."""

    HUMAN = "human"
    AUTOMATIC = "automatic"
    RETURNED = "returned"
    COMPLAINT = "complaint"
    NOTHING = "nothing"
    """A report that changes nothing."""
    UNKNOWN = "unknown"
    """It belongs to no message of ours, or somebody only says so."""
    AGAIN = "again"
    ASIDE = "aside"
    """A person must look at it."""


def take_in(
    works: Works, raw: bytes, *, room: InboundMailContext, recipient: str = ""
) -> InboundMailResult:
    """Receive one mail in a transaction of its own; one that fails is put aside, and shown.

    What bears no mark of ours is counted and thrown away: anybody can write to the mailbox.
    Raises only what is nobody's fault, such as a database that is away: then it comes again.
    """
    try:
        events = mail.read_incoming(raw, recipient=recipient).events
    except Exception as error:  # noqa: BLE001 - whatever a stranger wrote, the next mail is read
        logger().warning("mail_not_read", error=repr(error)[:200])
        return _unreadable(works, raw, room)
    try:
        with works.begin("mailbox") as work:
            return receive(work, events, room=room)
    except Unavailable:
        raise
    except Exception as error:
        if passing(error):
            raise
        logger().exception("mail_not_received")
    with works.begin("mailbox") as work:
        mail.keep_unmatched(work, _unmatched(events[0], FAILED))
    return InboundMailResult.ASIDE


def _unreadable(works: Works, raw: bytes, room: InboundMailContext) -> InboundMailResult:
    """Show what could not be read only if its bytes bear a mark of ours."""
    ours = mail.message_of(mail.marks_in(raw), room.keyring) is not None
    with works.begin("mailbox") as work:
        if not ours:
            mail.count_discarded(work, mail.UNREADABLE)
            return InboundMailResult.UNKNOWN
        mail.keep_unmatched(
            work, UnmatchedMail(sha256(raw).hexdigest(), sender="", subject="", why=FAILED)
        )
    return InboundMailResult.ASIDE


def receive(
    work: Work, events: Sequence[InboundEvent], *, room: InboundMailContext
) -> InboundMailResult:
    """Do what a mail or a notice says of one message of ours, once.

    Its events differ by recipient only; the one that tells of whom we wrote to counts.
    """
    first = events[0]
    message_id = mail.message_of(first.marks, room.keyring)
    ref = mail.refs(work, [message_id]).get(message_id) if message_id is not None else None
    if ref is None:
        mail.count_discarded(work, mail.UNMATCHED)
        return InboundMailResult.UNKNOWN
    event = mail.event_on(ref.recipient, events) or first
    # The lead first, as everybody locks them: none wait in a circle.
    held = lifecycle.hold(work, [] if ref.lead_id is None else [ref.lead_id])
    if not inbox.first_time(work, source=SOURCE, external_id=event.source_id):
        return InboundMailResult.AGAIN
    if ref.lead_id is not None and ref.lead_id not in held and event.kind not in NOES:
        return InboundMailResult.NOTHING  # erased: of them nothing is written down but a no

    act = _ACTS.get(event.kind)
    return act(work, event, ref, room) if act is not None else InboundMailResult.NOTHING


def _returned(
    work: Work, event: InboundEvent, ref: MessageRef, room: InboundMailContext
) -> InboundMailResult:
    if ref.lead_id is None and event.kind is InboundKind.BOUNCED:
        # Our own people whom no alert reaches are a person's matter.
        words = f"To {ref.recipient}: {event.diagnostic}"
        return _aside(work, event, ref, words)
    bounces.returned(work, ref, event, secret=room.secret)
    return InboundMailResult.RETURNED


def _not_understood(
    work: Work, event: InboundEvent, ref: MessageRef, _room: InboundMailContext
) -> InboundMailResult:
    return _aside(work, event, ref, NOT_UNDERSTOOD)


def _aside(work: Work, event: InboundEvent, ref: MessageRef, words: str) -> InboundMailResult:
    mail.keep_unmatched(work, _unmatched(event, words))
    if ref.handoff_id is not None and ref.user_id is not None:
        handoff.note_unreached(work, ref.handoff_id, to=ref.user_id, words=words)
    return InboundMailResult.ASIDE


def _unmatched(event: InboundEvent, words: str) -> UnmatchedMail:
    return UnmatchedMail(key=event.source_id, sender=event.sender, subject=event.subject, why=words)


def _complaint(
    work: Work, _event: InboundEvent, ref: MessageRef, room: InboundMailContext
) -> InboundMailResult:
    unsubscribe.complain(work, MessageId(ref.id), key=room.secret, journey=room.journey)
    return InboundMailResult.COMPLAINT


def _leaves(
    work: Work, _event: InboundEvent, ref: MessageRef, room: InboundMailContext
) -> InboundMailResult:
    unsubscribe.unsubscribe(work, MessageId(ref.id), key=room.secret, journey=room.journey)
    return InboundMailResult.COMPLAINT


def _automatic(
    work: Work, event: InboundEvent, ref: MessageRef, _room: InboundMailContext
) -> InboundMailResult:
    replies.note_automatic(work, event, ref)
    return InboundMailResult.AUTOMATIC


def _person(
    work: Work, event: InboundEvent, ref: MessageRef, room: InboundMailContext
) -> InboundMailResult:
    replies.answered(work, event, ref, journey=room.journey)
    return InboundMailResult.HUMAN


NOES = frozenset({InboundKind.COMPLAINED, InboundKind.UNSUBSCRIBED})
_ACTS: Mapping[
    InboundKind, Callable[[Work, InboundEvent, MessageRef, InboundMailContext], InboundMailResult]
] = {
    InboundKind.BOUNCED: _returned,
    InboundKind.DEFERRED: _returned,
    InboundKind.DELIVERED: _returned,
    InboundKind.UNKNOWN: _not_understood,
    InboundKind.COMPLAINED: _complaint,
    InboundKind.UNSUBSCRIBED: _leaves,
    InboundKind.AUTO_REPLIED: _automatic,
    InboundKind.REPLIED: _person,
}
"""The rest changes nothing: what a provider refused to send never left, and our own links tell."""
