"""Guess what the columns of a list mean, from the headings that usual systems export."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

from campaigns.built_in_fields import built_in
from campaigns.fields import FieldDefinition, FieldSchema
from nurture.leads.mail_wishes_read import MailColumn, about_mail
from nurture.leads.plain_words import words_of


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


FACT = "fact:"
IGNORED = ""
LEFT_OUT = "left_out"
"""Left out by somebody who saw that it sounds like a column of who wants mail."""
SEVERAL = frozenset({Column.OPT_IN.value, Column.OPT_OUT.value})
"""What more than one column may hold: each one counts."""

_LIST_ONLY: Mapping[Column, str] = {
    Column.NAME: "name|fullname|kontakt|contact|ansprechpartner|ansprechpartnerin|contactname|"
    "person|nomcomplet|nombrecompleto|naam|volledigenaam|contactperson|contactpersoon|"
    "nometprenom|prenometnom|nomprenom|prenomnom|leadname|contactfullname|personname|"
    "nombreyapellidos|nomecognome|nomeecognome|kontaktperson|kontaktname|attendeename",
    Column.INTEREST: "interest|interests|interesse|interessen|topic|topics|thema|themen|interets|"
    "interet|intereses|interessi|productinterest|areaofinterest|areasofinterest|"
    "interessengebiet|centresdinteret|interessegebied|productofinterest",
    Column.SOURCE: "source|quelle|herkunft|leadsource|origin|leadquelle|channel|sourceoflead|"
    "acquisitionsource|bron|origen|fonte|herkomst|leadherkunft|originalsource|leadchannel|"
    "sourcedulead|leadbron|origine|fuente|kontaktquelle|leadorigin",
}
"""What only a list has, beside the fields of the schema."""
_WEAK: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "mobile",
            "handy",
            "mobil",
            "cell",
            "mobilephone",
            "cellphone",
            "mobilenumber",
            "mobiltelefon",
            "portable",
            "gsm",
            "movil",
            "cellulare",
            "mobiel",
            "telefonmobil",
            "mobilephonenumber",
            "handynummer",
            "mobilnummer",
            "homephone",
            "otherphone",
            "cellnumber",
            "telephonemobile",
            "telefonomovil",
            "mobilenummer",
            "phonemobile",
            "privatephone",
        ),
        Column.PHONE,
    ),
    "title": Column.JOB,
    "nom": Column.LAST_NAME,
    "displayname": Column.NAME,
    "site": "fact:website",
}
"""Words that mean it only where no other heading of the list does."""
_WHOSE = """
    contact lead person business work office primary main mailing billing postal address adresse
    organization organisation company account customer prospect subscriber member user firmen your
    ihre kontakt geschaftlich dienst dienstlich current default home personal
    recipient attendee participant teilnehmer besucher visitor employer corporate
    kunden rechnungs primare hq headquarters registered job individual direct
