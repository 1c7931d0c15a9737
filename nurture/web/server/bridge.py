"""Between the event loop and the application: a thread gets a whole request, gives a whole answer.

A body is read before a thread is asked, an answer is sent after the thread is free: neither a slow
sender nor a slow reader holds one.
"""

import asyncio
import contextlib
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import IO
from wsgiref.types import WSGIApplication, WSGIEnvironment

from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPScope

from nurture.web.server.environ import environ_of

IN_MEMORY = 128 * 1024
"""What is longer waits on disk."""
PIECE = 64 * 1024
MOST_WAITING = 256
"""Requests that wait for a thread; more would wait longer than anybody does."""
MOST_WAITING_OF_ONE = 64
LARGE = 1024 * 1024
MOST_LARGE = 8
"""Uploads that are under way at the same time."""
LISTENING_ON = 2.0
"""Seconds for which a client may go on sending what was refused, so that it reads the answer."""

SENTENCES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "That is more than this page takes. Send less.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Too much is going on just now. Try it again in a minute.",
}


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """How much a request may bring."""

    most: Callable[[str], int]
    """The largest body by path."""
    welcome: Callable[[WSGIEnvironment], bool]
    """Asked in a thread before a body over a megabyte is read: whether somebody may send it."""
    client: Callable[[WSGIEnvironment], str]
    """Who asks, behind the proxies that are trusted."""


def _file() -> IO[bytes]:
    """Open what holds a body: in memory, and on disk once it is long."""
    return tempfile.SpooledTemporaryFile(IN_MEMORY)


@dataclass(slots=True)
class _HttpResponse:
    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: IO[bytes] = field(default_factory=_file)
    length: int = 0


class Bridge:
    """The ASGI side of a WSGI application."""

    def __init__(
        self,
        inner: WSGIApplication,
        limits: ServerLimits,
        *,
        pages: ThreadPoolExecutor,
        reserved: ThreadPoolExecutor,
        reserved_for: tuple[str, ...],
    ) -> None:
        """Take two pools: `reserved` threads serve those paths alone, and no page holds them."""
        self._inner = inner
        self._limits = limits
        self._pages = pages
        self._reserved = reserved
        self._reserved_for = reserved_for
        self._waiting: Counter[str] = Counter()
        self._large = 0

    async def __call__(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Answer one request."""
        target = scope["raw_path"]
        if scope["query_string"]:
            target += b"?" + scope["query_string"]
        remote = scope["client"][0] if scope["client"] else ""
        environ = environ_of(scope["method"], target, list(scope["headers"]), remote=remote)
        try:
            await self._read(scope, environ, receive)
            answer = await self._ask(environ)
        except _NoAnswer as refused:
            await _say(send, receive, refused.status)
        except _Gone:
            return
        else:
            await _send(answer, send)

    async def _read(
        self, scope: HTTPScope, environ: WSGIEnvironment, receive: ASGIReceiveCallable
    ) -> None:
        """Read the whole body, as far as this path takes one."""
        length = _declared(scope)
        if length == 0:
            return
        most = self._limits.most(environ["PATH_INFO"])
        if length is None:
            most = min(most, LARGE)
        elif length > most:
            raise _NoAnswer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if length is not None and length > LARGE:
            await self._read_large(environ, receive, most)
        else:
            await _read_into(environ, receive, most)

    async def _read_large(
        self, environ: WSGIEnvironment, receive: ASGIReceiveCallable, most: int
    ) -> None:
        loop = asyncio.get_running_loop()
        if not await loop.run_in_executor(self._pages, self._limits.welcome, environ):
            # Without its body: the application says best why it does not take it.
            environ["CONTENT_LENGTH"] = "0"
            return
        if self._large >= MOST_LARGE:
            raise _NoAnswer(HTTPStatus.SERVICE_UNAVAILABLE)
        self._large += 1
        try:
            await _read_into(environ, receive, most)
        finally:
            self._large -= 1

    async def _ask(self, environ: WSGIEnvironment) -> "_HttpResponse":
        """Let a thread answer, unless too many requests of this client or of all wait for one."""
        client = self._limits.client(environ)
        if self._waiting.total() >= MOST_WAITING or self._waiting[client] >= MOST_WAITING_OF_ONE:
            raise _NoAnswer(HTTPStatus.SERVICE_UNAVAILABLE)
        reserved = environ["PATH_INFO"].startswith(self._reserved_for)
        self._waiting[client] += 1
        try:
            loop = asyncio.get_running_loop()
            pool = self._reserved if reserved else self._pages
            return await loop.run_in_executor(pool, _run, self._inner, environ)
        finally:
            self._waiting[client] -= 1
            if not self._waiting[client]:
                del self._waiting[client]


class _NoAnswer(Exception):  # noqa: N818 - a refusal, not an error
    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


class _Gone(Exception):  # noqa: N818 - the client has left
    pass


def _declared(scope: HTTPScope) -> int | None:
    """Tell the length that the header gives, None where only the end of the body will."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value)
        if name == b"transfer-encoding":
            return None
    return 0


async def _read_into(environ: WSGIEnvironment, receive: ASGIReceiveCallable, most: int) -> None:
    body = _file()
    read, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            body.close()
            raise _Gone
        read += len(message["body"])
        if read > most:
            body.close()
            raise _NoAnswer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body.write(message["body"])
        more = message["more_body"]
    body.seek(0)
    environ["wsgi.input"] = body
    environ["CONTENT_LENGTH"] = str(read)


def _run(inner: WSGIApplication, environ: WSGIEnvironment) -> _HttpResponse:
    """Run the application to its end, in a thread."""
    answer = _HttpResponse()

    def start_response(
        status: str, headers: list[tuple[str, str]], _error: object = None
    ) -> object:
        answer.status = int(status[:3])
        answer.headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
        ]
        return None

    try:
        pieces = inner(environ, start_response)  # type: ignore[arg-type] # write() is not offered
        try:
            for piece in pieces:
                answer.length += answer.body.write(piece)
        finally:
            close = getattr(pieces, "close", None)
            if close:
                close()
    except BaseException:
        answer.body.close()
        raise
    finally:
        environ["wsgi.input"].close()
    answer.body.seek(0)
    return answer


async def _send(answer: _HttpResponse, send: ASGISendCallable) -> None:
    with answer.body as body:
        headers = answer.headers
        if not any(name == b"content-length" for name, _ in headers):
            headers = [*headers, (b"content-length", b"%d" % answer.length)]
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": headers,
                "trailers": False,
            }
        )
        left = answer.length
        while left > PIECE:
            left -= PIECE
            await send({"type": "http.response.body", "body": body.read(PIECE), "more_body": True})
        await send({"type": "http.response.body", "body": body.read(), "more_body": False})


async def _say(send: ASGISendCallable, receive: ASGIReceiveCallable, status: HTTPStatus) -> None:
    """Refuse in plain words and close, once the client had time to read them."""
    body = f"{SENTENCES[status]}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
        *((b"retry-after", b"5"),) * (status is HTTPStatus.SERVICE_UNAVAILABLE),
    ]
    await send(
        {
            "type": "http.response.start",
            "status": int(status),
            "headers": headers,
            "trailers": False,
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": True})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LISTENING_ON):
            message = await receive()
            while message["type"] == "http.request" and message["more_body"]:
                message = await receive()
    await send({"type": "http.response.body", "body": b"", "more_body": False})
