"""The names of countries, as readers of English write them (CLDR)."""

from functools import cache

import pycountry
from babel import Locale


@cache
def country_names() -> dict[str, str]:
    """Name every country of ISO 3166, by its code of two letters."""
    words = Locale("en").territories
    return {code: words.get(code, code) for code in _codes()}


def country_name(code: str | None) -> str:
    """Name a country; a code that nobody listed stands for itself."""
    return country_names().get(code or "", code or "")


def _codes() -> list[str]:
    # Kosovo has a code that the standard leaves to its users, and people.
    return sorted({*(one.alpha_2 for one in pycountry.countries), "XK"})
