"""Countries, postcodes, time zones and phone numbers as people write them."""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import phonenumbers

from nurture.leads.errors import BadPhone

_NAMES = {
    "AT": "a austria österreich oesterreich autriche aut",
    "AU": "australia australien aus",
    "BE": "b belgium belgien belgië belgie belgique bel",
    "BG": "bulgaria bulgarien",
    "BR": "brazil brasilien brasil",
    "CA": "canada kanada can",
    "CH": "switzerland schweiz suisse svizzera che",
    "CN": "china volksrepublik_china chn",
    "CZ": "czechia czech_republic tschechien česko cesko cze",
    "DE": "d germany deutschland allemagne duitsland brd deu ger",
    "DK": "denmark dänemark daenemark danmark dnk",
    "EE": "estonia estland eesti",
    "ES": "e spain spanien españa espana espagne esp",
    "FI": "finland finnland suomi fin",
    "FR": "f france frankreich frankrijk fra",
    "GB": "uk united_kingdom great_britain großbritannien grossbritannien england scotland wales "
    "northern_ireland vereinigtes_königreich gbr",
    "GR": "greece griechenland hellas grc",
    "HR": "croatia kroatien hrvatska",
    "HU": "hungary ungarn magyarország hun",
    "IE": "ireland irland éire eire republic_of_ireland irl",
    "IN": "india indien ind",
    "IT": "i italy italien italia ita",
    "JP": "japan jpn",
    "LI": "liechtenstein",
    "LT": "lithuania litauen lietuva",
    "LU": "l luxembourg luxemburg lux",
    "LV": "latvia lettland latvija",
    "MX": "mexico mexiko méxico mex",
    "NL": "netherlands the_netherlands niederlande nederland holland nld",
    "NO": "norway norwegen norge nor",
    "PL": "poland polen polska pol",
    "PT": "portugal prt",
    "RO": "romania rumänien românia rou",
    "RS": "serbia serbien srbija",
    "SE": "s sweden schweden sverige swe",
    "SI": "slovenia slowenien slovenija svn",
    "SK": "slovakia slowakei slovensko svk",
    "TR": "turkey türkei türkiye tur",
    "UA": "ukraine ukr",
    "US": "usa u.s.a. u.s. united_states united_states_of_america vereinigte_staaten amerika",
}
_COUNTRY_OF = {
    name.replace("_", " "): code for code, names in _NAMES.items() for name in names.split()
}
# Where the first zone of a country in the public table is not where most of its people live.
_MAIN_ZONES = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
}
_POSTCODE_DIGITS = {"DE": 5, "FR": 5, "ES": 5, "IT": 5, "US": 5}
_POSTCODE_SIGNS = 20


@cache
def zones() -> dict[str, str]:
    """Tell the zone in which most people of each country live."""
    found: dict[str, str] = {}
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found.setdefault(country, zone)
    return found | _MAIN_ZONES


def zone_of(country: str | None) -> str:
    """Tell the IANA zone of a country; UTC where we do not know."""
    return zones().get(country or "", "UTC")


def read_country(text: str) -> str | None:
    """Read a country's name or code in the languages of its neighbours; None for another word."""
    word = " ".join(text.strip().casefold().split())
    if word in _COUNTRY_OF:
        return _COUNTRY_OF[word]
    return word.upper() if word.upper() in zones() else None


def read_postcode(text: str, *, country: str | None) -> str:
    """Tidy a postcode; noughts that a spreadsheet took away are put back."""
    code = " ".join(text.upper().split()).removesuffix(".0")
    code = re.sub(r"^[A-Z]{1,2}-(?=\d)", "", code)
    digits = _POSTCODE_DIGITS.get(country or "")
    if digits and code.isdecimal():
        code = code.zfill(digits)
    return code[:_POSTCODE_SIGNS]


def read_phone(text: str, *, country: str | None) -> str:
    """Write a number as E.164; `country` is where numbers without a prefix are dialled."""
    try:
        number = phonenumbers.parse(text.strip(), country)
    except phonenumbers.NumberParseException as wrong:
        raise BadPhone(_no_phone(text)) from wrong
    if not phonenumbers.is_possible_number(number):
        raise BadPhone(_no_phone(text))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_dialled(text: str, *, countries: Sequence[str]) -> str:
    """Write a number as E.164; one without a prefix must be real in one of the countries."""
    for country in countries:
        try:
            number = phonenumbers.parse(text.strip(), country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return read_phone(text, country=None)


def country_of_phone(text: str) -> str | None:
    """Tell the country of a number with its prefix."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(text, None)) or None
    except phonenumbers.NumberParseException:
        return None


def _no_phone(text: str) -> str:
    return f"“{text.strip()[:40]}” is no phone number: write it with + and the country's prefix."


def spaced_phone(number: str) -> str:
    """Space a number as people read it aloud: +353 1 555 0101; what is none stays as it is."""
    try:
        read = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
