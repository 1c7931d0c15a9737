"""When something may happen: durations, sending hours, working time. The only local time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

Unit = Literal["min", "h", "d", "w", "bd"]

_SECONDS: dict[Unit, int] = {"min": 60, "h": 3600, "d": 86400, "w": 604800, "bd": 86400}
_WORDS: dict[Unit, tuple[str, str]] = {
    "min": ("minute", "minutes"),
    "h": ("hour", "hours"),
    "d": ("day", "days"),
    "w": ("week", "weeks"),
    "bd": ("working day", "working days"),
}
UNITS: tuple[Unit, ...] = tuple(_SECONDS)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WORKDAYS = frozenset({0, 1, 2, 3, 4})
_HORIZON = 400
"""Days to look ahead for an opening; more than a year of closed days is a mistake in the window."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A stretch of time: `d` is 24 hours, `bd` a working day where the clock's owner lives."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        """Write it as the track files do."""
        return f"{self.amount} {self.unit}"

    @property
    def words(self) -> str:
        """Write it for people."""
        return f"{self.amount} {_WORDS[self.unit][self.amount != 1]}"

    @property
    def elapsed(self) -> timedelta:
        """Give the plain length; a working day counts as 24 hours here."""
        return timedelta(seconds=self.amount * _SECONDS[self.unit])


@dataclass(frozen=True, slots=True)
class TimeOfWeek:
    """The next such weekday and local time, strictly later."""

    weekday: int
    at: time


@dataclass(frozen=True, slots=True)
class Calendar:
    """The public holidays of a country (ISO code, "" = none), on which nothing leaves."""

    country: str = ""

    def closed(self, day: date) -> bool:
        """Tell whether a day is off."""
        return day in public_holidays(self.country, day.year)


NO_HOLIDAYS = Calendar()


@dataclass(frozen=True, slots=True)
class Window:
    """Sending hours on weekdays (0 = Monday), [opens, closes); zone "" = the lead's own."""

    days: frozenset[int]
    opens: time
    closes: time
    zone: str = ""
    quiet: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Hours:
    """When a person of ours works, in their own zone and with their country's holidays."""

    zone: str
    calendar: Calendar = NO_HOLIDAYS
    days: frozenset[int] = WORKDAYS
    opens: time = time(9)
    closes: time = time(17)


ALWAYS = Window(frozenset(range(7)), time(0), time.max)


def next_allowed(instant: datetime, window: Window, *, zone: str, calendar: Calendar) -> datetime:
    """Give the first moment from `instant` on that lies inside the window; itself when it does."""
    there = zone_of(window.zone or zone)
    local = instant.astimezone(there)
    if _open_on(local.date(), window, calendar) and window.opens <= local.time() < window.closes:
        return instant
    for day in _days(local.date()):
        opening = datetime.combine(day, window.opens, there).astimezone(UTC)
        opens = _open_on(day, window, calendar) and _inside(opening, window, there)
        if opens and opening >= instant:
            return opening
    message = "no day in the next 400 is open: widen the sending hours"
    raise ValueError(message)


def allowed(instant: datetime, window: Window, *, zone: str, calendar: Calendar) -> bool:
    """Tell whether a moment lies inside the window."""
    there = zone_of(window.zone or zone)
    day = instant.astimezone(there).date()
    return _open_on(day, window, calendar) and _inside(instant, window, there)


def add(instant: datetime, duration: Duration, *, zone: str, calendar: Calendar) -> datetime:
    """Add a wait; working days keep the local time of day, also across a clock change."""
    if duration.unit != "bd":
        return instant + duration.elapsed
    return add_working_days(instant, duration.amount, hours=Hours(zone, calendar))


def next_time_of_week(instant: datetime, when: TimeOfWeek, *, zone: str) -> datetime:
    """Give the next such weekday and local time after `instant`."""
    there = zone_of(zone)
    local = instant.astimezone(there)
    ahead = (when.weekday - local.weekday()) % 7
    for days in (ahead, ahead + 7):
        day = local.date() + timedelta(days=days)
        found = datetime.combine(day, when.at, there).astimezone(UTC)
        if found > instant:
            return found
    return instant + timedelta(days=7)


def add_business(
    instant: datetime, duration: Duration, *, hours: Hours, percent: int = 100
) -> datetime:
    """Add a timer that runs only while its owner works; a day is one shift, a week is five."""
    shift = datetime.combine(date.min, hours.closes) - datetime.combine(date.min, hours.opens)
    per_unit = {"bd": shift, "d": shift, "w": 5 * shift}
    length = per_unit.get(duration.unit)
    whole = duration.elapsed if length is None else duration.amount * length
    return add_working_time(instant, whole * percent / 100, hours=hours)


def add_working_time(instant: datetime, length: timedelta, *, hours: Hours) -> datetime:
    """Add opening time; a stretch that ends exactly at closing time ends there."""
    left = length
    for opens, closes in _shifts(instant, hours):
        start = max(opens, instant)
        if start + left <= closes:
            return start + left
        left -= closes - start
    message = "this person never works: check their working days"
    raise ValueError(message)


def working_time(start: datetime, end: datetime, *, hours: Hours) -> timedelta:
    """Measure the opening time between two moments."""
    total = timedelta()
    for opens, closes in _shifts(start, hours):
        if opens >= end:
            break
        total += max(min(closes, end) - max(opens, start), timedelta())
    return total


def next_working_moment(instant: datetime, *, hours: Hours) -> datetime:
    """Give `instant` itself while its owner works, else the next opening."""
    opens, _ = next(_shifts(instant, hours))
    return max(opens, instant)


def add_working_days(instant: datetime, days: int, *, hours: Hours) -> datetime:
    """Go so many working days ahead, to the same local time of day."""
    there = zone_of(hours.zone)
    local = instant.astimezone(there)
    day, left = local.date(), days
    while left > 0:
        day += timedelta(days=1)
        left -= day.weekday() in hours.days and not hours.calendar.closed(day)
    return datetime.combine(day, local.time(), there).astimezone(UTC)


@lru_cache(maxsize=2048)
def zone_of(name: str) -> ZoneInfo:
    """Look up a zone; an unknown name counts as UTC, so that one bad row cannot stop a batch."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


@lru_cache(maxsize=2048)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """List the public holidays of a country and year; unknown countries have none."""
    if not country:
        return frozenset()
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()


def _open_on(day: date, window: Window, calendar: Calendar) -> bool:
    return day.weekday() in window.days and day not in window.quiet and not calendar.closed(day)


def _inside(instant: datetime, window: Window, there: ZoneInfo) -> bool:
    # An opening hour that the clock change skips falls later; it may even fall after closing time.
    return window.opens <= instant.astimezone(there).time() < window.closes


def _days(first: date) -> Iterator[date]:
    return (first + timedelta(days=ahead) for ahead in range(_HORIZON))


def _shifts(instant: datetime, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    """Yield opening and closing moments, the first one not over at `instant`."""
    there = zone_of(hours.zone)
    for day in _days(instant.astimezone(there).date()):
        if day.weekday() not in hours.days or hours.calendar.closed(day):
            continue
        opens = datetime.combine(day, hours.opens, there).astimezone(UTC)
        closes = datetime.combine(day, hours.closes, there).astimezone(UTC)
        if closes > instant and closes > opens:
            yield opens, closes
