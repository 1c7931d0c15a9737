"""The few filters that templates may use; each bears a missing value and bounds what it makes."""

from collections.abc import Callable
from datetime import date

from jinja2 import Undefined

LONGEST_VALUE = 5_000
LONGEST_LIST = 50
SHORT = 60
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def default(value: object, fallback: str = "") -> object:
    """Fall back when there is nothing to show: unknown, empty or None alike."""
    return fallback if value is None or value == "" or isinstance(value, Undefined) else value


def text(value: object) -> str:
    """Show a value, a missing one as nothing, and never more than a mail can bear."""
    if value is None or isinstance(value, Undefined):
        return ""
    return str(value)[:LONGEST_VALUE]


def number(value: object) -> str:
    """Group the digits of a number: 1234567 is 1,234,567."""
    return f"{value:,}" if isinstance(value, int | float) else text(value)


def day(value: object) -> str:
    """Write a date out, so that no reader takes the month for the day: 3 December 2026."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value[:10])
        except ValueError:
            return text(value)
    if not isinstance(value, date):
        return text(value)
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def shorten(value: object) -> str:
    """Cut at a word before sixty characters."""
    whole = " ".join(text(value).split())
    if len(whole) <= SHORT:
        return whole
    return whole[:SHORT].rsplit(" ", 1)[0] + "\N{HORIZONTAL ELLIPSIS}"


def capped(value: object) -> list[object]:
    """Walk over no more items than a mail can bear."""
    return list(value[:LONGEST_LIST]) if isinstance(value, list | tuple) else []


def upper(value: object) -> str:
    """Write it in capitals."""
    return text(value).upper()


def lower(value: object) -> str:
    """Write it without capitals."""
    return text(value).lower()


def title(value: object) -> str:
    """Start each word with a capital."""
    return text(value).title()


def capitalize(value: object) -> str:
    """Start it with a capital."""
    return text(value).capitalize()


def trim(value: object) -> str:
    """Take the blanks around it off."""
    return text(value).strip()


ALLOWED: dict[str, Callable[..., object]] = {
    "capitalize": capitalize,
    "date": day,
    "default": default,
    "lower": lower,
    "number": number,
    "shorten": shorten,
    "title": title,
    "trim": trim,
    "upper": upper,
}
