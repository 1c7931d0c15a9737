"""Several conversations in one thread: each says what it waits for and is woken when it is there.

A thread for each connection would spend more time on taking turns than on the mail.
"""

import select
import socket
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TypeVar

READ, WRITE = select.POLLIN, select.POLLOUT


@dataclass(frozen=True, slots=True)
class SocketReady:
    """Wait until a socket can be read or written, at most so many seconds (`TimeoutError`)."""

    socket: socket.socket
    events: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SmtpSession:
    """A socket ready for MAIL FROM."""

    socket: socket.socket
    pipelining: bool


@dataclass(frozen=True, slots=True)
class Dialled:
    """Wait for a call that blocks; another thread makes it, its error is raised here."""

    dial: Callable[[], SmtpSession]


Gives = TypeVar("Gives")
Wait = Generator[SocketReady, None, Gives]
"""What waits for its socket alone, and gives something in the end."""
Talk = Generator[SocketReady | Dialled, SmtpSession | None, None]
"""A conversation from its first call to its end; it keeps its errors to itself."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    talk: Talk
    until: float
    """By the process's own clock, in seconds."""


def hold(talks: Sequence[Talk]) -> None:
    """Hold all conversations to their end; whatever ends this one ends them."""
    bell, ring = socket.socketpair()
    with closing(bell), closing(ring), ThreadPoolExecutor(max_workers=len(talks)) as others:
        _Loop(others, bell, ring).run(talks)


class _Loop:
    """Who waits for what: sockets are asked together, a call that is through rings the bell."""

    def __init__(
        self, others: ThreadPoolExecutor, bell: socket.socket, ring: socket.socket
    ) -> None:
        self._others, self._bell, self._ring = others, bell, ring
        self._poll = select.poll()
        self._poll.register(bell, READ)
        self._waiting: dict[int, _Waiting] = {}
        self._dialling: dict[Future[SmtpSession], Talk] = {}

    def run(self, talks: Sequence[Talk]) -> None:
        """Wake whoever can go on, until nobody waits."""
        try:
            for talk in talks:
                self._go_on(talk)
            while self._waiting or self._dialling:
                self._resume()
        except BaseException as error:
            for talk in talks:
                _break_off(talk, error)
            raise

    def _go_on(
        self, talk: Talk, line: SmtpSession | None = None, *, error: BaseException | None = None
    ) -> None:
        try:
            need = talk.send(line) if error is None else talk.throw(error)
        except StopIteration:
            return
        if isinstance(need, SocketReady):
            number = need.socket.fileno()
            self._waiting[number] = _Waiting(talk, time.monotonic() + need.seconds)
            self._poll.register(number, need.events)
        else:
            call = self._others.submit(need.dial)
            self._dialling[call] = talk
            call.add_done_callback(lambda _: self._ring.send(b"."))

    def _resume(self) -> None:
        until = min((one.until for one in self._waiting.values()), default=None)
        # In milliseconds; one more, so that it is over when it says so.
        patience = None if until is None else max(0.0, until - time.monotonic()) * 1000 + 1
        ready = self._poll.poll(patience)
        for number, _ in ready:
            if number == self._bell.fileno():
                self._answer()
            else:
                self._go_on(self._free(number))
        if not ready:
            self._give_up()

    def _answer(self) -> None:
        self._bell.recv(64)
        for call in [one for one in self._dialling if one.done()]:
            talk, error = self._dialling.pop(call), call.exception()
            self._go_on(talk, call.result() if error is None else None, error=error)

    def _give_up(self) -> None:
        now = time.monotonic()
        for number in [one for one, waiting in self._waiting.items() if waiting.until <= now]:
            self._go_on(self._free(number), error=TimeoutError("The mail server does not answer"))

    def _free(self, number: int) -> Talk:
        self._poll.unregister(number)
        return self._waiting.pop(number).talk


def _break_off(talk: Talk, error: BaseException) -> None:
    """Tell a conversation; one that is over, or not begun, has nothing to say to it."""
    with suppress(BaseException):
        talk.throw(error)
