"""Countries as lists of four languages name them (ISO 3166-1, CLDR)."""

from zoneinfo import ZoneInfo

import pycountry
import pytest
from babel import Locale

from nurture.leads import read_country
from nurture.leads.places import zones

LANGUAGES = ("en", "de", "nl", "fr")


def test_every_country_is_read_by_its_codes_and_by_its_names_in_four_languages() -> None:
    wanted = [
        (name, one.alpha_2)
        for one in pycountry.countries
        for name in (
            one.alpha_2,
            one.alpha_3,
            one.alpha_2.lower(),
            one.name,
            getattr(one, "official_name", one.name),
            getattr(one, "common_name", one.name),
            *(Locale(language).territories[one.alpha_2] for language in LANGUAGES),
            *(Locale(language).territories[one.alpha_2].upper() for language in LANGUAGES),
        )
    ]
    assert len(wanted) >= 249 * 14
    assert [(name, code) for name, code in wanted if read_country(name) != code] == []


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("UK", "GB"),
        ("England and Wales", "GB"),
        ("England", "GB"),
        ("EL", "GR"),
        ("Brasil", "BR"),
        ("Україна", "UA"),
        ("Elfenbeinküste", "CI"),
        ("Lao PDR", "LA"),
        ("Rep. of Korea", "KR"),
        ("Bahamas, The", "BS"),
        ("Deutschland (DE)", "DE"),
        ("St Lucia", "LC"),
        ("USA", "US"),
    ],
)
def test_what_people_write_beside_the_standard_is_read_too(written: str, code: str) -> None:
    assert read_country(written) == code


def test_the_zone_of_every_country_exists() -> None:
    assert [zone for zone in zones().values() if ZoneInfo(zone).key != zone] == []
