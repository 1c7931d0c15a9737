"""The text form of durations, sending hours, times of the week and caps."""

import re
from datetime import time

from campaigns.frequency_caps import FrequencyCap, FrequencyLimit
from campaigns.timing import (
    ALWAYS,
    UNITS,
    WEEKDAYS,
    Duration,
    TimeOfWeek,
    Unit,
    Window,
    zone_of,
)
from campaigns.track import FactDate

_DURATION = re.compile(r"(\d+)\s*([a-z]+)\Z")
_HOURS = re.compile(r"(\d\d?:\d\d)-(\d\d?:\d\d)\Z")
_FACT_DATE = re.compile(r"([a-z][a-z0-9_]*)(?:\s*([+-])\s*(\d+)\s*d)?\Z")
_LIMIT = re.compile(r"(\d+) per (?:(\d+) )?(days?|weeks?)\Z")
_LEADS_ZONE = "lead's zone"
_WINDOW_HELP = "write for example `Tue-Thu 09:00-16:00 lead's zone`, or `always`"
_WEEK = 7


class DurationError(ValueError):
    """A time that cannot be read; the message says how to mend it."""


def parse_duration(text: str) -> Duration:
    """Read "3 d"."""
    match = _DURATION.match(text.strip())
    unit = next((one for one in UNITS if match and one == match[2]), None)
    if match is None or unit is None:
        raise DurationError(
            f"`{text}` is no duration; write a number and one of {', '.join(UNITS)}"
        )
    return _positive(int(match[1]), unit)


def parse_until(text: str) -> TimeOfWeek | FactDate:
    """Read "Tuesday 09:00", "wake_date" or "wake_date - 14 d"."""
    day, _, clock = text.strip().partition(" ")
    if day[:3] in WEEKDAYS:
        return TimeOfWeek(WEEKDAYS.index(day[:3]), _time(clock or "09:00"))
    match = _FACT_DATE.match(text.strip())
    if match is None:
        raise DurationError(
            f"cannot wait until `{text}`; write `Tuesday 09:00` or `wake_date - 14 d`"
        )
    days = int(match[3] or 0)
    return FactDate(match[1], -days if match[2] == "-" else days)


def until_words(until: TimeOfWeek | FactDate) -> str:
    """Write what `parse_until` reads."""
    if isinstance(until, TimeOfWeek):
        return f"{WEEKDAYS[until.weekday]} {until.at:%H:%M}"
    if not until.days:
        return until.field
    return f"{until.field} {'-' if until.days < 0 else '+'} {abs(until.days)} d"


def parse_window(text: str) -> Window:
    """Read "Tue-Thu 09:00-16:00 lead's zone"."""
    if text.strip() == "always":
        return ALWAYS
    days, _, rest = text.strip().partition(" ")
    hours, _, zone = rest.partition(" ")
    match = _HOURS.match(hours)
    if match is None:
        raise DurationError(f"`{text}` are no sending hours; {_WINDOW_HELP}")
    opens, closes = _time(match[1]), _time(match[2])
    if opens >= closes:
        raise DurationError(f"sending hours must open before they close; {_WINDOW_HELP}")
    return Window(_weekdays(days), opens, closes, _zone(zone.strip()))


def parse_cap(text: str) -> FrequencyCap:
    """Read "1 per 3 days, 2 per week", or "none"."""
    if text.strip() == "none":
        return FrequencyCap()
    return FrequencyCap(tuple(_limit(part.strip()) for part in text.split(",")))


def _positive(amount: int, unit: Unit) -> Duration:
    if amount == 0:
        raise DurationError("a duration must be longer than nothing")
    return Duration(amount, unit)


def _limit(text: str) -> FrequencyLimit:
    match = _LIMIT.match(text)
    if match is None or int(match[1]) == 0 or match[2] == "0":
        raise DurationError(f"`{text}` is no limit; write for example `1 per 3 days, 2 per week`")
    return FrequencyLimit(int(match[1]), int(match[2] or 1) * (_WEEK if match[3][0] == "w" else 1))


def _weekdays(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise DurationError(f"`{part}` are no weekdays ({' '.join(WEEKDAYS)}); {_WINDOW_HELP}")
        start = WEEKDAYS.index(first)
        length = (WEEKDAYS.index(last or first) - start) % _WEEK
        found |= {(start + ahead) % _WEEK for ahead in range(length + 1)}
    return frozenset(found)


def _zone(text: str) -> str:
    if text in ("", _LEADS_ZONE):
        return ""
    if zone_of(text).key != text:
        raise DurationError(f"`{text}` is no time zone; write for example Europe/Berlin")
    return text


def _time(text: str) -> time:
    hour, _, minute = text.partition(":")
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise DurationError(f"`{text}` is no time of day; write for example 09:00") from None
