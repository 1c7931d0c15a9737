"""Read what somebody typed into a field, by its kind; what cannot be kept is refused."""

import re
from collections.abc import Callable, Mapping
from zoneinfo import available_timezones

from campaigns.fields import FieldDefinition, FieldKind
from campaigns.numbers import Signs, both_ways, is_number, read_number
from nurture.kernel.errors import Invalid
from nurture.kernel.types import Json
from nurture.leads.days import read_day
from nurture.leads.phones import read_listed
from nurture.leads.places import read_country, read_postcode
from nurture.leads.plain_words import words_of

POSTCODE = "postcode"
_YES = frozenset(["yes", "y", "true", "1", "on", "ja", "j", "oui", "o", "x"])
_NO = frozenset(["no", "n", "false", "0", "off", "nein", "nee", "non"])
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_WEB = re.compile(r"(?:https?://)?[^\s/@]+\.[^\s/@]{2,}(?:/\S*)?", re.IGNORECASE)


READ_ON = frozenset(
    {
        FieldKind.CHOICES,
        FieldKind.COUNTRY,
        FieldKind.DATE,
        FieldKind.LANGUAGE,
        FieldKind.URL,
        FieldKind.YES_NO,
        FieldKind.ZONE,
    }
)
"""Kinds that a form takes as text, and that are read here before anything is kept."""


def read_value(one: FieldDefinition, text: str, *, country: str | None = None) -> Json:
    """Read a typed value, blanks taken off; `country` is where phones and postcodes belong."""
    if one.options and not one.is_number and one.kind is not FieldKind.CHOICES:
        kept = option_of(one, text)
        if kept is not None:
            return kept
        if one.kind is FieldKind.CHOICE:
            listed = ", ".join(option.words for option in one.options)
            raise Invalid(f"“{text[:40]}” is none of the answers: {listed}.")
    if one.key == POSTCODE:
        return read_postcode(text, country=country)
    if one.kind is FieldKind.PHONE:
        return read_listed(text, country=country).number
    reader = _READERS.get(one.kind)
    if reader is not None:
        return reader(one, text)
    if len(text) > one.longest:
        raise Invalid(f"This is longer than {one.longest:,} letters: shorten it.")
    return text


def option_of(one: FieldDefinition, text: str) -> str | int | None:
    """Give what is kept for the words of a choice, or for its key; None = it is none of them."""
    wanted = words_of(text)
    for option in one.options:
        named = (option.words, option.asked, option.key, *option.aliases)
        if any(words_of(name) == wanted for name in named if name):
            return option.kept
    return None


def number_in(one: FieldDefinition, text: str) -> str:
    """Take the number out of "30 kW"; of people also out of "50-249", by its lower end."""
    if one.whole:
        return people_in(text)
    if one.units:
        units = "|".join(re.escape(unit) for unit in one.units)
        text = re.sub(rf"(?i)(?<=\d)\s*(?:{units})$|^(?:{units})\s*(?=\d)", "", text.strip())
    return text


_PEOPLE = re.compile(
    r"(?P<most><|≤|less than|fewer than|under|up to|bis zu|weniger als|unter|moins de|minder dan|"
    r"menos de|meno di)?\s*"
    r"(?:ca\.?|circa|about|approx\.?|over|über|more than|mehr als|plus de|meer dan|>|≥|~)?\s*"
    r"(?P<low>\d[\d.,'’]*(?: \d{3})*)"  # noqa: RUF001 - people type it
    r"(?:\s*(?:[-–+]|bis|to|à|tot|und|and|or|oder|bzw|employees?|people|persons|staff|mitarbeiter|"  # noqa: RUF001 - ranges have dashes
    r"ma\b|fte|salariés|medewerkers|empleados|dipendenti|beschäftigte)[^=]*)?",
    re.IGNORECASE,
)


def people_in(cell: str) -> str:
    """Take the lower end out of 50-249 or 10+; who are fewer than so many are at least one."""
    found = _PEOPLE.fullmatch(cell.strip())
    if found is None:
        return cell
    return "1" if found["most"] else found["low"].rstrip(".,")


def yes_or_no(text: str) -> bool | None:
    """Read a yes or a no; None = it is neither."""
    word = words_of(text)
    return True if word in _YES else False if word in _NO else None


def _number(one: FieldDefinition, text: str) -> Json:
    part = number_in(one, text).rstrip(".,") if one.whole else number_in(one, text)
    # What is counted whole: 1.500 are fifteen hundred.
    number = read_number(part, Signs.THOUSANDS if one.whole else None) if is_number(part) else -1
    unit = f" {one.unit}" if one.unit else ""
    if number is None:
        whole, parts = both_ways(part)
        raise Invalid(f"Do you mean {whole} or {parts}{unit}? Write it in one of these ways.")
    if one.whole and isinstance(number, float):
        raise Invalid("This is counted whole: write it without decimals.")
    if not 0 <= number <= (one.most or _MOST):
        such = "250" if one.whole else "30 or 7.5"
        of = f" of {one.unit or one.label.lower()}" if one.unit or one.whole else ""
        below = f" up to {one.most:,.0f}" if one.most and number > one.most else ""
        raise Invalid(f"This is no number{of}{below}: write it in digits, such as {such}.")
    return number


_MOST = 1e15
"""What a number of 64 bits keeps exactly (IEEE 754)."""


def _day(_: FieldDefinition, text: str) -> Json:
    return read_day(text, None)


def _yes_no(_: FieldDefinition, text: str) -> Json:
    found = yes_or_no(text)
    if found is None:
        raise Invalid(f"“{text[:40]}” is neither: write yes or no.")
    return found


def _choices(one: FieldDefinition, text: str) -> Json:
    found: list[Json] = []
    for part in re.split(r"[,;|]", text):
        if not part.strip():
            continue
        kept = option_of(one, part)
        if kept is None:
            listed = ", ".join(option.words for option in one.options)
            raise Invalid(f"“{part.strip()[:40]}” is none of the answers: {listed}.")
        if kept not in found:
            found.append(kept)
    return found


def _email(_: FieldDefinition, text: str) -> Json:
    if not _ADDRESS.fullmatch(text):
        raise Invalid(f"“{text[:60]}” is not a whole address, such as name@company.example.")
    return text


def _web(one: FieldDefinition, text: str) -> Json:
    if len(text) > one.longest or not _WEB.fullmatch(text):
        raise Invalid(f"“{text[:60]}” is no web address, such as www.company.example.")
    return text


def _country(_: FieldDefinition, text: str) -> Json:
    found = read_country(text)
    if found is None:
        raise Invalid(f"“{text[:40]}” is no country: write its name or its code, such as DE.")
    return found


def _zone(_: FieldDefinition, text: str) -> Json:
    if text not in available_timezones():
        raise Invalid(f"“{text[:40]}” is no time zone: write it like Europe/Berlin.")
    return text


def _language(_: FieldDefinition, text: str) -> Json:
    if not re.fullmatch(r"[A-Za-z]{2}(?:[-_][A-Za-z]{2})?", text):
        raise Invalid("Write a language with two letters, such as en or de.")
    return text[:2].lower()


_READERS: Mapping[FieldKind, Callable[[FieldDefinition, str], Json]] = {
    FieldKind.NUMBER: _number,
    FieldKind.MONEY: _number,
    FieldKind.DATE: _day,
    FieldKind.YES_NO: _yes_no,
    FieldKind.CHOICES: _choices,
    FieldKind.EMAIL: _email,
    FieldKind.URL: _web,
    FieldKind.COUNTRY: _country,
    FieldKind.ZONE: _zone,
    FieldKind.LANGUAGE: _language,
}
