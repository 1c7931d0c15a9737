"""Guess what the columns of a list mean, in English and German."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum


class Column(StrEnum):
    """What a column of a list may hold; any other fact is mapped as `fact:<name>`."""

    EMAIL = "email"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    NAME = "name"
    PHONE = "phone"
    JOB = "job"
    COMPANY = "company"
    COUNTRY = "country"
    POSTCODE = "postcode"
    LANGUAGE = "language"
    INTEREST = "interest"
    SOURCE = "source"
    OPT_IN = "opt_in"
    OPT_OUT = "opt_out"
    INDUSTRY = "fact:industry"
    EMPLOYEES = "fact:employees"
    COMPRESSOR_KW = "fact:compressor_kw"
    AUTHORITY = "fact:authority"
    BUDGET = "fact:budget"
    TIMING = "fact:timing"
    MAIN_CONCERN = "fact:main_concern"
    LAST_CONTACT = "fact:last_contact"
    CITY = "fact:city"
    WEBSITE = "fact:website"


FACT = "fact:"
IGNORED = ""

_WORDS: Mapping[Column, str] = {
    Column.EMAIL: "email|emailaddress|emailadresse|mail|mailadresse|kontaktemail|eemail",
    Column.FIRST_NAME: "vorname|firstname|givenname|forename|first",
    Column.LAST_NAME: "nachname|lastname|surname|familyname|familienname|zuname|last",
    Column.NAME: "name|fullname|kontakt|contact|ansprechpartner|contactname|person",
    Column.PHONE: "tel|telefon|phone|telephone|mobile|handy|mobil|phonenumber|telefonnummer|"
    "rufnummer|cell|mobilephone|durchwahl",
    Column.JOB: "job|jobtitle|title|position|funktion|beruf|rolle|role|stelle|function",
    Column.COMPANY: "firma|company|unternehmen|organisation|organization|companyname|account|"
    "firmenname|betrieb",
    Column.COUNTRY: "country|land|staat|countrycode|landescode|nation",
    Column.POSTCODE: "plz|postcode|zip|zipcode|postalcode|postleitzahl",
    Column.LANGUAGE: "language|sprache|lang",
    Column.INTEREST: "interest|interests|interesse|interessen|topic|topics|thema|themen",
    Column.SOURCE: "source|quelle|herkunft|leadsource|origin|leadquelle|channel",
    Column.OPT_IN: "optin|einwilligung|consent|permission|newsletter|zustimmung|doubleoptin|"
    "werbeeinwilligung|subscribed",
    Column.OPT_OUT: "optout|unsub|unsubscribe|unsubscribed|abgemeldet|abmeldung|donotmail|"
    "werbesperre|gesperrt|donotcontact|optedout|widerspruch|blocked",
    Column.INDUSTRY: "industry|branche|sector|sektor",
    Column.EMPLOYEES: "employees|mitarbeiter|headcount|mitarbeiterzahl|companysize|staff|"
    "numberofemployees",
    Column.COMPRESSOR_KW: "kw|compressorkw|leistung|leistungkw|power|kompressorleistung|powerkw",
    Column.AUTHORITY: "authority|entscheider|decisionmaker",
    Column.BUDGET: "budget",
    Column.TIMING: "timing|zeitpunkt|timeframe|when|wann",
    Column.MAIN_CONCERN: "mainconcern|anliegen|concern|problem|need|bedarf",
    Column.LAST_CONTACT: "lastcontact|letzterkontakt|lastcontacted|kontaktdatum|lastcontactdate",
    Column.CITY: "city|ort|stadt|town",
    Column.WEBSITE: "website|web|url|homepage|webseite",
}
_MEANING = {word: column for column, words in _WORDS.items() for word in words.split("|")}
_PARTS = re.compile(r"[/|,()\[\]]+")


def guess(headings: Sequence[str], *, known: Mapping[str, str]) -> dict[str, str]:
    """Map each heading to a column; what the source's last file said wins, doubles are ignored."""
    taken: set[str] = set()
    found: dict[str, str] = {}
    for heading in headings:
        column = known[heading] if heading in known else _meaning(heading)
        if column in taken:
            column = IGNORED
        found[heading] = column
        taken.update({column} - {IGNORED})
    return found


def is_column(name: str) -> bool:
    """Tell whether a mapping may name this: a column, a fact, or nothing."""
    plain = name.removeprefix(FACT)
    return name == IGNORED or name in set(Column) or (name != plain and plain.isidentifier())


def _meaning(heading: str) -> str:
    for part in (heading, *_PARTS.split(heading)):
        word = "".join(sign for sign in part.casefold() if sign.isalnum())
        if word in _MEANING:
            return _MEANING[word].value
    return IGNORED
