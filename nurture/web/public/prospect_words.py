"""The product's own words on public pages, in the languages of their readers: gettext catalogues.

English is what the sources say; `catalogues/<language>` has the others, read once per process.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from campaigns.languages import PUBLIC_LANGUAGES

CATALOGUES = Path(__file__).parent / "catalogues"
LOCALES = {"en": "en_GB"}
"""Where a language alone would write dates as its largest country does."""


def choose(lead: str, asked: str, accepted: Callable[[], str], company: str) -> str:
    """Choose a page's language: the lead's, the address's, the browser's, the company's own."""
    for told in (lead, asked, accepted(), company):
        language = told.replace("_", "-").partition("-")[0].lower()
        if language in PUBLIC_LANGUAGES:
            return language
    return "en"


@cache
def catalogue(language: str) -> NullTranslations:
    """Read the words of a language; English needs none."""
    if language == "en":
        return NullTranslations()
    compiled = BytesIO()
    with (CATALOGUES / language / "LC_MESSAGES" / "nurture.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)


def later(msgid: str) -> str:
    """Mark words of a constant that are said in the reader's language once there is a reader."""
    return msgid


def day_in(language: str, day: date) -> str:
    """Name a day without its year: Sunday 31 May, Sonntag, 31. Mai."""
    locale = Locale.parse(LOCALES.get(language, language))
    # CLDR has the order for short names; a longer name takes their place (UTS 35, skeletons).
    pattern = re.sub("E+", "EEEE", str(locale.datetime_skeletons["MMMMEd"].pattern))
    return format_date(day, pattern, locale=locale)


def best_of(accepted: Iterable[tuple[str, float]]) -> str:
    """Give the language that a browser likes best of ours; "" = it names none of them."""
    liked = [name for name, quality in accepted if quality > 0]
    return negotiate_locale(liked, PUBLIC_LANGUAGES, sep="-") or ""
