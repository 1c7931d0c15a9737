"""Phone numbers as lists hold them, with what people write before and behind them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumber

from nurture.leads.errors import BadPhone


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as E.164, and what is dialled once somebody answers."""

    number: str
    extension: str = ""


def read_listed(text: str, *, country: str | None) -> Phone:
    """Read the first number of a cell; `country` is where one without a prefix is dialled."""
    for part in (text, *_SEVERAL.split(text)):
        found = _read(part, country)
        if found is not None:
            return found
    raise BadPhone(
        f"“{text.strip()[:40]}” is no phone number: write it with + and the country's prefix."
    )


def read_dialled(text: str, *, countries: Sequence[str]) -> str:
    """Write a number as E.164; one without a prefix must be real in one of the countries."""
    for country in countries:
        try:
            number = read_listed(text, country=country).number
        except BadPhone:
            continue
        if phonenumbers.is_valid_number(phonenumbers.parse(number, None)):
            return number
    return read_listed(text, country=None).number


_SEVERAL = re.compile(r"[;,|\n]| / | or | oder | ou | o | of ")
_SIGNS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-") | {
    ord("\u00a0"): " ",
    ord("\u202f"): " ",
    ord("\uff0f"): "/",
}
_BEGINS = re.compile(r"[^\d+(]*")
_DIGITS = re.compile(r"[+(]?[\d+(][\d\s().\-/+]*")
_EXTENSION = re.compile(
    r"^[\s,;.:(-]*(?:ext|extn|extension|x|int|intern|durchwahl|dw|app|apparat|poste|toestel|tst|"
    r"anexo|interno|klappe|kl|#)[\s.:#]*(\d{1,7})\b",
    re.IGNORECASE,
)
_VANITY = re.compile(r"\+?1?[\s.-]?\(?8\d\d\)?[\s.-]?[A-Z0-9-]{5,12}")


def _read(text: str, country: str | None) -> Phone | None:
    plain = text.translate(_SIGNS).strip()
    digits = _DIGITS.match(plain, _begin(plain))
    if digits is None:
        return None
    behind = _EXTENSION.match(plain[digits.end() :])
    number = _parse(digits[0], country)
    if number is None and _VANITY.fullmatch(plain):
        number = _parse(plain, country or "US")
    if number is None:
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Phone(written, behind[1] if behind else "")


def _begin(plain: str) -> int:
    """Pass over words before a number: Tel.: 030 1234."""
    found = _BEGINS.match(plain)
    return found.end() if found else 0


def _parse(digits: str, country: str | None) -> PhoneNumber | None:
    written = digits.strip(" .-/(")
    if written.startswith("00"):
        written = f"+{written[2:]}"
    for one, where in ((written, country), (f"+{written}", None)):
        try:
            number = phonenumbers.parse(one, where)
        except phonenumbers.NumberParseException:
            continue
        if one is written and phonenumbers.is_possible_number(number):
            return _as_dialled(number, written, country)
        if one is not written and phonenumbers.is_valid_number(number) and len(written) > _MANY:
            return number
    return None


_MANY = 9
"""Digits from which a number without + may begin with its country: 49301234567."""


def _as_dialled(number: PhoneNumber, written: str, country: str | None) -> PhoneNumber:
    """Put back the + that a spreadsheet took away, where only so the number is a real one."""
    if country is None or written.startswith(("+", "0")) or phonenumbers.is_valid_number(number):
        return number
    try:
        other = phonenumbers.parse(f"+{written}", None)
    except phonenumbers.NumberParseException:
        return number
    ours = other.country_code == phonenumbers.country_code_for_region(country)
    return other if ours and phonenumbers.is_valid_number(other) else number
