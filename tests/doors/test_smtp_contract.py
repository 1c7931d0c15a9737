"""Both transports keep one promise; the real one against a server that misbehaves on purpose."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, cast

import pytest

from nurture.adapters.mail_memory import REPLIES, Fate, MemoryTransport
from nurture.adapters.mail_smtp import SmtpTransport, relay_of
from nurture.kernel.types import MessageId
from nurture.mail.journal import JournalBroken
from nurture.mail.transport import (
    Outgoing,
    RelayUnavailable,
    SendOutcome,
    SmtpStage,
    Transport,
    TransportResult,
)

SENDER = "news@sender.example"
Make = Callable[[dict[str, Fate]], Transport]


class ScriptedServer(socketserver.ThreadingTCPServer):
    """Plays a fate per recipient and remembers whom it accepted, and every dot it saw."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, script: dict[str, Fate], *, pipelining: bool, eager_354: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.script = script
        self.pipelining = pipelining
        self.eager_354 = eager_354
        self.accepted: list[str] = []
        self.bodies: list[bytes] = []
        self.connections = 0


class _Hangup(Exception):  # noqa: N818 - the script says so, it is no error
    """End the conversation without a word."""


class _Conversation(socketserver.StreamRequestHandler):
    """One connection; it answers only when nothing more is buffered, as real servers may."""

    disable_nagle_algorithm = True
    fate = Fate.ACCEPTED
    recipient = ""
    refused = False

    def handle(self) -> None:
        server = cast("ScriptedServer", self.server)
        server.connections += 1
        self.say(220, "scripted")
        try:
            while line := self.rfile.readline():
                self.answer(server, line.decode("ascii").strip())
        except (_Hangup, OSError):
            return

    def answer(self, server: ScriptedServer, line: str) -> None:
        verb = line.partition(" ")[0].upper()
        if verb == "EHLO":
            self.raw(b"250-scripted\r\n" + (b"250-PIPELINING\r\n" if server.pipelining else b""))
            self.say(250, "8BITMIME")
        elif verb == "MAIL":
            self.say(250, "2.1.0 ok")
        elif verb == "RCPT":
            self.rcpt(server, line[line.index("<") + 1 : line.index(">")])
        elif verb == "DATA":
            self.data(server)
        elif verb == "QUIT":
            self.say(221, "bye")
            raise _Hangup
        else:
            self.say(250, "ok")

    def rcpt(self, server: ScriptedServer, recipient: str) -> None:
        self.recipient, self.refused = recipient, False
        self.fate = server.script.get(recipient, Fate.ACCEPTED)
        if self.fate is Fate.DROPPED_AT_MAIL:
            raise _Hangup
        if self.fate in (Fate.UNKNOWN_RECIPIENT, Fate.GREYLISTED, Fate.CLOSING_AT_RCPT):
            self.refused = True
            self.say(*REPLIES[self.fate])
            if self.fate is Fate.CLOSING_AT_RCPT:
                raise _Hangup
            return
        self.say(250, "2.1.5 ok")

    def data(self, server: ScriptedServer) -> None:
        if self.refused and not server.eager_354:
            self.say(503, "5.5.1 no valid recipients")
            return
        self.say(354, "go ahead")
        body = b""
        while (line := self.rfile.readline()) != b".\r\n":
            if not line or self.fate is Fate.DROPPED_IN_DATA:
                raise _Hangup
            body += line
        if self.refused:
            self.say(554, "5.5.1 no valid recipients")
            return
        self.verdict(server, body)

    def verdict(self, server: ScriptedServer, body: bytes) -> None:
        torn = {
            Fate.DROPPED_AFTER_DOT: b"",
            Fate.GARBAGE_AFTER_DOT: b"\x00\x01zzz\r\n",
            Fate.HALF_CODE_AFTER_DOT: b"25",
            Fate.HALF_REPLY_AFTER_DOT: b"250-part\r\n",
        }
        if self.fate in torn:
            server.accepted.append(self.recipient)
            self.raw(torn[self.fate])
            raise _Hangup
        code, text = REPLIES[self.fate]
        if code == 250:
            server.accepted.append(self.recipient)
            server.bodies.append(body)
        self.say(code, text)
        if self.fate in (Fate.ACCEPTED_THEN_DROPPED, Fate.CLOSING_AFTER_DOT):
            raise _Hangup

    def say(self, code: int, text: str) -> None:
        self.raw(f"{code} {text}\r\n".encode())

    def raw(self, raw: bytes) -> None:
        cast("BinaryIO", self.wfile).write(raw)


