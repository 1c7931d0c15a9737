"""Play the story in steps: jump to the next instant, act, wait on counters until all is quiet."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from redis import Redis
from rq.registry import StartedJobRegistry

from nurture import engagement
from nurture.kernel.stepped import set_instant
from nurture.reports import horizon
from nurture.web.tracking import ship_once
from workers.demo.cast import Cast
from workers.demo.scene import BEGINS, DemoScene
from workers.queues import queue
from workers.tick import TickProcess

PAUSE_SECONDS = 0.005
PATIENCE_SECONDS = 120.0
RECHECK_EVERY = timedelta(hours=1)
"""Answers that change by time alone are looked at every hour; they wait for windows of days."""


class StuckError(RuntimeError):
    """Something did not come to rest."""


class Lockstep:
    """The clock of a story that is played once, as fast as it goes."""

    def __init__(self, scene: DemoScene, cast: Cast, connection: Redis) -> None:
        """Tick in this process; worker, web, queue and sink are real ones beside it."""
        self._scene = scene
        self._cast = cast
        self._tick = TickProcess(scene.here, connection)
        self._queue = queue(connection)

    def play(self, until: datetime, *, say: Callable[[str], None]) -> None:
        """Step from instant to instant until the last day is over."""
        now = BEGINS
        day = now.date()
        while now < until:
            set_instant(self._scene.options.home, now)
            self._cast.act(now)
            self._settle(now)
            now = self._next(now)
            if now.date() != day and now.isoweekday() == 1:
                say(f"  {now:%d %B}")
            day = now.date()

    def _settle(self, now: datetime) -> None:
        """Let everything come to rest, with what people do at once about what has come in."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            ship_once(self._scene.here.works, self._scene.here.home)
            self._pass()
            self._wait_for(self._idle, deadline)
            left = self._left(now)
            if not left and not self._cast.read_mail(now):
                return
            if time.monotonic() > deadline:
                raise StuckError(f"At {now:%d %B %H:%M} it does not come to rest: {left}")

    def _pass(self) -> None:
        """Tick until nothing is due; what only a sweep finds is looked for once."""
        self._tick.pass_once()
        while self._tick.pass_once(sweep=False):
            pass

    def _wait_for(self, reached: Callable[[], bool], deadline: float) -> None:
        while not reached() and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)

    def _idle(self) -> bool:
        """Tell whether the queue has nothing waiting and nothing running."""
        return not self._queue.count and not StartedJobRegistry(queue=self._queue).count

    def _left(self, now: datetime) -> str:
        """Say what is still under way or due, "" when nothing is."""
        here = self._scene.here
        with here.works.read("demo") as work:
            busy, due = horizon.busy(work), horizon.next_due(work)
            unshipped = engagement.unshipped(work, here.home)
        if unshipped:
            return f"{unshipped} bytes of clicks"
        if due is not None and due <= now:
            return f"due since {due:%d %B %H:%M}"
        return str(busy) if busy else ""

    def _next(self, now: datetime) -> datetime:
        """Jump to the next moment at which anybody or anything is due."""
        with self._scene.here.works.read("demo") as work:
            due = horizon.next_due(work)
            recheck = horizon.next_recheck(work)
        moments = [due, self._cast.agenda.next_at, recheck and _next_hour(max(recheck, now))]
        ahead = [moment for moment in moments if moment is not None]
        return min(ahead, default=datetime.max.replace(tzinfo=UTC))


def _next_hour(moment: datetime) -> datetime:
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour + RECHECK_EVERY
