"""What a process may show again for a minute instead of counting anew, where counting is dear."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeVar

from flask import current_app

from nurture.kernel.work import Work

T = TypeVar("T")
A_MINUTE = timedelta(minutes=1)
CHEAP = 0.02
"""Seconds; what is counted faster is counted each time, so that it agrees with its list."""
_PLACE = "nurture.remembered"


@dataclass(frozen=True, slots=True)
class CachedCount:
    """A value and when it was made: business time for readers, machine time for its age."""

    value: object
    at: datetime
    made: datetime


@dataclass(slots=True)
class CountCache:
    """The values of one process, by name."""

    kept: dict[str, CachedCount] = field(default_factory=dict)


def minute(work: Work, name: str, make: Callable[[Work], T]) -> tuple[T, datetime]:
    """Give a value and the business time that it is of: a minute old at most, if it was dear."""
    memory: CountCache = current_app.extensions.setdefault(_PLACE, CountCache())
    found = memory.kept.get(name)
    if found is None or not found.made <= work.machine < found.made + A_MINUTE:
        began = monotonic()
        found = CachedCount(make(work), work.now, work.machine)
        if monotonic() - began > CHEAP:
            memory.kept[name] = found
    value: T = found.value  # type: ignore[assignment] # each name has one maker, whose type it is
    return value, found.at


def forget() -> None:
    """Count everything anew, because somebody has just changed it."""
    memory = current_app.extensions.get(_PLACE)
    if isinstance(memory, CountCache):
        memory.kept.clear()
