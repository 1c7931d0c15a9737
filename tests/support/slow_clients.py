"""Clients that send slowly or not at all, and what honest ones meet beside them.

`python -m tests.support.slow_clients --seconds 60 http://127.0.0.1:8000` measures a running server.
"""

import argparse
import http.client
import resource
import selectors
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SLOW, IDLE = 200, 500
DRIP_SECONDS = 0.5
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BEGINNINGS = (
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    b"POST /f/contact HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\nemail",
    b"POST /u/x HTTP/1.1\r\nHost: x\r\nContent-Length: 26\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 16000\r\n\r\nemail",
    b"POST /f/contact HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
    b"POST /imports HTTP/1.1\r\nHost: x\r\nContent-Length: 60000000\r\n\r\n",
    b"G",
)
"""Each goes on one byte at a time."""


@dataclass
class Crowd:
    """Connections that are opened again as soon as the server ends them."""

    host: str
    port: int
    sources: Sequence[str] = ("127.0.0.1",)
    slow: int = SLOW
    idle: int = IDLE
    ended: int = 0
    """How many connections the server has ended."""
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Drip into the slow ones, and replace what is ended."""
        lines: dict[socket.socket, int] = {}
        watch = selectors.DefaultSelector()
        number = 0
        while not self._stop.is_set():
            while len(lines) < self.slow + self.idle:
                line = self._open(number)
                lines[line] = number
                watch.register(line, selectors.EVENT_READ)
                number += 1
            ended = [key.fileobj for key, _ in watch.select(0) if not _alive(key.fileobj)]
            until = time.monotonic() + DRIP_SECONDS
            ended += [line for line, which in lines.items() if not self._drip(line, which)]
            for one in {*ended}:
                assert isinstance(one, socket.socket)
                watch.unregister(one)
                del lines[one]
                one.close()
                self.ended += 1
            self._stop.wait(max(0.0, until - time.monotonic()))
        for line in lines:
            line.close()

    def stop(self) -> None:
        """End."""
        self._stop.set()

    def _open(self, number: int) -> socket.socket:
        line = socket.socket()
        line.bind((self.sources[number % len(self.sources)], 0))
        line.settimeout(5)
        line.connect((self.host, self.port))
        if self._is_slow(number):
            line.sendall(BEGINNINGS[number % len(BEGINNINGS)])
        return line

    def _drip(self, line: socket.socket, which: int) -> bool:
        if not self._is_slow(which):
            return True
        try:
            line.send(b"x")
        except OSError:
            return False
        return True

    def _is_slow(self, number: int) -> bool:
        return number % (self.slow + self.idle) < self.slow


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of an honest client, and the answers that are right."""

    method: str
    path: str
    right: tuple[int, ...]
    body: str | None = None


@dataclass
class Met:
    """What honest clients met: seconds for each path, and what was wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def p99(self, path: str) -> float:
        """Tell the seconds within which 99 of 100 requests were answered."""
        times = self.seconds[path]
        return sorted(times)[int(len(times) * 0.99)]

    def __str__(self) -> str:
        lines = [
            f"{path}: {len(times)} requests, median {statistics.median(times) * 1000:.1f} ms, "
            f"p99 {self.p99(path) * 1000:.1f} ms, max {max(times) * 1000:.1f} ms"
            for path, times in self.seconds.items()
        ]
        return "\n".join([*lines, f"wrong: {len(self.wrong)} {self.wrong[:3]}"])


@contextmanager
def crowded(crowd: Crowd) -> Iterator[Crowd]:
    """Keep a crowd connected."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = crowd.slow + crowd.idle + 512
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    thread = threading.Thread(target=crowd.run, daemon=True)
    thread.start()
    try:
        yield crowd
    finally:
        crowd.stop()
        thread.join()


def honest(
    host: str, port: int, asks: Sequence[Ask], *, until: Callable[[int], bool], pause: float = 0.02
) -> Met:
    """Ask again and again, each time on a connection of its own, as long as `until` is false."""
    met, rounds = Met(), 0
    while not until(rounds):
        rounds += 1
        for ask in asks:
            name = f"{ask.method} {ask.path.split('/')[1]}"
            began = time.monotonic()
            try:
                status = _ask(host, port, ask)
            except OSError as error:
                met.wrong.append(f"{name}: {error!r}")
                continue
            met.seconds.setdefault(name, []).append(time.monotonic() - began)
            if status not in ask.right:
                met.wrong.append(f"{name}: {status}")
        time.sleep(pause)
    return met


def _ask(host: str, port: int, ask: Ask) -> int:
    line = http.client.HTTPConnection(host, port, timeout=20)
    try:
        line.request(ask.method, ask.path, ask.body, FORM if ask.body else {})
        answer = line.getresponse()
        answer.read()
    except http.client.HTTPException as error:
        raise OSError(repr(error)) from error
    else:
        return answer.status
    finally:
        line.close()


def _alive(line: object) -> bool:
    assert isinstance(line, socket.socket)
    try:
        return bool(line.recv(4096))
    except OSError:
        return False


def main() -> None:
    """Measure a server that runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--slow", type=int, default=SLOW)
    parser.add_argument("--idle", type=int, default=IDLE)
    parser.add_argument("--click", default="/c/x/0")
    parser.add_argument("--stop", default="/u/x")
    parser.add_argument("--sources", type=int, default=1, help="addresses 127.0.0.x to come from")
    given = parser.parse_args()
    parts = urlsplit(given.url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    asks = [
        Ask("GET", given.click, (302, 404)),
        Ask("GET", "/healthz", (200,)),
        Ask("GET", given.stop, (200, 404)),
        Ask("POST", given.stop, (200, 404), "List-Unsubscribe=One-Click"),
        Ask("POST", "/f/contact", (200, 303, 404, 422), "email=x"),
    ]
    sources = [f"127.0.0.{last}" for last in range(1, given.sources + 1)]
    with crowded(Crowd(host, port, sources, given.slow, given.idle)) as crowd:
        time.sleep(3)
        end = time.monotonic() + given.seconds
        print(honest(host, port, asks, until=lambda _rounds: time.monotonic() > end))  # noqa: T201 - its only voice
        print(f"{crowd.ended} connections were ended by the server")  # noqa: T201 - its only voice


if __name__ == "__main__":
    main()
