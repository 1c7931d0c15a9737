"""What is known of a lead, each with who said it and when; what nobody asked stands there, too."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nurture import leads, users
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.leads import ChangeRow, Person
from nurture.usecases.briefing import ASKED
from nurture.web.console import shell, wording

HIDDEN = frozenset({"free_mail", "role_address", "company_name"})
NAMES: Mapping[str, str] = {"compressor_kw": "Compressors", "last_contact": "Last contact"}
UNITS: Mapping[str, str] = {"compressor_kw": " kW"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line; an empty value reads as not asked yet."""

    label: str
    value: str
    said: str = ""
    href: str = ""
    person: bool = False


def facts(work: Work, person: Person) -> list[Fact]:
    """List contact, owner, origin, profile and the four questions of qualification."""
    owner = users.find(work, person.owner_id) if person.owner_id is not None else None
    last = {row.field: row for row in reversed(leads.history(work, person.id, limit=200))}
    found = [
        Fact("Mail", person.email),
        Fact("Phone", person.phone or "", _said(last.get("phone")), f"tel:{person.phone}"),
        Fact("Job", person.job or "", _said(last.get("job"))),
        Fact("Company", person.company or "", _said(last.get("company_id"))),
        Fact("Owner", owner.name if owner else "Marketing", person=owner is not None),
        Fact("Source", _source(person), shell.eye().date(person.created_at)),
        Fact("Interests", ", ".join(wording.plain(one) for one in person.interests)),
    ]
    return [*found, *_profile(person, last), *_asked(person, last)]


def _profile(person: Person, last: Mapping[str, ChangeRow]) -> Iterator[Fact]:
    for name, value in person.facts.items():
        if name in HIDDEN or name in ASKED or value in (None, ""):
            continue
        label = NAMES.get(name) or wording.plain(name).capitalize()
        yield Fact(label, f"{_plain(value)}{UNITS.get(name, '')}", _said(last.get(name)))


def _asked(person: Person, last: Mapping[str, ChangeRow]) -> Iterator[Fact]:
    for name, label in ASKED.items():
        yield Fact(label, _plain(person.facts.get(name)), _said(last.get(name)))


def _source(person: Person) -> str:
    return ", ".join(part for part in (person.source, person.campaign) if part)


def _said(row: ChangeRow | None) -> str:
    if row is None:
        return ""
    who = {"prospect": "said", "import": "list,", "user": "noted"}.get(row.actor.partition(":")[0], "")
    return f"{who} {shell.eye().date(row.at)}".strip()


def _plain(value: Json) -> str:
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    return wording.plain(value) if isinstance(value, str) and not value[:4].isdecimal() else str(value)
