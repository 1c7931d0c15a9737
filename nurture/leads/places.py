"""Countries, postcodes, time zones and phone numbers as people write them."""

import re
import unicodedata
from functools import cache
from importlib.resources import files

import phonenumbers
import pycountry
from babel import Locale

from nurture.kernel.errors import Invalid

_OTHER_NAMES = {
    "FK": "falklands",
    "ST": "são_tomé",
    "VC": "st._vincent",
    "KN": "st._kitts saint_kitts",
    "AG": "antigua",
    "TT": "trinidad",
    "SA": "ksa",
    "ZA": "rsa rep._südafrika",
    "MD": "moldawien moldau moldavie moldavië",
    "BY": "weißrussland weissrussland wit-rusland biélorussie",
    "BA": "bosnia bosnien bosnie herzegovina",
    "JP": "日本",
    "AL": "shqipëria",
    "IS": "ísland",
    "PT": "portugal por",
    "SK": "slovensko slovak_republic slowakische_republik slowakei_republik",
    "SI": "slovenija slo",
    "RS": "srbija",
    "RO": "românia",
    "PL": "polska",
    "NO": "norge",
    "MX": "méxico",
    "LV": "latvija",
    "LT": "lietuva",
    "HU": "magyarország",
    "HR": "hrvatska cro",
    "FI": "suomi",
    "EE": "eesti",
    "DK": "danmark den",
    "BG": "българия bul",
    "BR": "brasil",
    "AE": "uae emirates vae emirate eau",
    "AT": "a oe österreich oesterreich",
    "BE": "b belgië belgique",
    "BO": "bolivia",
    "CD": "dr_congo drc congo_kinshasa democratic_republic_of_congo zaire",
    "CG": "congo congo_brazzaville republic_of_congo kongo",
    "CH": "suisse schweiz svizzera sui",
    "CI": "ivory_coast elfenbeinküste",
    "CN": "prc mainland_china volksrepublik_china people's_republic_of_china 中国",
    "CV": "cape_verde",
    "CZ": "czech_republic česko tschechische_republik tschechei tsjechische_republiek "
    "république_tchèque",
    "DE": "d brd federal_republic_of_germany bundesrepublik bundesrepublik_deutschland ger",
    "ES": "e españa",
    "FR": "f",
    "GB": "uk u.k. great_britain britain england scotland wales northern_ireland "
    "england_and_wales großbritannien grossbritannien schottland nordirland angleterre "
    "grande_bretagne écosse groot-brittannië engeland united_kingdom_of_great_britain "
    "vereinigtes_königreich_großbritannien verenigd_koninkrijk_groot-brittannië gran_bretaña",
    "GR": "el hellas elláda gre",
    "HK": "hong_kong hongkong hong_kong_sar",
    "IE": "éire republic_of_ireland eire",
    "IR": "persia",
    "IT": "i",
    "KR": "korea rep._of_korea south_korea republic_of_korea südkorea korea_south "
    "korea_republic_of s._korea corée corée_du_sud zuid-korea rok",
    "KP": "north_korea dprk",
    "LA": "laos lao_pdr",
    "LU": "l",
    "MK": "macedonia fyrom north_macedonia mazedonien macédoine",
    "MM": "burma birma birmanie",
    "MO": "macau macao",
    "NL": "holland the_netherlands the_nederland hollande ned",
    "PS": "palestine palestinian_territories palästina",
    "RU": "russia russian_federation russische_föderation rus россия",
    "SE": "s sverige",
    "SY": "syria",
    "SZ": "swaziland",
    "TL": "east_timor",
    "TR": "turkey türkei turquie turkije turquía türkiye",
    "TW": "taiwan taiwan_province_of_china republic_of_china roc",
    "TZ": "tanzania",
    "UA": "україна",
    "US": "usa u.s.a. u.s. united_states united_states_of_america vereinigte_staaten amerika "
    "america états-unis etats-unis verenigde_staten estados_unidos stati_uniti "
    "vereinigte_staaten_von_amerika états-unis_d'amérique",
    "VA": "vatican vatikan vatican_city",
    "VE": "venezuela",
    "VN": "vietnam viet_nam",
    "XK": "kosovo kosova",
}
"""What people write beside the names that CLDR and ISO 3166 list; car signs, parts, older names."""
_LANGUAGES = ("en", "de", "nl", "fr", "es", "it")
# Where the first zone of a country in the public table is not where most of its people live.
_MAIN_ZONES = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
    "XK": "Europe/Belgrade",
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
    """Read a country's name or code as ISO 3166 and its neighbours write it; None = another word.

    Names are those of CLDR in six languages and in the country's own, and those of the standard.
    """
    for part in (text, text.partition("(")[0], *_BESIDE.split(text)):
        code = _country_names().get(_plain_name(part))
        if code is not None:
            return code
    return None


