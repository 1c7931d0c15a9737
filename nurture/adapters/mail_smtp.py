"""Mail over SMTP: several connections, commands pipelined (RFC 2920) where the server allows it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from operator import length_hint

from nurture.adapters.smtp_loop import Dialled, Talk, Wait, hold
from nurture.adapters.smtp_protocol import (
    COMMAND_SECONDS,
    DATA_SECONDS,
    DOT_SECONDS,
    ProtocolBroken,
    SmtpReply,
    SmtpWire,
    UnsendableAddress,
    addr_spec,
    on_the_wire,
)
from nurture.adapters.smtp_relay import Relay, connect, relay_of
from nurture.adapters.tls import Tls
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

__all__ = ["Relay", "SmtpTransport", "Tls", "relay_of"]

CONNECTIONS = 4
BREAKS_IN_A_ROW = 3
CLOSING = 421
GO_AHEAD = 354
_DOT = b".\r\n"
_GONE = (OSError, ProtocolBroken)


class SmtpTransport:
    """Send batches to one relay; a new set of connections for each batch."""

    def __init__(self, relay: Relay, *, connections: int = CONNECTIONS) -> None:
        """Keep the address; nothing is opened before the first batch, so a fork is harmless."""
        self._relay = relay
        self._connections = connections

    def send_batch(
        self,
        messages: Iterable[Outgoing],
        *,
        before_dot: Callable[[MessageId], None],
        on_reply: Callable[[TransportResult], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """Send over all connections at once; see `Transport` for the promise."""
        desk = _SharedQueue(
            messages, before_dot=before_dot, on_reply=on_reply, should_stop=should_stop
        )
        # No more connections than mails: a server in trouble is asked with one.
        most = max(1, min(self._connections, length_hint(messages, self._connections)))
        hold([_Sender(self._relay, desk).run() for _ in range(most)])

        if desk.failure is not None:
            raise desk.failure
        if not desk.connected and desk.refusal is not None:
            raise desk.refusal


class _SharedQueue:
    """What the connections share: the pile, the reports, and the first thing that went wrong."""

    def __init__(
        self,
        messages: Iterable[Outgoing],
        *,
        before_dot: Callable[[MessageId], None],
        on_reply: Callable[[TransportResult], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self._pile: Iterator[Outgoing] = iter(messages)
        self._before_dot = before_dot
        self._on_reply = on_reply
        self._should_stop = should_stop
        self.connected = False
        self.failure: BaseException | None = None
        self.refusal: RelayUnavailable | None = None

    def draw(self) -> Outgoing | None:
        """Take the next message, unless the work is to end."""
        if self.stopped():
            return None
        try:
            return next(self._pile, None)
        except BaseException as error:  # noqa: BLE001 - it is raised again when all have ended
            self.fail(error)
            return None

    def stopped(self) -> bool:
        """Tell whether no further message may start."""
        try:
            return self.failure is not None or self._should_stop()
        except BaseException as error:  # noqa: BLE001 - it is raised again when all have ended
            self.fail(error)
            return True

    def may_end(self, message_id: MessageId) -> bool:
        """Ask right before the dot; a no means that it must never leave."""
        if self.failure is not None:
            return False
        try:
            self._before_dot(message_id)
        except BaseException as error:  # noqa: BLE001 - it is raised again when all have ended
            self.fail(error)
            return False
        return True

    def report(self, result: TransportResult) -> None:
        """Tell the caller."""
        try:
            self._on_reply(result)
        except BaseException as error:  # noqa: BLE001 - it is raised again when all have ended
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """Remember the first error; everyone stops."""
        if self.failure is None:
            self.failure = error


@dataclass(slots=True)
class _Open:
    """One connection in use, and whether commands may be sent ahead of their replies."""

    wire: SmtpWire
    pipelining: bool


class _Sender:
    """One connection at a time, a new one after each break."""

    def __init__(self, relay: Relay, desk: _SharedQueue) -> None:
        self._relay = relay
        self._desk = desk
        self._breaks = 0
        self._again = True
        self._held: list[Outgoing] = []
        self._hung: set[MessageId] = set()

    def run(self) -> Talk:
        """Work until the pile is empty, the work is to end, or the server keeps hanging up."""
        try:
            if self._desk.stopped():
                return
            yield from self._hold_one_conversation()
            while self._again and self._breaks < BREAKS_IN_A_ROW:
                # Nobody is called again without something to say.
                first = self._next()
                if first is None:
                    return
                self._held.insert(0, first)
                yield from self._hold_one_conversation()
        except RelayUnavailable as error:
            self._desk.refusal = error
        except BaseException as error:  # noqa: BLE001 - it is raised again when all have ended
            self._desk.fail(error)
        finally:
            for message in self._held:
                hung = message.message_id in self._hung
                outcome = SendOutcome.HUNG_UP if hung else SendOutcome.NOT_STARTED
                left = _result(message, _CommandGroup(outcome))
                refusal = self._desk.refusal
                self._desk.report(replace(left, text=refusal.sentence) if refusal else left)

    def _hold_one_conversation(self) -> Talk:
        line = yield Dialled(lambda: connect(self._relay))
        assert line is not None
        self._desk.connected = True
        wire = SmtpWire(line.socket)
        try:
            yield from self._drain(_Open(wire=wire, pipelining=line.pipelining))
        finally:
            wire.close()

    def _drain(self, talk: _Open) -> Wait[None]:
        """Send one message after the other, as long as the connection lives."""
        message, started = self._next(), False
        while message is not None:
            following = None
            step = yield from self._prepare(talk, message, started=started)
            if step is None:
                following = self._next() if talk.pipelining else None
                step = yield from self._finish(talk, message, following)
            self._settle(message, step)
            if not step.live:
                self._held.extend([following] if following else [])
                return
            started = following is not None
            message = following or self._next()
        self._again = False
        yield from self._quit(talk)

    def _next(self) -> Outgoing | None:
        """Draw, refusing at once what no server may be asked; what was held goes first."""
        if self._held:
            return self._held.pop(0)
        while (message := self._desk.draw()) is not None:
            refused = _unspeakable(message)
            if refused is None:
                return message
            self._desk.report(refused)
        return None

    def _prepare(
        self, talk: _Open, message: Outgoing, *, started: bool
    ) -> "Wait[_CommandGroup | None]":
        """Bring the message up to its body; None when the server waits for it."""
        try:
            if talk.pipelining:
                if not started:
                    yield from talk.wire.send(_commands(message))
                step = yield from _pipelined(talk.wire)
            else:
                step = yield from _one_by_one(talk.wire, message)
        except _GONE:
            return _CommandGroup(SendOutcome.NOT_STARTED, live=False)
        if step is None and self._desk.stopped():
            # Hanging up before the dot is the one way to take a started message back.
            return _CommandGroup(SendOutcome.NOT_STARTED, live=False, again=False)
        return step

    def _finish(
        self, talk: _Open, message: Outgoing, following: Outgoing | None
    ) -> "Wait[_CommandGroup]":
        """Send the body and, once it is noted, the dot with what comes next; read the verdict."""
        try:
            yield from talk.wire.send_body(on_the_wire(message.data))
        except _GONE:
            return _CommandGroup(SendOutcome.NOT_STARTED, live=False)
        if not self._desk.may_end(message.message_id):
            return _CommandGroup(SendOutcome.NOT_STARTED, live=False, again=False)
        try:
            ahead = _commands(following) if following is not None else b""
            yield from talk.wire.send(_DOT + ahead)
            answer = yield from talk.wire.read(DOT_SECONDS)
        except _GONE:
            return _CommandGroup(SendOutcome.IN_DOUBT, live=False)
        outcome = outcome_of(answer.code)
        return _CommandGroup(
            outcome, answer, stage=SmtpStage.DOT, live=outcome is not SendOutcome.IN_DOUBT
        )

    def _settle(self, message: Outgoing, step: "_CommandGroup") -> None:
        """Report what is known; what was never started waits for the next connection."""
        if step.answer is not None and step.answer.code == CLOSING:
            step.live, step.again = False, False
        self._breaks = 0 if step.live else self._breaks + 1
        self._again = step.again
        if step.outcome is SendOutcome.NOT_STARTED:
            self._held.append(message)
            if step.again:
                # The server ended it, not we: it may be this message that it cannot bear.
                self._hung.add(message.message_id)
        else:
            self._desk.report(_result(message, step))

    def _quit(self, talk: _Open) -> Wait[None]:
        """Say goodbye; what the server does with it changes nothing."""
        try:
            yield from talk.wire.send(b"QUIT\r\n")
        except _GONE:
            return


@dataclass(slots=True)
class _CommandGroup:
    """How far one message came, and whether its connection lives on."""

    outcome: SendOutcome
    answer: SmtpReply | None = None
    stage: SmtpStage = SmtpStage.DATA
    live: bool = True
    again: bool = True


def _commands(message: Outgoing) -> bytes:
    sender, recipient = message.sender, message.recipient
    return f"MAIL FROM:<{sender}>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode("ascii")


def _pipelined(wire: SmtpWire) -> Wait[_CommandGroup | None]:
    """Read the three replies, each on its own: a server may say 354 after a refused RCPT."""
    mail = yield from wire.read(COMMAND_SECONDS)
    if mail.code == CLOSING:
        return _turned_down(mail, SmtpStage.MAIL)
    rcpt = yield from wire.read(COMMAND_SECONDS)
    if rcpt.code == CLOSING:
        return _turned_down(rcpt, SmtpStage.RCPT)
    data = yield from wire.read(DATA_SECONDS)
    refusal = _first_refusal(mail, rcpt, data)
    if refusal is not None and data.code != CLOSING:
        refusal.live = refusal.live and (yield from _cleared(wire, data))
    return refusal


def _one_by_one(wire: SmtpWire, message: Outgoing) -> Wait[_CommandGroup | None]:
    commands = _commands(message).splitlines(keepends=True)
    for command, stage in zip(
        commands, (SmtpStage.MAIL, SmtpStage.RCPT, SmtpStage.DATA), strict=True
    ):
        yield from wire.send(command)
        answer = yield from wire.read(DATA_SECONDS if stage is SmtpStage.DATA else COMMAND_SECONDS)
        if not _welcome(answer, stage):
            step = _turned_down(answer, stage)
            if step.live and answer.code != CLOSING:
                step.live = yield from _cleared(wire, answer)
            else:
                step.live = False
            return step
    return None


def _first_refusal(mail: SmtpReply, rcpt: SmtpReply, data: SmtpReply) -> _CommandGroup | None:
    for answer, stage in ((mail, SmtpStage.MAIL), (rcpt, SmtpStage.RCPT), (data, SmtpStage.DATA)):
        if not _welcome(answer, stage):
            return _turned_down(answer, stage)
    return None


def _welcome(answer: SmtpReply, stage: SmtpStage) -> bool:
    if stage is SmtpStage.DATA:
        return answer.code == GO_AHEAD
    return outcome_of(answer.code) is SendOutcome.SENT


def _turned_down(answer: SmtpReply, stage: SmtpStage) -> _CommandGroup:
    outcome = outcome_of(answer.code)
    if outcome in (SendOutcome.DEFERRED, SendOutcome.REFUSED):
        return _CommandGroup(outcome, answer, stage=stage)
    # A reply that makes no sense here: no dot has left, so another connection may try again.
    return _CommandGroup(SendOutcome.NOT_STARTED, stage=stage, live=False)


def _cleared(wire: SmtpWire, data: SmtpReply) -> Wait[bool]:
    """Leave a refused message behind; when that fails, only the connection is lost."""
    try:
        if data.code == GO_AHEAD:
            # RFC 2920, 3.1: no recipient was taken, so a lone dot ends this without a delivery.
            yield from wire.send(_DOT)
            yield from wire.read(DOT_SECONDS)
        else:
            yield from wire.send(b"RSET\r\n")
            yield from wire.read(COMMAND_SECONDS)
    except _GONE:
        return False
    return True


def _result(message: Outgoing, step: _CommandGroup) -> TransportResult:
    if step.answer is None:
        return TransportResult(
            message_id=message.message_id, outcome=step.outcome, stage=step.stage
        )
    return TransportResult(
        message_id=message.message_id,
        outcome=step.outcome,
        code=step.answer.code,
        enhanced=enhanced_code(step.answer.text),
        text=step.answer.text,
        stage=step.stage,
    )


def _unspeakable(message: Outgoing) -> TransportResult | None:
    """Refuse what no server may be asked, as one would: a bad sender is nobody else's matter."""
    for address, stage in ((message.sender, SmtpStage.MAIL), (message.recipient, SmtpStage.RCPT)):
        try:
            addr_spec(address)
        except UnsendableAddress as error:
            return TransportResult(
                message_id=message.message_id,
                outcome=SendOutcome.REFUSED,
                code=553,
                enhanced="5.1.3",
                text=f"5.1.3 {error.sentence}",
                stage=stage,
            )
    return None
