"""How a connection becomes ready for mail, and what happens when it does not."""

import socket
import threading
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from nurture.adapters import mail_smtp
from nurture.adapters.mail_relays import Relays
from nurture.adapters.mail_smtp import Relay, SmtpTransport, Tls, relay_of
from nurture.kernel.errors import Invalid
from nurture.kernel.types import MessageId
from nurture.mail.transport import (
    Outgoing,
    RelayUnavailable,
    SendOutcome,
    Transport,
    TransportResult,
)

LOGIN = LoginPassword(b"user", b"right")


class LoginServer(Controller):
    """Knows one user."""

    def factory(self) -> SMTP:
        return SMTP(
            self.handler,
            authenticator=authenticate,
            auth_require_tls=False,
            hostname="login.example",
        )


def authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
) -> AuthResult:
    return AuthResult(success=given == LOGIN, handled=False)


@pytest.fixture
def port() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = int(free.getsockname()[1])
    server = LoginServer(Sink(), hostname="127.0.0.1", port=number)
    server.start()
    yield number
    server.stop()


def send(relay: Relay) -> list[TransportResult]:
    results: list[TransportResult] = []
    SmtpTransport(relay, connections=1).send_batch(
        [Outgoing(MessageId(1), "news@x.example", "a@x.example", b"Subject: x\r\n\r\nx\r\n")],
        before_dot=lambda _: None,
        on_reply=results.append,
        should_stop=lambda: False,
    )
    return results


def test_a_login_opens_the_way(port: int) -> None:
    assert [r.outcome for r in send(relay_of(f"smtp://user:right@127.0.0.1:{port}"))] == [
        SendOutcome.SENT
    ]


@pytest.mark.parametrize("query", ["?tls=starttls", "?tls=implicit"])
def test_protection_that_was_asked_for_is_never_given_up(port: int, query: str) -> None:
    with pytest.raises(RelayUnavailable):
        send(relay_of(f"smtp://user:right@127.0.0.1:{port}{query}"))


def test_a_refused_login_is_told_without_the_password(port: int) -> None:
    with pytest.raises(RelayUnavailable) as refusal:
        send(relay_of(f"smtp://user:wr0ng@127.0.0.1:{port}"))

    assert "refuses our login: “535 5.7.8 " in refusal.value.sentence
    assert "user and password" in refusal.value.away.mend
    assert "wr0ng" not in refusal.value.sentence


def test_a_server_that_falls_silent_after_the_dot_leaves_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail_smtp, "DOT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = threading.Event()
        threading.Thread(target=_silent, args=(listener, done), daemon=True).start()

        results = send(relay_of(f"smtp://127.0.0.1:{listener.getsockname()[1]}"))

        done.set()
    assert [(result.outcome, result.code) for result in results] == [(SendOutcome.IN_DOUBT, 0)]


def _silent(listener: socket.socket, done: threading.Event) -> None:
    talk, _ = listener.accept()
    with talk, talk.makefile("rb") as lines:
        talk.sendall(b"220 hi\r\n")
        for line in lines:
            if line.startswith(b"DATA"):
                talk.sendall(b"354 go\r\n")
            elif line == b".\r\n":
                done.wait(10)
                return
            elif line.upper().startswith((b"EHLO", b"MAIL", b"RCPT")):
                talk.sendall(b"250 ok\r\n")


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://localhost", Relay("localhost", 25, Tls.OFF)),
        ("smtp://127.0.0.1:2525", Relay("127.0.0.1", 2525, Tls.OFF)),
        ("smtp://mail.example", Relay("mail.example", 587, Tls.STARTTLS)),
        ("smtp://mail.example?tls=off", Relay("mail.example", 25, Tls.OFF)),
        (
            "smtps://u%40x:p%2Fw@mail.example",
            Relay("mail.example", 465, Tls.IMPLICIT, "u@x", "p/w"),
        ),
    ],
)
def test_an_address_of_a_relay_says_all(url: str, relay: Relay) -> None:
    assert relay_of(url) == relay


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://x:port", "smtp://x?tls=maybe", ""])
def test_what_is_no_relay_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(Invalid):
        relay_of(url)


def test_where_the_first_server_is_away_the_second_takes_the_batch(port: int) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = SmtpTransport(relay_of(f"smtp://127.0.0.1:{nobody.getsockname()[1]}"))
        there = SmtpTransport(relay_of(f"smtp://127.0.0.1:{port}?tls=off"))

        assert [one.outcome for one in through(Relays({"a": away, "b": there}))] == [
            SendOutcome.SENT
        ] * 3
        assert [one.outcome for one in through(Relays({"b": there, "a": away}))] == [
            SendOutcome.SENT
        ] * 3
        with pytest.raises(RelayUnavailable):
            through(Relays({"a": away, "c": away}))


def through(transport: Transport) -> list[TransportResult]:
    results: list[TransportResult] = []
    mails = (
        Outgoing(MessageId(n), "news@x.example", "a@x.example", b"Subject: x\r\n\r\nx\r\n")
        for n in range(3)
    )
    transport.send_batch(
        mails, before_dot=lambda _: None, on_reply=results.append, should_stop=lambda: False
    )
    return results
