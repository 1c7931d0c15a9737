"""What a sender of mail promises, whatever carries it: one outcome for each message it drew."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from campaigns.vocabulary import MessageState
from nurture.kernel.errors import Unavailable
from nurture.kernel.types import MessageId


class RelayDown(NamedTuple):
    """Why a mail server could not be used, for people."""

    why: str
    mend: str = ""
    """What somebody can do about it."""
    patient: bool = False
    """Whether asking again often does harm, as with a refused login."""


class RelayUnavailable(Unavailable):
    """The mail server cannot be reached or refuses to talk to us; nothing was sent."""

    def __init__(self, sentence: str, *, mend: str = "", patient: bool = False) -> None:
        """Keep why, what to do about it, and whether to ask again less and less often."""
        super().__init__(sentence)
        self.away = RelayDown(sentence, mend, patient)


class SendOutcome(StrEnum):
    """What became of one attempt."""

    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    """The dot may have left and no full reply came: it may be delivered, never send it again."""
    NOT_STARTED = "not_started"
    """No dot left, so there is nothing that the server could deliver (RFC 5321, 4.1.1.4)."""
    HUNG_UP = "hung_up"
    """The same, but each connection that this message was put on ended with it."""


class SmtpStage(StrEnum):
    """How far the conversation about a message had come."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"


class WireBytes(bytes):
    """A message whose lines all end in CRLF and never start with a dot; only `compose` makes them.

    Looking for both in every message again would be half the work of sending it.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one recipient; any other bytes than `WireBytes` are made safe when sent."""

    message_id: MessageId
    sender: str
    recipient: str
    data: bytes


@dataclass(frozen=True, slots=True)
class TransportResult:
    """What became of one message: the reply as received, or code 0 when none came."""

    message_id: MessageId
    outcome: SendOutcome
    code: int = 0
    enhanced: str = ""
    text: str = ""
    stage: SmtpStage = SmtpStage.DOT
    relay: str = ""
    """Which of several relays it went by, "" where there is one."""

    @property
    def state(self) -> MessageState:
        """Say it in the words of the message's row."""
        return _STATES[self.outcome]


class Transport(Protocol):
    """Carry messages; every one drawn from `messages` is reported exactly once."""

    def send_batch(
        self,
        messages: Iterable[Outgoing],
        *,
        before_dot: Callable[[MessageId], None],
        on_reply: Callable[[TransportResult], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """Draw and send until the messages end or `should_stop` says so.

        `messages` is drawn one at a time, and may be a generator that composes.
        `before_dot` runs right before the end of a message leaves: when it raises, nothing leaves
        any more, what was drawn is reported NOT_STARTED, and the error is raised again at the end.
        Raises `RelayUnavailable` when no connection could be opened; then nothing was drawn.
        """
        ...


def outcome_of(code: int) -> SendOutcome:
    """Read the code of a full reply to the dot; anything but 2yz, 4yz, 5yz leaves doubt."""
    return _BY_FAMILY.get(code // 100, SendOutcome.IN_DOUBT)


_BY_FAMILY = {2: SendOutcome.SENT, 4: SendOutcome.DEFERRED, 5: SendOutcome.REFUSED}
_STATES = {
    SendOutcome.SENT: MessageState.SENT,
    SendOutcome.DEFERRED: MessageState.DEFERRED,
    SendOutcome.REFUSED: MessageState.REFUSED,
    SendOutcome.IN_DOUBT: MessageState.IN_DOUBT,
    SendOutcome.NOT_STARTED: MessageState.PLANNED,
    SendOutcome.HUNG_UP: MessageState.DEFERRED,
}
