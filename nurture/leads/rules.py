"""Who wins when two things are said about one person."""

from collections.abc import Mapping
from dataclasses import dataclass

from nurture.kernel.types import Json
from nurture.leads.address import company_domain
from nurture.leads.model import FieldPolicy, NewLead
from nurture.leads.places import zone_of
from nurture.leads.plain_words import words_of

COLUMNS = (
    "first_name",
    "last_name",
    "phone",
    "job",
    "company_id",
    "country",
    "postcode",
    "language",
    "zone",
    "interests",
)
"""Fields with a column of their own; everything else is one of the facts."""

_UNKNOWN_ZONE = "UTC"
_LENGTHS = {
    "first_name": 100,
    "last_name": 100,
    "phone": 40,
    "job": 120,
    "country": 2,
    "postcode": 20,
    "language": 10,
    "zone": 60,
}
"""What the columns hold: one row that says more must not stop the list that it came in."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field's old and new value."""

    field: str
    old: Json
    new: Json


def said(new: NewLead, *, company_id: int | None) -> dict[str, Json]:
    """Lay out what is said about a person: columns and facts by name, blanks left out."""
    values: dict[str, Json] = {
        "first_name": new.first_name,
        "last_name": new.last_name,
        "phone": new.phone,
        "job": new.job,
        "company_id": company_id,
        "country": new.country,
        "postcode": new.postcode,
        "language": new.language,
        "zone": new.zone or zone_of(new.country),
        "interests": list(new.interests),
    }
    if company_id is None:
        # Without a domain of its own the company's name is only what this person says.
        values["company_name"] = new.company
    values.update(new.facts)
    fitting = {name: _fitting(name, value) for name, value in values.items()}
    return {name: value for name, value in fitting.items() if not is_blank(name, value)}


def _fitting(name: str, value: Json) -> Json:
    """Cut a text to its column, and leave out the one character that no database keeps."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "")[: _LENGTHS.get(name)]


def changes(
    held: Mapping[str, Json], told: Mapping[str, Json], *, policy: FieldPolicy
) -> list[Change]:
    """Tell which fields change; what is not told never erases anything."""
    found = []
    for name, value in told.items():
        old = held.get(name)
        new = _joined(name, old, value) if policy is FieldPolicy.OVERWRITE else value
        if is_blank(name, old) or (policy is FieldPolicy.OVERWRITE and old != new):
            found.append(Change(name, old, new))
    return found


def is_blank(name: str, value: Json) -> bool:
    """Tell whether a value says nothing."""
    return value is None or value in ("", []) or (name == "zone" and value == _UNKNOWN_ZONE)


def company_key(new: NewLead) -> str | None:
    """Tell the domain by which the person's company is found; none for free mail."""
    if new.facts.get("free_mail"):
        return None
    return company_domain(new.email.rpartition("@")[2])


def same_firm(one: str, other: str) -> bool:
    """Tell whether two names mean one firm: Acme is Acme GmbH, and Acme Pumps of the same house."""
    few, many = sorted((_firm_words(one), _firm_words(other)), key=len)
    return not few or many[: len(few)] == few or set(few) <= set(many)


def _firm_words(name: str) -> list[str]:
    words = words_of(name).split()
    return [word for word in words if word not in _LEGAL_FORMS]


_FORMS = (
    "gmbh mbh ag kg co ltd limited inc llc llp corp corporation sa sas sarl bv nv srl spa "
    "plc ab as oy ek ohg se ug kgaa gbr group gruppe groupe holding holdings the and und "
    "et company pty pte sl sro doo kft aps a s b v n v international deutschland germany"
)
_LEGAL_FORMS = frozenset(_FORMS.split())
"""What a firm is, not which one."""


def _joined(name: str, old: Json, new: Json) -> Json:
    """Keep older interests behind the newer ones; anything else is replaced."""
    if name == "interests" and isinstance(old, list) and isinstance(new, list):
        return [*new, *(topic for topic in old if topic not in new)]
    return new
