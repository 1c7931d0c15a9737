"""The HTTP server: whole requests for the application, whole answers for the client."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import uvicorn

from nurture.web.client import client_address
from nurture.web.server import ServerApps, ServerLimits, bridge, gate
from nurture.web.server.run import server_of
from tests.support.processes import free_port, wait_until

LONG = bytes(range(256)) * 8_000
MOST = {"/little": 100, "/imports": 8_000_000}


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Say what came, in the way that the path asks for."""
    path = environ["PATH_INFO"]
    if path == "/c/break":
        start_response("302 Found", [("Location", "/x\r\nSet-Cookie: a=b")])
        return [b""]
    if path.startswith(("/c/", "/healthz")):
        start_response("302 Found", [("Location", "/there"), ("Content-Length", "0")])
        return ()
    if path == "/long":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (LONG[at : at + 10_000] for at in range(0, len(LONG), 10_000))
    if path == "/broken":
        message = "the secret cause"
        raise RuntimeError(message)
    body = environ["wsgi.input"].read()
    told = {key: value for key, value in environ.items() if isinstance(value, str)}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({**told, "body": body.decode("latin-1")}).encode()]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    found = free_port()
    limits = ServerLimits(
        most=lambda path: MOST.get(path, 1_000_000),
        welcome=lambda environ: "HTTP_COOKIE" in environ,
        client=client_address,
    )
    server = server_of(ServerApps(application, limits), host="127.0.0.1", port=found)
    with _running(server):
        yield found


class _running:  # noqa: N801 - read like a verb
    def __init__(self, server: uvicorn.Server) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.run)

    def __enter__(self) -> None:
        self._thread.start()
        wait_until(lambda: self._server.started)

    def __exit__(self, *_error: object) -> None:
        self._server.should_exit = True
        self._thread.join()