@dataclass
class Watch:
    """What the job sees: dots noted, results reported."""

    dots: list[MessageId] = field(default_factory=list)
    results: list[TransportResult] = field(default_factory=list)

    def send(self, transport: Transport, recipients: list[str], *, stop_after: int = 10**9) -> None:
        """Send one message to each, numbered from 1."""
        messages = (
            Outgoing(MessageId(number), SENDER, recipient, b"Subject: x\r\n\r\nhello\r\n")
            for number, recipient in enumerate(recipients, start=1)
        )
        transport.send_batch(
            messages,
            before_dot=self.dots.append,
            on_reply=self.results.append,
            should_stop=lambda: len(self.dots) >= stop_after,
        )

    @property
    def outcomes(self) -> dict[int, SendOutcome]:
        """Each message's outcome, once."""
        assert len({r.message_id for r in self.results}) == len(self.results)
        return {r.message_id: r.outcome for r in sorted(self.results, key=lambda r: r.message_id)}


@pytest.fixture(params=["memory", "pipelined", "eager_354", "plain", "four_connections"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """A maker of transports that follow a script."""
    servers: list[ScriptedServer] = []

    def start(script: dict[str, Fate]) -> Transport:
        if request.param == "memory":
            return MemoryTransport(script)
        server = serve(
            script, pipelining=request.param != "plain", eager_354=request.param == "eager_354"
        )
        servers.append(server)
        return transport_to(server, connections=4 if request.param == "four_connections" else 1)

    yield start
    for server in servers:
        stop(server)


def serve(
    script: dict[str, Fate], *, pipelining: bool = True, eager_354: bool = False
) -> ScriptedServer:
    server = ScriptedServer(script, pipelining=pipelining, eager_354=eager_354)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


def stop(server: ScriptedServer) -> None:
    server.shutdown()
    server.server_close()


def transport_to(server: ScriptedServer, *, connections: int = 1) -> SmtpTransport:
    relay = relay_of(f"smtp://127.0.0.1:{server.server_address[1]}")
    return SmtpTransport(relay, connections=connections)


EXPECTED = {
    Fate.ACCEPTED: (SendOutcome.SENT, True),
    Fate.ACCEPTED_THEN_DROPPED: (SendOutcome.SENT, True),
    Fate.UNKNOWN_RECIPIENT: (SendOutcome.REFUSED, False),
    Fate.GREYLISTED: (SendOutcome.DEFERRED, False),
    Fate.CLOSING_AT_RCPT: (SendOutcome.DEFERRED, False),
    Fate.CLOSING_AFTER_DOT: (SendOutcome.DEFERRED, True),
    Fate.TEMPORARY_AFTER_DOT: (SendOutcome.DEFERRED, True),
    Fate.SPAM_AFTER_DOT: (SendOutcome.REFUSED, True),
    Fate.DROPPED_AT_MAIL: (SendOutcome.HUNG_UP, False),
    Fate.DROPPED_AFTER_DOT: (SendOutcome.IN_DOUBT, True),
    Fate.GARBAGE_AFTER_DOT: (SendOutcome.IN_DOUBT, True),
    Fate.HALF_CODE_AFTER_DOT: (SendOutcome.IN_DOUBT, True),
    Fate.HALF_REPLY_AFTER_DOT: (SendOutcome.IN_DOUBT, True),
}


@pytest.mark.parametrize("fate", EXPECTED)
def test_each_behaviour_of_a_server_has_one_outcome(make: Make, fate: Fate) -> None:
    watch = Watch()

    watch.send(make({"lead@x.example": fate}), ["lead@x.example"])

    outcome, dotted = EXPECTED[fate]
    assert watch.outcomes == {1: outcome}
    assert watch.dots == ([1] if dotted else [])
    if fate in REPLIES:
        assert (watch.results[0].code, watch.results[0].text) == REPLIES[fate]


CLOSES = (Fate.CLOSING_AT_RCPT, Fate.CLOSING_AFTER_DOT)


@pytest.mark.parametrize("fate", [fate for fate in EXPECTED if fate not in CLOSES])
def test_the_others_of_a_batch_are_sent_whatever_happens_to_one(make: Make, fate: Fate) -> None:
    watch = Watch()
    recipients = ["a@x.example", "bad@x.example", "c@x.example", "d@x.example"]
    if fate is Fate.DROPPED_AT_MAIL:
        # Tried again on each new connection until the sender gives this server up.
        recipients = ["a@x.example", "c@x.example", "d@x.example", "bad@x.example"]

    watch.send(make({"bad@x.example": fate}), recipients)

    by_recipient = {recipients[number - 1]: outcome for number, outcome in watch.outcomes.items()}
    assert by_recipient.pop("bad@x.example") is EXPECTED[fate][0]
    assert set(by_recipient.values()) == {SendOutcome.SENT}
    assert len(by_recipient) == 3


def test_no_dot_leaves_when_it_cannot_be_noted(make: Make) -> None:
    reported: list[TransportResult] = []

    drawn: list[MessageId] = []

    def pile() -> Iterator[Outgoing]:
        for number in range(1, 9):
            drawn.append(MessageId(number))
            yield Outgoing(MessageId(number), SENDER, "a@x.example", b"x\r\n")

    def broken(message_id: MessageId) -> None:
        raise JournalBroken(f"No room for {message_id}.")

    with pytest.raises(JournalBroken):
        make({}).send_batch(
            pile(),
            before_dot=broken,
            on_reply=reported.append,
            should_stop=lambda: False,
        )

    assert sorted(result.message_id for result in reported) == drawn
    assert {result.outcome for result in reported} == {SendOutcome.NOT_STARTED}


def test_nothing_starts_after_the_stop_mark(make: Make) -> None:
    watch = Watch()

    watch.send(make({}), [f"lead{n}@x.example" for n in range(50)], stop_after=10)

    sent = [result for result in watch.results if result.outcome is SendOutcome.SENT]
    assert 10 <= len(sent) <= 13
    others = {r.outcome for r in watch.results if r.outcome is not SendOutcome.SENT}
    assert others <= {SendOutcome.NOT_STARTED}


@pytest.mark.parametrize(
    "address",
    ["a b@x.example", "a@x.example>\r\nRCPT TO:<b@y", "a@x", "é@x.example", "", "a@@x.yz"],
)
def test_an_address_that_is_none_is_refused_without_asking(make: Make, address: str) -> None:
    watch = Watch()

    watch.send(make({}), [address, "good@x.example"])

    expected = SendOutcome.SENT if address == "a@x" else SendOutcome.REFUSED
    assert watch.outcomes == {1: expected, 2: SendOutcome.SENT}


def test_hundreds_over_four_connections_arrive_once_each() -> None:
    script = {
        f"lead{n}@x.example": fate
        for n, fate in enumerate([Fate.ACCEPTED, Fate.DROPPED_AFTER_DOT, Fate.SPAM_AFTER_DOT] * 40)
        if n % 4 == 0
    }
    server, watch = serve(script), Watch()

    watch.send(transport_to(server, connections=4), [f"lead{n}@x.example" for n in range(400)])

    stop(server)
    assert sorted(watch.outcomes) == list(range(1, 401))
    assert len(server.accepted) == len(set(server.accepted))
    sent = {n for n, outcome in watch.outcomes.items() if outcome is SendOutcome.SENT}
    doubt = {n for n, outcome in watch.outcomes.items() if outcome is SendOutcome.IN_DOUBT}
    assert {f"lead{n - 1}@x.example" for n in sent | doubt} == set(server.accepted)
    assert sum(outcome is SendOutcome.NOT_STARTED for outcome in watch.outcomes.values()) == 0


@pytest.mark.parametrize(
    "attack",
    [b"one\n.\r\ntwo", b"one\r.\r\ntwo", b"one\r\n.\r\nMAIL FROM:<x@y.z>", b".", b".\r\n."],
)
def test_no_body_can_end_itself(attack: bytes) -> None:
    server = serve({})
    results: list[TransportResult] = []

    transport_to(server).send_batch(
        [Outgoing(MessageId(1), SENDER, "a@x.example", attack)],
        before_dot=lambda _: None,
        on_reply=results.append,
        should_stop=lambda: False,
    )

    stop(server)
    assert server.accepted == ["a@x.example"]
    unstuffed = server.bodies[0].replace(b"\r\n.", b"\r\n").removeprefix(b".")
    lines = attack.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    assert unstuffed == lines + b"\r\n"
    assert [result.stage for result in results] == [SmtpStage.DOT]


def test_a_relay_that_is_down_draws_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    watch = Watch()

    with pytest.raises(RelayUnavailable):
        watch.send(SmtpTransport(relay_of(f"smtp://127.0.0.1:{port}")), ["a@x.example"])
    with pytest.raises(RelayUnavailable):
        watch.send(MemoryTransport(reachable=False), ["a@x.example"])

    assert watch.results == []


def test_a_password_is_never_shown() -> None:
    relay = relay_of("smtps://user:hunter2@mail.example")

    assert relay.port == 465
    assert "hunter2" not in repr(relay)
