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
from nurture.mail import InboundEvent, InboundKind, MessageRef, Stray
from nurture.usecases import bounces, leave, replies
from nurture.usecases.progress import Desk

SOURCE = "mailbox"
"""One for every door: a mail that comes in by two of them is one mail."""
FAILED = "It could not be read or acted upon; the log says why."
NOT_UNDERSTOOD = "A mail server writes about a mail of ours, and we do not understand what."


@dataclass(frozen=True, slots=True)
class Mailroom:
    """What opening mail needs."""

    keyring: Keyring
    secret: bytes
    """The key of address hashes."""
    desk: Desk


class Received(StrEnum):
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


def take_in(works: Works, raw: bytes, *, room: Mailroom, recipient: str = "") -> Received:
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
        mail.put_aside(work, _stray(events[0], FAILED))
    return Received.ASIDE


def _unreadable(works: Works, raw: bytes, room: Mailroom) -> Received:
    """Show what could not be read only if its bytes bear a mark of ours."""
    ours = mail.message_of(mail.marks_in(raw), room.keyring) is not None
    with works.begin("mailbox") as work:
        if not ours:
            mail.count_discarded(work, mail.UNREADABLE)
            return Received.UNKNOWN
        mail.put_aside(work, Stray(sha256(raw).hexdigest(), sender="", subject="", why=FAILED))
    return Received.ASIDE


def receive(work: Work, events: Sequence[InboundEvent], *, room: Mailroom) -> Received:
    """Do what a mail or a notice says of one message of ours, once.

    Its events differ by recipient only; the one that tells of whom we wrote to counts.
    """
    first = events[0]
    message_id = mail.message_of(first.marks, room.keyring)
    ref = mail.refs(work, [message_id]).get(message_id) if message_id is not None else None
    if ref is None:
        mail.count_discarded(work, mail.UNMATCHED)
        return Received.UNKNOWN
    event = mail.event_on(ref.recipient, events) or first
    # The lead first, as everybody locks them: none wait in a circle.
    held = lifecycle.hold(work, [] if ref.lead_id is None else [ref.lead_id])
    if not inbox.first_time(work, source=SOURCE, external_id=event.source_id):
        return Received.AGAIN
    if ref.lead_id is not None and ref.lead_id not in held and event.kind not in NOES:
        return Received.NOTHING  # erased: of them nothing is written down but a no

    act = _ACTS.get(event.kind)
    return act(work, event, ref, room) if act is not None else Received.NOTHING


def _returned(work: Work, event: InboundEvent, ref: MessageRef, room: Mailroom) -> Received:
    if ref.lead_id is None and event.kind is InboundKind.BOUNCED:
        # Our own people whom no alert reaches are a person's matter.
        words = f"To {ref.recipient}: {event.diagnostic}"
        return _aside(work, event, ref, words)
    bounces.returned(work, ref, event, secret=room.secret)
    return Received.RETURNED


def _not_understood(work: Work, event: InboundEvent, ref: MessageRef, _room: Mailroom) -> Received:
    return _aside(work, event, ref, NOT_UNDERSTOOD)


def _aside(work: Work, event: InboundEvent, ref: MessageRef, words: str) -> Received:
    mail.put_aside(work, _stray(event, words))
    if ref.handoff_id is not None and ref.user_id is not None:
        handoff.note_unreached(work, ref.handoff_id, to=ref.user_id, words=words)
    return Received.ASIDE


def _stray(event: InboundEvent, words: str) -> Stray:
    return Stray(key=event.source_id, sender=event.sender, subject=event.subject, why=words)


def _complaint(work: Work, _event: InboundEvent, ref: MessageRef, room: Mailroom) -> Received:
    leave.complain(work, MessageId(ref.id), key=room.secret, desk=room.desk)
    return Received.COMPLAINT


def _leaves(work: Work, _event: InboundEvent, ref: MessageRef, room: Mailroom) -> Received:
    leave.unsubscribe(work, MessageId(ref.id), key=room.secret, desk=room.desk)
    return Received.COMPLAINT


def _automatic(work: Work, event: InboundEvent, ref: MessageRef, _room: Mailroom) -> Received:
    replies.note_automatic(work, event, ref)
    return Received.AUTOMATIC


def _person(work: Work, event: InboundEvent, ref: MessageRef, room: Mailroom) -> Received:
    replies.answered(work, event, ref, desk=room.desk)
    return Received.HUMAN


NOES = frozenset({InboundKind.COMPLAINED, InboundKind.UNSUBSCRIBED})
_ACTS: Mapping[InboundKind, Callable[[Work, InboundEvent, MessageRef, Mailroom], Received]] = {
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
