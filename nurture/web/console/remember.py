"""What a process may show again for a minute instead of counting anew."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from flask import current_app

from nurture.kernel.work import Work

T = TypeVar("T")
A_MINUTE = timedelta(minutes=1)
_PLACE = "nurture.remembered"


@dataclass(frozen=True, slots=True)
class Counted:
    """A value and when it was made: business time for readers, machine time for its age."""

    value: object
    at: datetime
    made: datetime


@dataclass(slots=True)
class Memory:
    """The values of one process, by name."""

    kept: dict[str, Counted] = field(default_factory=dict)


def minute(work: Work, name: str, make: Callable[[Work], T]) -> tuple[T, datetime]:
    """Give a value that is at most a minute old, and the business time that it is of."""
    memory: Memory = current_app.extensions.setdefault(_PLACE, Memory())
    found = memory.kept.get(name)
    if found is None or not found.made <= work.machine < found.made + A_MINUTE:
        found = Counted(make(work), work.now, work.machine)
        memory.kept[name] = found
    value: T = found.value  # type: ignore[assignment] # each name has one maker, whose type it is
    return value, found.at


def forget() -> None:
    """Count everything anew, because somebody has just changed it."""
    memory = current_app.extensions.get(_PLACE)
    if isinstance(memory, Memory):
        memory.kept.clear()
