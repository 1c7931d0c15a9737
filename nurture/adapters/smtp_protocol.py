"""The words of SMTP on one socket: commands out, full replies in, each within its time."""

import re
import socket
import ssl
from dataclasses import dataclass

from nurture.adapters.smtp_loop import READ, WRITE, SocketReady, Wait
from nurture.kernel.errors import Invalid
from nurture.mail.transport import WireBytes

LONGEST_ADDRESS = 254
LONGEST_REPLY = 65_536
CHUNK = 65_536
# RFC 5321, section 4.5.3.2.
COMMAND_SECONDS = 300.0
DATA_SECONDS = 120.0
BLOCK_SECONDS = 180.0
DOT_SECONDS = 600.0

_ADDRESS = re.compile(r"[!#-'*+\-/-9=?A-Z^-~]+(?:\.[!#-'*+\-/-9=?A-Z^-~]+)*@[A-Za-z0-9.\-]+")
_LONE_BREAK = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_LINE = re.compile(rb"[2-5][0-9][0-9](?:[ \-][^\r\n]*)?\Z")
# Linux joins what follows to the same packet; elsewhere two packets do.
_MORE = getattr(socket, "MSG_MORE", 0)
_BUSY = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class UnsendableAddress(Invalid):
    """This address cannot be spoken to a mail server."""


class ProtocolBroken(Exception):  # noqa: N818 - it is what happened; the caller names its meaning
    """The server vanished or did not answer in full."""


@dataclass(frozen=True, slots=True)
class SmtpReply:
    """One full reply."""

    code: int
    text: str


def addr_spec(address: str) -> str:
    """Let through what cannot be anything but an address: no blanks, brackets, controls."""
    if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise UnsendableAddress(f"{address!r} is not an address that can be written to.")
    return address


def on_the_wire(data: bytes) -> bytes:
    """Make every line end in CRLF and double leading dots, so that no text ends the message."""
    if isinstance(data, WireBytes):
        return data
    pairs = data.count(b"\r\n")
    if data.count(b"\n") != pairs or data.count(b"\r") != pairs:
        data = _LONE_BREAK.sub(b"\r\n", data)
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    if data.startswith(b".") or b"\n." in data:
        data = b"." + data if data.startswith(b".") else data
        data = data.replace(b"\n.", b"\n..")
    return data


class SmtpWire:
    """A connected socket whose replies are read one by one, whatever arrives in one packet.

    What waits is a generator: `yield from` it, so that other conversations go on meanwhile.
    """

    def __init__(self, sock: socket.socket) -> None:
        """Take over a socket after EHLO, STARTTLS and AUTH, with nothing unread on it."""
        self._socket = sock
        self._rest = b""
        self._secure = isinstance(sock, ssl.SSLSocket)
        self._more = 0 if self._secure else _MORE
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(0)

    def send(self, raw: bytes) -> Wait[None]:
        """Send at once."""
        return self._send(raw, 0)

    def send_body(self, raw: bytes) -> Wait[None]:
        """Send what the dot will follow, in the same packet where the system can join them."""
        return self._send(raw, self._more)

    def read(self, seconds: float) -> Wait[SmtpReply]:
        """Read one full reply; half a reply is none."""
        code, texts, size = b"", [], 0
        while True:
            while b"\r\n" not in self._rest:
                yield from self._receive(seconds)
            line, _, self._rest = self._rest.partition(b"\r\n")
            size += len(line)
            if not _LINE.match(line) or (code and line[:3] != code) or size > LONGEST_REPLY:
                raise ProtocolBroken(f"The server answered {line[:80]!r}")
            code = line[:3]
            texts.append(line[4:])
            if line[3:4] != b"-":
                return SmtpReply(int(code), b" ".join(texts).decode("utf-8", "replace"))

    def close(self) -> None:
        """Hang up without a word."""
        self._socket.close()

    def _send(self, raw: bytes, flags: int) -> Wait[None]:
        rest = memoryview(raw)
        try:
            while rest:
                try:
                    rest = rest[self._socket.send(rest, flags) :]
                except _BUSY as busy:
                    yield SocketReady(self._socket, _wanted(busy, WRITE), BLOCK_SECONDS)
        except OSError as error:
            raise ProtocolBroken(str(error)) from error

    def _receive(self, seconds: float) -> Wait[None]:
        if len(self._rest) > LONGEST_REPLY:
            raise ProtocolBroken("The server does not end its line")
        try:
            chunk = yield from self._chunk(seconds)
        except OSError as error:
            raise ProtocolBroken(str(error)) from error
        if not chunk:
            raise ProtocolBroken("The server closed the connection")
        self._rest += chunk

    def _chunk(self, seconds: float) -> Wait[bytes]:
        if not self._secure:
            # An answer takes its time; what is decrypted already would not wake anybody.
            yield SocketReady(self._socket, READ, seconds)
        while True:
            try:
                return self._socket.recv(CHUNK)
            except _BUSY as busy:
                yield SocketReady(self._socket, _wanted(busy, READ), seconds)


def _wanted(busy: OSError, otherwise: int) -> int:
    """Tell what to wait for: TLS may want to write in order to read, and the other way round."""
    if isinstance(busy, ssl.SSLWantReadError):
        return READ
    return WRITE if isinstance(busy, ssl.SSLWantWriteError) else otherwise