_BESIDE = re.compile(r"\s[-–/|:]\s|[()]")  # noqa: RUF001 - people type both dashes
"""What stands between a country's code and its name: DE - Germany, Germany (DE)."""


def read_language(text: str) -> str:
    """Read a language's code or name as ISO 639 writes it: de, de-AT, German, Deutsch."""
    word = " ".join(text.strip().casefold().split())
    code = re.fullmatch(r"([a-z]{2,3})(?:[-_][a-z0-9-]+)?", word.replace("_", "-"))
    known = _language_names()
    if code and code[1] in known:
        return known[code[1]]
    found = known.get(re.split(r"[(,;/]", word)[0].strip())
    if found is None:
        raise Invalid(f"“{text.strip()[:40]}” is no language: use its code, such as de.")
    return found


@cache
def _country_names() -> dict[str, str]:
    found: dict[str, str] = {}
    territories = {language: Locale(language).territories for language in _LANGUAGES}
    listed = {one.alpha_2: _standard_names(one) for one in pycountry.countries}
    for code, names in {**listed, "XK": ("XK", "XKX")}.items():
        spoken = [words[code] for words in territories.values() if code in words]
        for name in (*names, *spoken):
            found.setdefault(_plain_name(name), code)
            found.setdefault(_plain_name(_turned(name)), code)
    for code, others in _OTHER_NAMES.items():
        for name in others.split():
            found.setdefault(_plain_name(name.replace("_", " ")), code)
    found.pop("", None)
    return found


def _standard_names(country: pycountry.db.Country) -> tuple[str, ...]:
    names = ("alpha_2", "alpha_3", "name", "official_name", "common_name")
    return tuple(str(getattr(country, name, "")) for name in names)


def _turned(name: str) -> str:
    """Put what stands behind a comma in front: Korea, Republic of -> Republic of Korea."""
    head, _, behind = name.partition(", ")
    return f"{behind} {head}" if behind else name


def _plain_name(text: str) -> str:
    """Write a name as it is looked up: small, without accents, signs and "and"."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in parts if not unicodedata.combining(sign))
    words = re.sub(r"[^\w]+", " ", bare).split()
    plain = " ".join(word for word in words if word not in _LINKS)
    return plain.removeprefix("the ").removesuffix(" the") or " ".join(words)


_LINKS = frozenset({"and", "und", "et", "en", "y", "e", "&"})


@cache
def _language_names() -> dict[str, str]:
    """List the languages of two letters by code, by code of three letters and by name."""
    found: dict[str, str] = {}
    words = [Locale(language).languages for language in _LANGUAGES]
    for one in pycountry.languages:
        code = getattr(one, "alpha_2", None)
        if not code:
            continue
        spoken = [names[code] for names in words if code in names]
        for name in (code, one.alpha_3, getattr(one, "bibliographic", ""), one.name, *spoken):
            found.setdefault(str(name).casefold(), code)
    found.pop("", None)
    return found | _OWN_LANGUAGES


_OWN_LANGUAGES = {
    "deutsch": "de",
    "english": "en",
    "français": "fr",
    "francais": "fr",
    "nederlands": "nl",
    "español": "es",
    "espanol": "es",
    "castellano": "es",
    "italiano": "it",
    "polski": "pl",
    "čeština": "cs",
    "cesky": "cs",
    "português": "pt",
    "portugues": "pt",
    "svenska": "sv",
    "dansk": "da",
    "norsk": "no",
    "suomi": "fi",
    "magyar": "hu",
    "română": "ro",
    "türkçe": "tr",
    "greek": "el",
    "flemish": "nl",
    "chinese": "zh",
    "mandarin": "zh",
    "schweizerdeutsch": "de",
}


def read_postcode(text: str, *, country: str | None) -> str:
    """Tidy a postcode; noughts that a spreadsheet took away are put back."""
    code = " ".join(text.upper().split()).removesuffix(".0")
    code = re.sub(r"^[A-Z]{1,2}-(?=\d)", "", code)
    digits = _POSTCODE_DIGITS.get(country or "")
    if digits and code.isdecimal():
        code = code.zfill(digits)
    return code[:_POSTCODE_SIGNS]


def country_of_phone(text: str) -> str | None:
    """Tell the country of a number with its prefix."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(text, None)) or None
    except phonenumbers.NumberParseException:
        return None


def spaced_phone(number: str) -> str:
    """Space a number as people read it aloud: +353 1 555 0101; what is none stays as it is."""
    try:
        read = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
