"""Tell a day by how it is written, whatever its field is called."""

import re
from datetime import date, datetime

_ISO = re.compile(r"(\d{4})[-/.](\d\d?)[-/.](\d\d?)(?:[T ]\d\d?:.*)?\Z", re.DOTALL)
_DAY_FIRST = re.compile(r"(\d\d?)([-/.])\s?(\d\d?)\2\s?(\d{4})\Z")
_NAMED = re.compile(r"(\d\d?)\.?\s+([^\W\d_]{3,12})\.?,?\s+(\d{4})\Z")
_NAMED_FIRST = re.compile(r"([^\W\d_]{3,12})\.?\s+(\d\d?),?\s+(\d{4})\Z")
_MONTHS = (
    ("jan",),
    ("feb", "fév"),
    ("mar", "mär", "mrz", "maa"),
    ("apr", "avr"),
    ("may", "mai", "mei"),
    ("jun", "juin"),
    ("jul", "juil"),
    ("aug", "aoû"),
    ("sep",),
    ("oct", "okt"),
    ("nov",),
    ("dec", "dez", "déc"),
)
"""How the names of months begin in English, German, Dutch and French."""
_LAST_MONTH = 12


def day_of(value: object) -> date | None:
    """Read a day: as a date, by ISO 8601, `20.12.2026`, or with the month's name.

    `01/02/2026` can be two days, and is none; with dots the day comes first everywhere.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return _read(value.strip()) if isinstance(value, str) else None


def _read(text: str) -> date | None:
    if found := _ISO.match(text):
        return _day(found[1], found[2], found[3])
    if found := _DAY_FIRST.match(text):
        return _by_order(found[1], found[3], found[4], dots=found[2] == ".")
    if found := _NAMED.match(text):
        return _day(found[3], _month(found[2]), found[1])
    if found := _NAMED_FIRST.match(text):
        return _day(found[3], _month(found[1]), found[2])
    return None


def _by_order(first: str, second: str, year: str, *, dots: bool) -> date | None:
    """Take what cannot be a month as the day; two that could be either are no date."""
    if dots or first == second or int(first) > _LAST_MONTH:
        return _day(year, second, first)
    return _day(year, first, second) if int(second) > _LAST_MONTH else None


def _month(name: str) -> int:
    word = name.casefold()
    found = [n for n, starts in enumerate(_MONTHS, 1) if word.startswith(starts)]
    return max(found, default=0)


def _day(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
