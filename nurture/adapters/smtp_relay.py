"""Where the mail server is, and how a connection to it becomes ready for mail."""

import smtplib
import socket
import ssl
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qs, unquote, urlsplit

from nurture.adapters.smtp_loop import SmtpSession
from nurture.adapters.smtp_protocol import COMMAND_SECONDS
from nurture.adapters.tls import Tls, trusted, usual
from nurture.kernel.errors import Invalid
from nurture.mail.transport import RelayUnavailable

CALL_SECONDS = 20.0
"""How long a server may take to accept a call; what follows has the times of RFC 5321."""
LONGEST_QUOTE = 200
ASK = "Ask whoever runs the mail server"
LOGIN = "Correct user and password in NURTURE_SMTP_URL"


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


def connect(relay: Relay, *, context: ssl.SSLContext | None = None) -> SmtpSession:
    """Greet, protect and log in with the standard library, then hand the socket over."""
    try:
        talk = _greeted(relay, context or trusted())
    except (OSError, smtplib.SMTPException) as error:
        raise why_not(relay, error) from error
    sock = talk.sock
    if sock is None:
        raise RelayUnavailable(f"{_name(relay)} hung up.", mend=ASK)
    return SmtpSession(socket=sock, pipelining=talk.has_extn("pipelining"))


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
        return _PatientSmtps(
            relay.host, relay.port, _our_name(), timeout=COMMAND_SECONDS, context=context
        )
    return _PatientSmtp(relay.host, relay.port, _our_name(), timeout=COMMAND_SECONDS)


def _called(host: str, port: int, seconds: float) -> socket.socket:
    """Call for a short time, then wait for answers as long as RFC 5321 asks."""
    line = socket.create_connection((host, port), min(CALL_SECONDS, seconds))
    line.settimeout(seconds)
    return line


class _PatientSmtp(smtplib.SMTP):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return _called(host, port, timeout)


class _PatientSmtps(smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.context.wrap_socket(_called(host, port, timeout), server_hostname=host)


def why_not(relay: Relay, error: OSError | smtplib.SMTPException) -> RelayUnavailable:
    """Say why a server could not be used, in its own words where it gave any, and what to do.

    What was sent to log in is never repeated, also where the server repeats it.
    """
    name, quote = _name(relay), _quote(relay, error)
    match error:
        case smtplib.SMTPAuthenticationError():
            words, mend = f"{name} refuses our login: {quote}", LOGIN
        case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(error):
            words = f"{name} offers no encryption (STARTTLS), which NURTURE_SMTP_URL asks for"
            mend = "Have it offered there, or add ?tls=off to NURTURE_SMTP_URL in a safe network"
        case smtplib.SMTPNotSupportedError():
            words = f"{name} offers no login (AUTH), and NURTURE_SMTP_URL has one"
            mend = "Leave out user and password, or use the port that takes logins, such as 587"
        case smtplib.SMTPResponseException():
            words, mend = f"{name} turns us away: {quote}", ASK
        case smtplib.SMTPServerDisconnected() if "timed out" in str(error):
            words, mend = _network(relay, TimeoutError())
        case smtplib.SMTPServerDisconnected():
            words, mend = f"{name} hung up before it took any mail", ASK
        case smtplib.SMTPException():
            words, mend = f"{name} does not let us log in: {_plain(relay, str(error))}", LOGIN
        case _:
            words, mend = _network(relay, error)
    login = isinstance(error, smtplib.SMTPAuthenticationError)
    return RelayUnavailable(f"{words}.", mend=mend, patient=login)


def _network(relay: Relay, error: OSError) -> tuple[str, str]:
    name = _name(relay)
    match error:
        case socket.gaierror():
            return (
                f"The name servers do not know the mail server {relay.host}",
                "Correct the host in NURTURE_SMTP_URL, or look whether this host can ask one",
            )
        case ssl.SSLCertVerificationError():
            return (
                f"{name} cannot prove who it is: {error.verify_message}",
                "Have its certificate renewed, or name the host that stands in the certificate",
            )
        case ssl.SSLError():
            return (
                f"No encrypted connection to {name} comes about: {error.reason or 'TLS failed'}",
                "Look whether the port fits: smtps:// is for 465, smtp:// with STARTTLS for 587",
            )
        case ConnectionRefusedError():
            return (
                f"{name} cannot be reached: the port is closed",
                "Start the mail server, or correct host and port in NURTURE_SMTP_URL",
            )
        case TimeoutError():
            return (
                f"{name} does not answer",
                "Look whether it runs, and whether a firewall stands between",
            )
        case _:
            told = error.strerror or type(error).__name__
            return f"{name} cannot be reached: {told.lower()}", ASK


def _name(relay: Relay) -> str:
    return f"The mail server {relay.host}:{relay.port}"


def _quote(relay: Relay, error: Exception) -> str:
    if not isinstance(error, smtplib.SMTPResponseException):
        return ""
    told = error.smtp_error
    words = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    return f"“{error.smtp_code} {_plain(relay, words)}”"


def _plain(relay: Relay, words: str) -> str:
    """Leave out what logs in, as it is and as it travels (RFC 4616, RFC 4954)."""
    plain = f"\0{relay.user}\0{relay.password}"
    sent = [b64encode(one.encode()).decode() for one in (plain, relay.password, relay.user) if one]
    for secret in (*sent, relay.password):
        words = words.replace(secret, "…") if secret else words
    return " ".join(words.split())[:LONGEST_QUOTE]