"""
_BEFORE = frozenset(_WHOSE.split())
"""Words before a heading that say whose it is: Mailing City, Account Name, Business Phone."""
_BEHIND = re.compile(
    r" (1|one|required|optional|pflichtfeld|obligatoire|field|text|value|input|work|business|"
    r"geschaftlich|of contact|company)$"
)
_NUMBERED = re.compile(r"^(\w+) 1( value)?( (?=\w)|$)")
"""How address books number what one person has several of: E-mail 1 - Value, Address 1 - City."""
_PARTS = re.compile(r"[/|,()\[\]:]+")
_ABOUT = {
    MailColumn.REFUSAL: Column.OPT_OUT.value,
    MailColumn.STATE: Column.OPT_OUT.value,
    MailColumn.AGREEMENT: Column.OPT_IN.value,
}
_NO_MATCH = (99, IGNORED)


def column_of(one: FieldDefinition) -> str:
    """Name the column that brings a field."""
    return one.key if one.column else f"{FACT}{one.key}"


@lru_cache(maxsize=16)
def _meanings(fields: FieldSchema) -> Mapping[str, str]:
    """Give each word of a heading, squeezed, and the column that it means; the first one wins."""
    found: dict[str, str] = {}
    for column, words in _LIST_ONLY.items():
        found |= dict.fromkeys(words.split("|"), column.value)
    for one in fields.imported:
        for word in (one.key, one.label, *one.aliases):
            found.setdefault(words_of(word).replace(" ", ""), column_of(one))
    return found


def guess(
    headings: Sequence[str],
    *,
    known: Mapping[str, str],
    fields: FieldSchema | None = None,
    said: bool = False,
) -> dict[str, str]:
    """Map each heading to a column; what is `known` wins, from a former list or, `said`, for this.

    Of several headings that may mean the same the plainest one does, the others are left out. What
    a former list left out is looked at again where it sounds like a column of who wants mail.
    """
    settled = {
        heading: known[heading]
        for heading in headings
        if heading in known and (said or known[heading] or about_mail(heading) is None)
    }
    found = {heading: settled.get(heading, IGNORED) for heading in headings}
    taken, meanings = set(settled.values()) - SEVERAL, _meanings(fields or built_in())
    new = [heading for heading in headings if heading not in settled]
    ranked = sorted(
        (far, place, column)
        for place, one in enumerate(new)
        for far, column in (_meaning(one, meanings),)
    )
    for _, place, column in ranked:
        if column != IGNORED and column not in taken:
            found[new[place]] = column
            taken |= {column} - SEVERAL
    return _with_halves(found, new)


def _with_halves(found: dict[str, str], new: Sequence[str]) -> dict[str, str]:
    """Read "Name" beside "Vorname" as the other half of a name."""
    missing = {Column.FIRST_NAME.value, Column.LAST_NAME.value} - set(found.values())
    if len(missing) != 1:
        return found
    half = missing.pop()
    return {
        heading: half
        if column == Column.NAME and heading in new and words_of(heading) in _HALVES
        else column
        for heading, column in found.items()
    }


_HALVES = frozenset({"name", "naam", "namen", "nom", "nome", "nombre"})


def is_column(name: str) -> bool:
    """Tell whether a mapping may name this: a column, a fact, or nothing."""
    plain = name.removeprefix(FACT)
    return name in (IGNORED, LEFT_OUT, *Column) or (name != plain and plain.isidentifier())


def _meaning(heading: str, meanings: Mapping[str, str]) -> tuple[int, str]:
    """Tell what a heading may mean, and how far from plain its words are."""
    own = heading.strip()
    if own.startswith(FACT) and is_column(own):
        return 0, own
    about = about_mail(heading)
    if about is not None:
        return 0, _ABOUT.get(about, IGNORED)
    best = _NO_MATCH
    for far, part in enumerate((heading, *_PARTS.split(heading))):
        best = min(best, _word(words_of(part), 0 if not far else 1, meanings))
    return best


def _word(words: str, far: int, meanings: Mapping[str, str]) -> tuple[int, str]:
    best = _NO_MATCH
    if not words or len(words) > _LONGEST_HEADING:
        return best
    for ahead, written in enumerate(_shorter(words)):
        squeezed = written.replace(" ", "")
        if squeezed in meanings:
            best = min(best, (far + ahead, meanings[squeezed]))
        elif squeezed in _WEAK:
            best = min(best, (_WEAK_RANK + far + ahead, _WEAK[squeezed]))
    return best


_WEAK_RANK = 20
_LONGEST_HEADING = 80


def _shorter(words: str) -> list[str]:
    """List a heading and what is left of it without the words that say whose it is."""
    found = [words]
    plain = _BEHIND.sub("", _NUMBERED.sub(r"\1 ", words).strip())
    if plain != words:
        found.append(plain)
    parts = plain.split()
    while len(parts) > 1 and parts[0] in _BEFORE:
        parts = parts[1:]
        found.append(" ".join(parts))
    return found
