"""Days as people write them: whether the day or the month comes first holds for a whole column."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from nurture.kernel.errors import Invalid


class DayOrder(StrEnum):
    """What comes first in 01/02/2025."""

    DAY = "day_first"
    MONTH = "month_first"
    UNCLEAR = "unclear"
    """Some cells begin with a day, some with a month: what may be both is not read."""


_NUMBERS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{2}|\d{4})")
_TIME = re.compile(
    r"[T ,]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)? ?([AaPp]\.?[Mm]\.?)?( ?(Z|UTC|GMT|[+-]\d{2}:?\d{2}))?$"
)
_FORMS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d %Y",
    "%B %d %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %y",
)
_MONTHS_OF_A_YEAR = 12
_MONTHS = {
    "januar": "january",
    "jaenner": "january",
    "jänner": "january",
    "janvier": "january",
    "januari": "january",
    "februar": "february",
    "fevrier": "february",
    "février": "february",
    "februari": "february",
    "märz": "march",
    "maerz": "march",
    "mars": "march",
    "maart": "march",
    "avril": "april",
    "mai": "may",
    "mei": "may",
    "juni": "june",
    "juin": "june",
    "juli": "july",
    "juillet": "july",
    "août": "august",
    "aout": "august",
    "augustus": "august",
    "septembre": "september",
    "oktober": "october",
    "octobre": "october",
    "novembre": "november",
    "dezember": "december",
    "decembre": "december",
    "décembre": "december",
    "mrz": "mar",
    "okt": "oct",
    "dez": "dec",
    "mär": "mar",
    "sept": "sep",
}
_WORD = re.compile(r"[^\W\d_]+")
NO_DAY = "This is no day: write it like 2026-03-31 or 31.03.2026."


@lru_cache(maxsize=8_192)
def order_of(text: str) -> DayOrder | None:
    """Tell what one day proves about its column; UNCLEAR = it may be read in two ways."""
    found = _NUMBERS.fullmatch(_without_time(text))
    if found is None:
        return None
    first, second = int(found[1]), int(found[3])
    if first > _MONTHS_OF_A_YEAR:
        return DayOrder.DAY
    if second > _MONTHS_OF_A_YEAR:
        return DayOrder.MONTH
    # Nobody writes a month before points (DIN 1355), and on some days it is all the same.
    return None if first == second or found[2] == "." else DayOrder.UNCLEAR


def order_for(seen: Iterable[DayOrder | None]) -> tuple[DayOrder | None, bool]:
    """Decide for a column by what its cells prove; True = somebody must say it."""
    found = set(seen) - {None}
    proven = found - {DayOrder.UNCLEAR}
    if len(proven) > 1:
        return DayOrder.UNCLEAR, DayOrder.UNCLEAR in found
    if proven:
        return proven.pop(), False
    return None, DayOrder.UNCLEAR in found


@lru_cache(maxsize=8_192)
def is_day(text: str) -> bool:
    """Tell whether a text is a day."""
    if not text[:1].isalnum() or not any(map(str.isdigit, text)):
        return False
    try:
        read_day(text, DayOrder.DAY)
    except Invalid:
        return order_of(text) is DayOrder.MONTH
    return True


@lru_cache(maxsize=8_192)
def read_day(text: str, order: DayOrder | None) -> str:
    """Read a day as ISO 8601 writes it."""
    plain = _without_time(text)
    found = _NUMBERS.fullmatch(plain)
    if found is None:
        return _written_out(plain)
    own = order_of(plain)
    if own is DayOrder.UNCLEAR:
        if order in (None, DayOrder.UNCLEAR):
            raise Invalid(f"“{text}” may be read in two ways: write it like 2026-03-31.")
        own = order
    year = found[4] if len(found[4]) > len("26") else f"20{found[4]}"
    day, month = (found[3], found[1]) if own is DayOrder.MONTH else (found[1], found[3])
    try:
        return datetime(int(year), int(month), int(day), tzinfo=UTC).date().isoformat()
    except ValueError as wrong:
        raise Invalid(NO_DAY) from wrong


def _written_out(plain: str) -> str:
    text = _WORD.sub(lambda word: _MONTHS.get(word[0].lower(), word[0]), plain)
    text = " ".join(text.replace(",", " ").replace(". ", " ").split())
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date().isoformat()
        except ValueError:
            continue
    raise Invalid(NO_DAY)


def _without_time(text: str) -> str:
    return _TIME.sub("", text.strip())
