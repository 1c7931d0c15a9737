"""A mail comes in: find the message of ours that it belongs to, once, and do what it says.

Only what bears a mark that we have signed counts (D-14): a forged bounce suppresses nobody, and a
forged answer proves nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from nurture import handoff, lifecycle, mail
from nurture.kernel import inbox
from nurture.kernel.database import passing
from nurture.kernel.errors import Unavailable
from nurture.kernel.log import logger
from nurture.kernel.tokens import Keyring
from nurture.kernel.types import MessageId
from nurture.kernel.work import Work, Works
from nurture.mail import Came, Incoming, MessageRef, Stray
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

    Raises only what is nobody's fault, such as a database that is away: then it comes again.
    """
    try:
        with works.begin("mailbox") as work:
            return receive(work, raw, room=room, recipient=recipient)
    except Unavailable:
        raise
    except Exception as error:
        if passing(error):
            raise
        logger().exception("mail_not_received")
    with works.begin("mailbox") as work:
        mail.put_aside(work, mail.stray_of(raw, why=FAILED))
    return Received.ASIDE


def receive(work: Work, raw: bytes, *, room: Mailroom, recipient: str = "") -> Received:
    """Do what a mail says, each once; `recipient` is the address that it was delivered to."""
    incoming = mail.read_incoming(raw, recipient=recipient)
    message_id = mail.message_of(incoming.marks, room.keyring)
    ref = mail.refs(work, [message_id]).get(message_id) if message_id is not None else None
    if ref is None:
        return Received.UNKNOWN
    # The lead first, as everybody locks them: none wait in a circle.
    held = lifecycle.hold(work, [] if ref.lead_id is None else [ref.lead_id])
    if not inbox.first_time(work, source=SOURCE, external_id=incoming.key):
        return Received.AGAIN
    if ref.lead_id is not None and ref.lead_id not in held and incoming.came is not Came.COMPLAINT:
        return Received.NOTHING  # erased: of them nothing is written down but a no

    return _ACTS[incoming.came](work, incoming, ref, room)


def _returned(work: Work, incoming: Incoming, ref: MessageRef, room: Mailroom) -> Received:
    report = mail.report_on(ref.recipient, incoming.reports)
    if report is None or (ref.lead_id is None and report.action is mail.Action.FAILED):
        # What nobody understands, and our own people whom no alert reaches, are a person's matter.
        words = NOT_UNDERSTOOD if report is None else f"To {ref.recipient}: {report.words}"
        stray = Stray(key=incoming.key, sender=incoming.sender, subject=incoming.subject, why=words)
        mail.put_aside(work, stray)
        if ref.handoff_id is not None and ref.user_id is not None:
            handoff.note_unreached(work, ref.handoff_id, to=ref.user_id, words=words)
        return Received.ASIDE
    bounces.returned(work, ref, report, key=incoming.key, secret=room.secret)
    return Received.RETURNED


def _complaint(work: Work, _incoming: Incoming, ref: MessageRef, room: Mailroom) -> Received:
    leave.complain(work, MessageId(ref.id), key=room.secret, desk=room.desk)
    return Received.COMPLAINT


def _automatic(work: Work, incoming: Incoming, ref: MessageRef, _room: Mailroom) -> Received:
    replies.note_automatic(work, incoming, ref)
    return Received.AUTOMATIC


def _person(work: Work, incoming: Incoming, ref: MessageRef, room: Mailroom) -> Received:
    replies.answered(work, incoming, ref, desk=room.desk)
    return Received.HUMAN


def _nothing(_work: Work, _incoming: Incoming, _ref: MessageRef, _room: Mailroom) -> Received:
    return Received.NOTHING


_ACTS: Mapping[Came, Callable[[Work, Incoming, MessageRef, Mailroom], Received]] = {
    Came.RETURNED: _returned,
    Came.COMPLAINT: _complaint,
    Came.AUTOMATIC: _automatic,
    Came.PERSON: _person,
    Came.NOTHING: _nothing,
}
