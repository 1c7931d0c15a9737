"""One connection: uvicorn's HTTP/1.1 protocol, with a gate before it and a short way for clicks."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar
from wsgiref.types import WSGIApplication

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from nurture.kernel.networks import read_address
from nurture.web.server.environ import environ_of
from nurture.web.server.gate import WRITE_SECONDS, Gate

LARGEST_HEADER = 32 * 1024

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Shared:
    """What all connections of a process share."""

    gate: Gate
    application: WSGIApplication
    at_once: tuple[bytes, ...]
    """How the paths begin that are answered where they are read: without a database or a body."""


class GuardedProtocol(HttpToolsProtocol):
    """Keep deadlines and bounds; answer what needs neither body nor thread where it is read.

    A subclass says which gate and which short way (see `run.py`).
    """

    shared: ClassVar[Shared]

    _answered = False
    """Whether the request under way has been answered at once."""
    _working = False
    """Whether a request waits for the application or its answer is under way."""
    _header = 0
    _in_header = True
    _refused = False
    _stuck: asyncio.TimerHandle | None = None
    remote = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Take a connection in, or refuse it plainly."""
        super().connection_made(transport)
        peer = read_address(self.client[0]) if self.client else None
        self.remote = str(peer or "")
        if not self.shared.gate.admit(self, peer):
            self._refused = True
            self._end(HTTPStatus.SERVICE_UNAVAILABLE)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place free."""
        self.shared.gate.forget(self)
        self._unstick()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a header without end is none."""
        if self._refused or self.transport.is_closing():
            return
        if self._in_header:
            self._header += len(data)
        super().data_received(data)
        if self._in_header and self._header > LARGEST_HEADER and not self.transport.is_closing():
            self._end(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Note the beginning of a request; what a slow answer needs is made when it is needed."""
        self._answered = False
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self.shared.gate.begins(self)

    def on_headers_complete(self) -> None:
        """Answer at once, or hand over to the long way, whose body has its time."""
        self._header, self._in_header = 0, False
        length = _body_length(self.headers)
        if length == 0 and not self._working and self.url.startswith(self.shared.at_once):
            self._answered = True
            self._answer_at_once()
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        self._working = True
        if length:
            self.shared.gate.body_follows(self, length)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        if not self._answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Note a whole request: from here on the client waits for us."""
        self._in_header = True
        if self._answered:
            self.shared.gate.idle(self)
            return
        if self._working:
            self.shared.gate.busy(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Note that an answer is out; another request may wait behind it."""
        more = bool(self.pipeline)
        super().on_response_complete()
        self._unset_keepalive_if_required()
        if not more:
            self._working = False
            self.shared.gate.idle(self)

    def pause_writing(self) -> None:
        """Wait for a client that reads slowly, but not for ever."""
        super().pause_writing()
        self._unstick()
        self._stuck = self.loop.call_later(WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        self._unstick()
        super().resume_writing()

    def give_way(self) -> None:
        """End for one that is newer."""
        self.transport.abort()

    def too_slow(self) -> None:
        """End what has had its time; one that has begun to ask is told so."""
        begun = self._header or not self._in_header
        if begun and not (self._working and self.cycle.response_started):
            self._end(HTTPStatus.REQUEST_TIMEOUT)
        # What cannot be written either is not waited for.
        self.loop.call_later(1, self.transport.abort)
        self.transport.close()

    def _answer_at_once(self) -> None:
        method = self.parser.get_method().decode("ascii")
        environ = environ_of(method, self.url, self.headers, remote=self.remote)
        given: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _error: object = None
        ) -> object:
            given.append((status, headers))
            return None

        try:
            body = b"".join(self.shared.application(environ, start_response))  # type: ignore[arg-type] # write() is not offered
            ((status, headers),) = given
            head = _head(status, headers)
        except Exception:  # the outermost call: nobody else would hear of it
            log.exception("request_failed", path=self.url[1:2].decode("latin-1"))
            self._end(HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        stays = self.parser.should_keep_alive() and self.parser.get_http_version() == "1.1"
        date = b"".join([b"%b: %b\r\n" % pair for pair in self.server_state.default_headers])
        end = b"\r\n" if stays else b"connection: close\r\n\r\n"
        self.transport.write(head + date + end + body)
        if not stays:
            self.transport.close()

    def _end(self, status: HTTPStatus) -> None:
        body = f"{status.phrase}.\n"
        head = [
            f"HTTP/1.1 {status.value} {status.phrase}",
            "content-type: text/plain; charset=utf-8",
            f"content-length: {len(body)}",
            "connection: close",
        ]
        self.transport.write("\r\n".join([*head, "", body]).encode("ascii"))
        self.transport.close()

    def _unstick(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None


def _head(status: str, headers: list[tuple[str, str]]) -> bytes:
    """Write status and headers; a line break inside would begin another header."""
    lines = [f"{name}: {value}" for name, value in headers]
    text = "\r\n".join([f"HTTP/1.1 {status}", *lines, ""])
    if text.count("\n") != len(lines) + 1:
        raise ValueError("a header's value holds a line break")
    return text.encode("latin-1")


def _body_length(headers: list[tuple[bytes, bytes]]) -> int:
    """Tell how long the body will be, -1 when only its end will say."""
    for name, value in headers:
        if name == b"content-length":
            return int(value)
        if name == b"transfer-encoding":
            return -1
    return 0
