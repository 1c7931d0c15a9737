"""Where the mail server is, and how a connection to it becomes ready for mail."""

import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qs, unquote, urlsplit

from nurture.adapters.smtp_loop import Line
from nurture.adapters.smtp_wire import COMMAND_SECONDS
from nurture.adapters.tls import Tls, trusted, usual
from nurture.kernel.errors import Invalid
from nurture.mail.transport import RelayUnavailable


@dataclass(frozen=True, slots=True)
class Relay:
    """One mail server."""

    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = field(default="", repr=False)


def relay_of(url: str) -> Relay:
    """Read `smtp://user:password@host:port?tls=off|starttls|implicit` or `smtps://...`."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise Invalid(
            "NURTURE_SMTP_URL: write smtp://user:password@host:587 or smtps://user:password@host:465."
        )
    try:
        unsaid = usual(parts.hostname, implicit=parts.scheme == "smtps")
        tls, port = Tls(parse_qs(parts.query).get("tls", [unsaid])[0]), parts.port
    except ValueError as error:
        raise Invalid(
            "NURTURE_SMTP_URL: the port is a number, its tls is off, starttls or implicit."
        ) from error
    standard = {Tls.IMPLICIT: 465, Tls.STARTTLS: 587, Tls.OFF: 25}[tls]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Relay(host=parts.hostname, port=port or standard, tls=tls, user=user, password=password)


def connect(relay: Relay, *, context: ssl.SSLContext | None = None) -> Line:
    """Greet, protect and log in with the standard library, then hand the socket over."""
    try:
        talk = _greeted(relay, context or trusted())
    except (OSError, smtplib.SMTPException) as error:
        # The text of an authentication error may repeat what was sent: only its kind is told.
        raise RelayUnavailable(
            f"The mail server {relay.host}:{relay.port} does not take us: {type(error).__name__}."
        ) from error
    sock = talk.sock
    if sock is None:
        raise RelayUnavailable(f"The mail server {relay.host}:{relay.port} hung up.")
    return Line(socket=sock, pipelining=talk.has_extn("pipelining"))


@cache
def _our_name() -> str:
    """Ask for this host's name once; the resolver may be slow."""
    return socket.getfqdn()


def _greeted(relay: Relay, context: ssl.SSLContext) -> smtplib.SMTP:
    talk = _dial(relay, context)
    try:
        talk.ehlo_or_helo_if_needed()
        if relay.tls is Tls.STARTTLS:
            talk.starttls(context=context)
            talk.ehlo()
        if relay.user:
            talk.login(relay.user, relay.password)
    except BaseException:
        talk.close()
        raise
    return talk


def _dial(relay: Relay, context: ssl.SSLContext) -> smtplib.SMTP:
    if relay.tls is Tls.IMPLICIT:
        return smtplib.SMTP_SSL(
            relay.host, relay.port, _our_name(), timeout=COMMAND_SECONDS, context=context
        )
    return smtplib.SMTP(relay.host, relay.port, _our_name(), timeout=COMMAND_SECONDS)