def ask(
    port: int, method: str, path: str, body: bytes | Iterable[bytes] | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = line.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        line.close()


def raw(port: int, said: bytes, *, until_closed: bool = True) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(said)
        found = b""
        while piece := line.recv(65536):
            found += piece
            if not until_closed:
                break
    return found


def test_the_application_is_told_all_that_was_sent(port: int) -> None:
    status, _, text = ask(port, "POST", "/a%20b/%C3%A4%00?q=%41&r", b"x=1", Cookie="a=b")
    told = json.loads(text)

    assert status == 200
    assert told["PATH_INFO"] == "/a b/Ã¤\0"
    assert told["QUERY_STRING"] == "q=%41&r"
    assert (told["REQUEST_METHOD"], told["body"], told["CONTENT_LENGTH"]) == ("POST", "x=1", "3")
    assert (told["REMOTE_ADDR"], told["HTTP_COOKIE"]) == ("127.0.0.1", "a=b")


def test_a_body_in_chunks_arrives_whole(port: int) -> None:
    told = json.loads(ask(port, "POST", "/x", iter([b"ab", b"cd" * 90_000]))[2])

    assert told["body"] == "ab" + "cd" * 90_000
    assert told["CONTENT_LENGTH"] == str(len(told["body"]))
    assert "HTTP_TRANSFER_ENCODING" not in told


def test_a_header_of_another_spelling_takes_no_place_of_one_that_a_proxy_guards(port: int) -> None:
    said = (
        b"GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX_Forwarded_For: 8.8.8.8\r\n"
        b"X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n"
        b"Cookie: a=1\r\nCookie: b=2\r\n\r\n"
    )
    told = json.loads(raw(port, said).partition(b"\r\n\r\n")[2])

    assert told["HTTP_X_FORWARDED_FOR"] == "1.1.1.1,2.2.2.2"
    assert told["HTTP_COOKIE"] == "a=1; b=2"


def test_a_long_answer_arrives_whole_and_a_head_has_none(port: int) -> None:
    assert ask(port, "GET", "/long")[2] == LONG
    status, headers, body = ask(port, "HEAD", "/long")
    assert (status, headers["content-length"], body) == (200, str(len(LONG)), b"")


def test_many_requests_may_come_on_one_connection_and_at_once(port: int) -> None:
    one = b"GET /c/x HTTP/1.1\r\nHost: x\r\n\r\n"
    slow = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /c/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    found = raw(port, one + slow + one + slow + last)

    kinds = [part[:3] for part in found.split(b"HTTP/1.1 ")[1:]]
    assert kinds == [b"302", b"200", b"302", b"200", b"302"]


def test_what_is_too_much_is_refused_before_it_is_sent(port: int) -> None:
    declared = b"POST /little HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n"
    assert raw(port, declared).startswith(b"HTTP/1.1 413 ")
    assert ask(port, "POST", "/little", b"x" * 100)[0] == 200
    status, _, text = ask(port, "POST", "/little", iter([b"x" * 60, b"x" * 60]))
    assert status == 413
    assert text == b"That is more than this page takes. Send less.\n"


def test_something_large_is_read_only_from_whom_we_know(port: int) -> None:
    large = b"x" * 3_000_000
    told = json.loads(ask(port, "POST", "/imports", large, Cookie="session")[2])
    assert len(told["body"]) == len(large)
    began = time.monotonic()
    head = b"POST /imports HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n"
    told = json.loads(raw(port, head, until_closed=False).partition(b"\r\n\r\n")[2])
    assert (told["body"], told["CONTENT_LENGTH"]) == ("", "0")
    assert time.monotonic() - began < 10


def test_a_failure_tells_nothing_of_its_cause(port: int, caplog: pytest.LogCaptureFixture) -> None:
    status, _, text = ask(port, "GET", "/broken")
    assert status == 500
    assert b"secret" not in text
    assert "the secret cause" in caplog.text


def test_a_line_break_in_a_header_never_leaves(port: int) -> None:
    status, headers, _ = ask(port, "GET", "/c/break")
    assert status == 500
    assert "set-cookie" not in headers


@pytest.mark.parametrize(
    "said",
    [
        b"nonsense\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 60_000,
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET //evil.example/%2e%2e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET http://evil.example/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
    ids=range(9),
)
def test_what_is_no_request_ends_in_an_answer_and_not_in_a_failure(port: int, said: bytes) -> None:
    answer = raw(port, said)
    assert answer[9:10] in (b"2", b"4")
    assert ask(port, "GET", "/x")[0] == 200


def test_neither_slow_senders_nor_slow_readers_hold_a_thread(port: int) -> None:
    sends = b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\nfirst"
    reads = b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n"
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
    for number, line in enumerate(lines):
        line.sendall(sends if number % 2 else reads)
    began = time.monotonic()

    answers = [ask(port, "POST", "/x", b"y")[0] for _ in range(20)]

    assert answers == [200] * 20
    assert time.monotonic() - began < 10
    for line in lines:
        line.close()


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"", b""),
        (b"GET /x HTT", b"HTTP/1.1 408 "),
        (b"GET /x HTTP/1.1\r\nHost: x\r\n", b"HTTP/1.1 408 "),
        (b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", b"HTTP/1.1 408 "),
        (
            b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na",
            b"HTTP/1.1 408 ",
        ),
    ],
    ids=["silence", "request line", "header", "body", "chunk"],
)
def test_who_does_not_end_a_request_is_told_so_and_cut_off(
    port: int, monkeypatch: pytest.MonkeyPatch, said: bytes, answer: bytes
) -> None:
    for name in ("HEADER_SECONDS", "IDLE_SECONDS", "BODY_SECONDS"):
        monkeypatch.setattr(gate, name, 0.2)
    found = raw(port, said)
    assert found.startswith(answer)
    assert bool(found) == bool(answer)


def test_too_many_requests_at_once_are_told_to_come_back(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "MOST_WAITING_OF_ONE", 0)
    status, headers, text = ask(port, "GET", "/x")
    assert (status, headers["retry-after"]) == (503, "5")
    assert b"in a minute" in text
    assert ask(port, "GET", "/c/x")[0] == 302
