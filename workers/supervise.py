"""Run several programs as one: start in order, restart what dies, stop all when asked."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from nurture.kernel.errors import Unavailable
from nurture.kernel.ports import refuse_taken
from workers.lifeline import end_with_parent

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_AFTER = 30.0
"""Seconds of life after which a child's earlier deaths are forgiven."""

BEAT = 0.1

AT_ONCE = 2
"""A second request to stop waits for nobody."""


@dataclass(frozen=True, slots=True)
class Child:
    """One program to keep alive."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    """What is added to our own environment."""
    ready: Callable[[], bool] | None = None
    """Asked after the first start, before the next child is started."""
    address: tuple[str, int] | None = None
    """Where it will listen; checked before anything starts."""
    setting: str = ""
    """The setting that moves the address, named when it is taken."""
    patience: float = 30.0
    """Seconds to become ready."""
    grace: float = 10.0
    """Seconds between the request to stop and the kill."""


@dataclass(slots=True)
class _Running:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    start_at: float = 0.0


class Supervisor:
    """Keep children alive until SIGTERM, Ctrl-C or `stop()`; speak through `say`."""

    def __init__(self, children: Sequence[Child], *, say: Callable[[str], None]) -> None:
        """Take the children in the order of their start; they stop in the opposite one."""
        self._running = [_Running(child) for child in children]
        self._say = say
        self._asked = 0

    def run(self, *, when_ready: Callable[[], None] | None = None) -> None:
        """Start everything, watch, and return when all has been stopped."""
        with self._listening():
            try:
                for running in self._running:
                    check_address(running.child)
                for running in self._running:
                    self._start(running)
                    self._await_ready(running)
                if when_ready and not self._asked:
                    when_ready()
                while not self._asked:
                    self._watch()
                    time.sleep(BEAT)
            finally:
                self._stop_all()

    def stop(self) -> None:
        """Ask `run` to stop everything; ask twice to stop at once."""
        self._asked += 1

    @property
    def pids(self) -> dict[str, int]:
        """Tell the running processes by name."""
        return {r.child.name: r.process.pid for r in self._running if r.process}

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        def hear(_sign: int, _frame: FrameType | None) -> None:
            self.stop()

        before = {sign: signal.signal(sign, hear) for sign in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for sign, handler in before.items():
                signal.signal(sign, handler)

    def _start(self, running: _Running) -> None:
        us = os.getpid()
        running.started = time.monotonic()
        # A session of its own: Ctrl-C reaches us alone, and a kill reaches its whole group.
        running.process = subprocess.Popen(  # noqa: S603 - the children are our own programs
            running.child.argv,
            env={**os.environ, **running.child.env},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: end_with_parent(us, signal.SIGTERM),  # noqa: PLW1509 - we have one thread, and the function only calls prctl
        )

    def _await_ready(self, running: _Running) -> None:
        ready = running.child.ready
        while ready and not self._asked and not ready():
            if running.process and running.process.poll() is not None:
                self._watch()
            # Counted from the latest start: one that died and came again has its whole time.
            if time.monotonic() > running.started + running.child.patience:
                child = running.child
                message = f"{child.name} did not become ready within {child.patience:g} s."
                raise Unavailable(message)
            time.sleep(BEAT / 2)

    def _watch(self) -> None:
        """Notice deaths and start again after a pause that doubles with each one."""
        now = time.monotonic()
        for running in self._running:
            if running.process is None:
                if running.start_at and now >= running.start_at:
                    self._start(running)
            elif (code := running.process.poll()) is not None:
                self._bury(running, code=code, now=now)

    def _bury(self, running: _Running, *, code: int, now: float) -> None:
        lived = now - running.started
        running.deaths = 1 if lived > STEADY_AFTER else running.deaths + 1
        pause = min(FIRST_PAUSE * 2 ** (running.deaths - 1), LONGEST_PAUSE)
        _kill_group(running)  # what it left behind must not serve beside its successor
        running.process, running.start_at = None, now + pause
        self._say(f"{running.child.name} ended {_reason(code)}; starting it again in {pause:g} s.")

    def _stop_all(self) -> None:
        for running in reversed(self._running):
            self._stop(running)

    def _stop(self, running: _Running) -> None:
        process = running.process
        if process is None:
            return
        process.terminate()
        deadline = time.monotonic() + running.child.grace
        while process.poll() is None and self._asked < AT_ONCE and time.monotonic() < deadline:
            time.sleep(BEAT / 5)
        if process.poll() is None:
            self._say(f"{running.child.name} did not stop when asked; ending it.")
        _kill_group(running)
        process.wait()
        running.process = None


def check_address(child: Child) -> None:
    """Refuse plainly when another program listens where this child will."""
    if child.address is None:
        return
    host, port = child.address
    refuse_taken(host, port, whose=child.name, setting=child.setting)


def _kill_group(running: _Running) -> None:
    if running.process is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.process.pid, signal.SIGKILL)


def _reason(code: int) -> str:
    return f"by signal {signal.Signals(-code).name}" if code < 0 else f"with code {code}"
