"""Numbers as people write them: whose point or comma it is, is decided once for a whole column."""

import re
from collections.abc import Iterable
from enum import StrEnum


class Signs(StrEnum):
    """How the numbers of a column are written, where a single cell may be read in two ways."""

    POINT = "point"
    """1,500.25: a point before the decimals, commas between thousands."""
    COMMA = "comma"
    """1.500,25."""
    THOUSANDS = "thousands"
    """1,500 and 1.500 are both fifteen hundred."""
    DECIMALS = "decimals"
    """1,500 and 1.500 are both one and a half."""
    UNCLEAR = "unclear"
    """Some cells are written the one way, some the other: what may be both is not read."""


_NUMBER = re.compile(
    r"[+-]?(?:"
    r"\d{1,3}(?P<between>[.,'’ \u00a0\u202f])(?:\d{2,3}(?P=between))*\d{3}"  # noqa: RUF001 - people type it
    r"(?:(?!(?P=between))[.,]\d+)?"
    r"|\d+(?:[.,]\d+)?|[.,]\d+"
    r")(?:[eE][+-]?\d{1,3})?"
)
"""Between thousands stands one sign throughout: 1.234.567,8 or 12,34,567; 12.5.2024 is a day."""
_BLANKS = re.compile(r"['’ \u00a0\u202f]")  # noqa: RUF001 - as above
_ONE_SIGN = re.compile(r"[+-]?(\d{1,3})([.,])(\d{3})")
_MOST_DIGITS = 15
"""What a number of 64 bits keeps exactly (IEEE 754)."""


def is_number(text: str) -> bool:
    """Tell whether a text is a number and no code: 00123 and 4930123456789012 are codes."""
    if not _NUMBER.fullmatch(text) or text[-1] in ".,":
        return False
    digits = re.sub(r"\D", "", text)
    return len(digits) <= _MOST_DIGITS and not re.match(r"[+-]?0\d", text)


def signs_of(text: str) -> Signs | None:
    """Tell what one number proves about its column; UNCLEAR = it may be read in two ways."""
    plain = _BLANKS.sub("", text)
    points, commas = plain.count("."), plain.count(",")
    if points and commas:
        return Signs.POINT if plain.rfind(".") > plain.rfind(",") else Signs.COMMA
    if points + commas == 0:
        return None
    if points + commas > 1:
        # 1.234.567: the sign between thousands, so the other one stands before decimals.
        return Signs.COMMA if points else Signs.POINT
    alone = _ONE_SIGN.fullmatch(plain)
    if alone is None or alone[1].startswith("0"):
        return Signs.POINT if points else Signs.COMMA
    return Signs.UNCLEAR


def signs_for(seen: Iterable[Signs | None]) -> tuple[Signs | None, bool]:
    """Decide for a column by what its cells prove; True = somebody must say it."""
    found = set(seen) - {None}
    proven = found - {Signs.UNCLEAR}
    if len(proven) > 1:
        return Signs.UNCLEAR, Signs.UNCLEAR in found
    if proven:
        return proven.pop(), False
    return None, Signs.UNCLEAR in found


def read_number(text: str, signs: Signs | None) -> int | float | None:
    """Read one number; whole ones are whole, 80.0 is 80; None = it may be read in two ways."""
    plain = _BLANKS.sub("", text)
    own = signs_of(plain)
    if own is Signs.UNCLEAR:
        if signs is None or signs is Signs.UNCLEAR:
            return None
        own = signs
    number = float(_with_point(plain, own))
    return int(number) if number.is_integer() else number


def both_ways(text: str) -> tuple[str, str]:
    """Write a number that may be read in two ways so that it is clear: 1,500 is 1500 or 1.5."""
    plain = _BLANKS.sub("", text)
    whole = _with_point(plain, Signs.THOUSANDS)
    parts = _with_point(plain, Signs.DECIMALS).rstrip("0").rstrip(".")
    return whole, f"{parts}0" if signs_of(parts) is Signs.UNCLEAR else parts


def _with_point(plain: str, signs: Signs | None) -> str:
    if signs is Signs.THOUSANDS:
        return plain.replace(".", "").replace(",", "")
    if signs is Signs.DECIMALS:
        return plain.replace(",", ".")
    if signs is Signs.COMMA:
        return plain.replace(".", "").replace(",", ".")
    return plain.replace(",", "")
