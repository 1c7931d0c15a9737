"""The two times: business time, which may run fast or step, and machine time, always real."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

DAY_SECONDS = 86_400


class Clock(Protocol):
    """Tell both times as aware UTC."""

    def now(self) -> datetime:
        """Tell business time: due times, windows, decay, timers of people, consent."""
        ...

    def machine(self) -> datetime:
        """Tell real time: leases, timeouts, retries, heartbeats, burst gaps, rate limits."""
        ...


class RealClock:
    """Both times are the real one."""

    def now(self) -> datetime:
        """Read the real time."""
        return datetime.now(UTC)

    def machine(self) -> datetime:
        """Read the real time."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class FastClock:
    """Business time runs from `origin` at one day per `day_seconds` since `started`."""

    origin: datetime
    started: datetime
    day_seconds: float

    def now(self) -> datetime:
        """Scale the real time that has passed."""
        passed = (self.machine() - self.started).total_seconds()
        return self.origin + timedelta(seconds=passed * DAY_SECONDS / self.day_seconds)

    def machine(self) -> datetime:
        """Read the real time."""
        return datetime.now(UTC)


def pace_of(clock: Clock) -> float:
    """Tell how many times faster than real time business time runs; 1 but in a demo."""
    return DAY_SECONDS / clock.day_seconds if isinstance(clock, FastClock) else 1.0


class SteppedClock:
    """Business time stands still until somebody steps it; `read` looks it up."""

    def __init__(self, read: Callable[[], datetime]) -> None:
        """Take the reader of the shared instant, such as `stepped.read_instant` of a home."""
        self._read = read

    def now(self) -> datetime:
        """Read the shared instant."""
        return self._read()

    def machine(self) -> datetime:
        """Read the real time."""
        return datetime.now(UTC)


class FrozenClock:
    """A clock of tests: stands at `instant` until it is moved; machine time moves along."""

    def __init__(self, instant: datetime) -> None:
        """Start at an aware instant."""
        self.instant = instant

    def now(self) -> datetime:
        """Tell the instant."""
        return self.instant

    def machine(self) -> datetime:
        """Tell the instant."""
        return self.instant

    def advance(self, by: timedelta) -> None:
        """Move both times."""
        self.instant += by
