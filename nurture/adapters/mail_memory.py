"""Mail that goes nowhere: the same promises as SMTP, kept in memory, with fates to play."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from nurture.adapters.smtp_protocol import UnsendableAddress, addr_spec
from nurture.kernel.types import MessageId
from nurture.mail.reply_reasons import enhanced_code
from nurture.mail.transport import (
    Outgoing,
    RelayUnavailable,
    SendOutcome,
    SmtpStage,
    TransportResult,
    outcome_of,
)


class Fate(StrEnum):
    """What becomes of a message to one recipient; the tests' scripted server plays the same."""

    ACCEPTED = "accepted"
    ACCEPTED_THEN_DROPPED = "accepted_then_dropped"
    UNKNOWN_RECIPIENT = "unknown_recipient"
    GREYLISTED = "greylisted"
    CLOSING_AT_RCPT = "closing_at_rcpt"
    CLOSING_AFTER_DOT = "closing_after_dot"
    TEMPORARY_AFTER_DOT = "temporary_after_dot"
    SPAM_AFTER_DOT = "spam_after_dot"
    DROPPED_AT_MAIL = "dropped_at_mail"
    DROPPED_IN_DATA = "dropped_in_data"
    DROPPED_AFTER_DOT = "dropped_after_dot"
    GARBAGE_AFTER_DOT = "garbage_after_dot"
    HALF_CODE_AFTER_DOT = "half_code_after_dot"
    HALF_REPLY_AFTER_DOT = "half_reply_after_dot"


TAKEN = (250, "2.0.0 queued")
REPLIES = {
    Fate.ACCEPTED: TAKEN,
    Fate.ACCEPTED_THEN_DROPPED: TAKEN,
    Fate.UNKNOWN_RECIPIENT: (550, "5.1.1 no such user"),
    Fate.GREYLISTED: (450, "4.2.0 greylisted, try again later"),
    Fate.CLOSING_AT_RCPT: (421, "4.3.2 shutting down"),
    Fate.CLOSING_AFTER_DOT: (421, "4.3.2 shutting down"),
    Fate.TEMPORARY_AFTER_DOT: (451, "4.3.0 try again later"),
    Fate.SPAM_AFTER_DOT: (554, "5.7.1 looks like spam"),
}
_AT_RCPT = (Fate.UNKNOWN_RECIPIENT, Fate.GREYLISTED, Fate.CLOSING_AT_RCPT)
_BEFORE_DOT = (Fate.DROPPED_AT_MAIL, Fate.DROPPED_IN_DATA)


class MemoryTransport:
    """Keep what was accepted in `accepted`; recipients in `script` meet their fate each time."""

    def __init__(self, script: Mapping[str, Fate] | None = None, *, reachable: bool = True) -> None:
        """Start empty; `reachable=False` refuses every batch as a relay that is down would."""
        self._script = script or {}
        self._reachable = reachable
        self.accepted: list[Outgoing] = []

    def send_batch(
        self,
        messages: Iterable[Outgoing],
        *,
        before_dot: Callable[[MessageId], None],
        on_reply: Callable[[TransportResult], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """Play one connection; see `Transport` for the promise."""
        if not self._reachable:
            raise RelayUnavailable("The mail server does not answer.")
        pile = iter(messages)
        while not should_stop() and (message := next(pile, None)) is not None:
            result = self._one(message, before_dot, on_reply)
            on_reply(result)
            if result.code == 421:  # noqa: PLR2004 - RFC 5321: the server closes the channel
                return

    def _one(
        self,
        message: Outgoing,
        before_dot: Callable[[MessageId], None],
        on_reply: Callable[[TransportResult], None],
    ) -> TransportResult:
        for address, stage in (
            (message.sender, SmtpStage.MAIL),
            (message.recipient, SmtpStage.RCPT),
        ):
            try:
                addr_spec(address)
            except UnsendableAddress as error:
                return _answered(message, 553, f"5.1.3 {error.sentence}", stage)
        fate = self._script.get(message.recipient, Fate.ACCEPTED)
        if fate in _AT_RCPT:
            return _answered(message, *REPLIES[fate], SmtpStage.RCPT)
        if fate in _BEFORE_DOT:
            return TransportResult(message.message_id, SendOutcome.HUNG_UP, stage=SmtpStage.DATA)
        try:
            before_dot(message.message_id)
        except BaseException:
            on_reply(
                TransportResult(message.message_id, SendOutcome.NOT_STARTED, stage=SmtpStage.DATA)
            )
            raise
        if fate not in REPLIES:
            return TransportResult(message.message_id, SendOutcome.IN_DOUBT)
        result = _answered(message, *REPLIES[fate], SmtpStage.DOT)
        if result.outcome is SendOutcome.SENT:
            self.accepted.append(message)
        return result


def _answered(message: Outgoing, code: int, text: str, stage: SmtpStage) -> TransportResult:
    return TransportResult(
        message_id=message.message_id,
        outcome=outcome_of(code),
        code=code,
        enhanced=enhanced_code(text),
        text=text,
        stage=stage,
    )
