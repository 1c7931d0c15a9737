"""What simulated people are going to do, and when; ties are broken by name, never by arrival."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

SLOTS = range(6, 22, 2)
"""The hours (UTC) at which prospects look at their mail."""


@dataclass(order=True, slots=True)
class Planned:
    """One act of one person."""

    at: datetime
    who: str
    serial: int
    act: Callable[[], None] = field(compare=False)


class Agenda:
    """Everybody's next acts in order."""

    def __init__(self) -> None:
        """Begin empty."""
        self._heap: list[Planned] = []
        self._serials: dict[str, int] = {}

    def plan(self, at: datetime, who: str, act: Callable[[], None]) -> None:
        """Let `who` act at `at`."""
        serial = self._serials.get(who, 0) + 1
        self._serials[who] = serial
        heapq.heappush(self._heap, Planned(at, who, serial, act))

    def take(self, now: datetime) -> list[Planned]:
        """Take what is due at `now`, in order."""
        due = []
        while self._heap and self._heap[0].at <= now:
            due.append(heapq.heappop(self._heap))
        return due

    @property
    def next_at(self) -> datetime | None:
        """Tell when the next act is due."""
        return self._heap[0].at if self._heap else None


def next_slot(moment: datetime) -> datetime:
    """Give the next time at which people look at their mail."""
    moment = moment.astimezone(UTC)
    day = moment.replace(minute=0, second=0, microsecond=0, hour=0)
    while True:
        for hour in SLOTS:
            slot = day + timedelta(hours=hour)
            if slot >= moment:
                return slot
        day += timedelta(days=1)
