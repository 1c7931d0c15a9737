"""What one of us says about a lead, field by field, and what is wrong with it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import available_timezones

from sqlalchemy import select, update

from campaigns.numbers import Signs, both_ways, is_number, read_number
from nurture.kernel.database import CHUNK, bulk_insert, chunks
from nurture.kernel.errors import Invalid
from nurture.kernel.types import Json, LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads.companies import LONGEST_NAME
from nurture.leads.model import LeadView
from nurture.leads.phones import read_listed
from nurture.leads.places import read_country, zone_of
from nurture.leads.service import set_facts
from nurture.leads.tables import CompanyRow, FieldChange, Lead

PLAIN = {
    "first_name": 100,
    "last_name": 100,
    "job": 120,
    "industry": 60,
    "authority": 200,
    "budget": 200,
    "timing": 200,
}
COMPANY = "company"
EDITED = (
    "first_name",
    "last_name",
    COMPANY,
    "job",
    "phone",
    "country",
    "zone",
    "language",
    "industry",
    "employees",
    "compressor_kw",
    "authority",
    "budget",
    "timing",
)
"""Fields that people edit, in the order of the form."""
_MOST_HEADS = 10_000_000
_MOST_POWER = 100_000


@dataclass(frozen=True, slots=True)
class Edit:
    """What is said, as it is kept, and for each field that cannot be, a sentence."""

    told: Mapping[str, Json]
    problems: Mapping[str, str]


def held_of(person: LeadView) -> dict[str, Json]:
    """Lay out what can be edited as it is known now."""
    own: dict[str, Json] = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        COMPANY: person.company,
        "job": person.job,
        "phone": person.phone,
        "country": person.country,
        "zone": person.zone,
        "language": person.language,
    }
    return {name: own[name] if name in own else person.facts.get(name) for name in EDITED}


def read_edit(typed: Mapping[str, str], person: LeadView) -> Edit:
    """Read a form; what was not touched is not read, blanks take a value away."""
    held, told, problems = held_of(person), dict[str, Json](), dict[str, str]()
    country = _country_of(typed, person)
    for name in EDITED:
        text = " ".join(typed.get(name, _shown(held[name])).split())
        if text == _shown(held[name]):
            continue
        try:
            told[name] = _read(name, text, country) if text else None
        except Invalid as wrong:
            problems[name] = wrong.sentence
    if "country" in told and "zone" not in told and person.zone == zone_of(person.country):
        told["zone"] = zone_of(country)
    if told.get("zone", "") is None:
        told["zone"] = zone_of(country)
    return Edit(told, problems)


def edit(work: Work, person: LeadView, told: Mapping[str, Json]) -> bool:
    """Write what somebody said, with who and when; tell whether it changed anything.

    The name of a company that has a domain of its own is that of all its people.
    """
    rest = {name: value for name, value in told.items() if name != COMPANY}
    named = told.get(COMPANY)
    if COMPANY in told and (person.company_id is None or not named):
        rest["company_name"] = named
    changed = bool(set_facts(work, {person.id: rest})) if rest else False
    if COMPANY not in told or person.company_id is None or not named:
        return changed
    _rename(work, person, str(named))
    return True


def colleagues(work: Work, person: LeadView) -> dict[LeadId, UserId | None]:
    """Name whoever shows the same company, with whose they are; nobody where it has no domain."""
    if person.company_id is None:
        return {}
    rows = work.session.execute(
        select(Lead.id, Lead.owner_id)
        .where(Lead.company_id == person.company_id, Lead.id != person.id)
        .where(Lead.erased_at.is_(None))
        .order_by(Lead.id)
    )
    return {LeadId(one): None if owner is None else UserId(owner) for one, owner in rows}


def shown_of(person: LeadView) -> dict[str, str]:
    """Give what is known as the form shows it."""
    return {name: _shown(value) for name, value in held_of(person).items()}


def _rename(work: Work, person: LeadView, name: str) -> None:
    """Rename a company; it stands in the history of each who shows it."""
    renamed = update(CompanyRow).where(CompanyRow.id == person.company_id)
    work.session.execute(renamed.values(name=name))
    for chunk in chunks(sorted({person.id, *colleagues(work, person)}), CHUNK):
        rows: list[dict[str, object]] = [
            {
                "lead_id": one,
                "at": work.now,
                "actor": work.actor,
                "field": COMPANY,
                "old": person.company,
                "new": name,
            }
            for one in chunk
        ]
        bulk_insert(work.session, FieldChange, rows)
        work.session.execute(update(Lead).where(Lead.id.in_(chunk)).values(changed_at=work.now))


def _shown(value: Json) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else " ".join(str(value).split())


def _country_of(typed: Mapping[str, str], person: LeadView) -> str | None:
    text = typed.get("country")
    return person.country if text is None else read_country(text) if text.strip() else None


def _read(name: str, text: str, country: str | None) -> Json:
    if name in _READERS:
        return _READERS[name](text)
    if name == "phone":
        return read_listed(text, country=country).number
    if name == COMPANY:
        return text[:LONGEST_NAME]
    if len(text) > PLAIN[name]:
        raise Invalid(f"This is longer than {PLAIN[name]} letters: shorten it.")
    return text


def _country(text: str) -> str:
    found = read_country(text)
    if found is None:
        raise Invalid(f"“{text[:40]}” is no country: write its name or its code, such as DE.")
    return found


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise Invalid(f"“{text[:40]}” is no time zone: write it like Europe/Berlin.")
    return text


def _language(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}(?:[-_][A-Za-z]{2})?", text):
        raise Invalid("Write a language with two letters, such as en or de.")
    return text[:2].lower()


def _heads(text: str) -> int:
    plain = text.rstrip(".,")
    # People are counted whole: 1.500 are fifteen hundred.
    number = read_number(plain, Signs.THOUSANDS) if is_number(plain) else None
    if not isinstance(number, int) or not 0 <= number <= _MOST_HEADS:
        raise Invalid("This is no number of people: write it in digits, such as 250.")
    return number


def _power(text: str) -> Json:
    plain = re.sub(r"\s*kw$", "", text, flags=re.IGNORECASE)
    number = read_number(plain, None) if is_number(plain) else -1
    if number is None:
        whole, parts = both_ways(plain)
        raise Invalid(f"Do you mean {whole} or {parts} kW? Write it in one of these ways.")
    if not 0 <= number <= _MOST_POWER:
        raise Invalid("This is no number of kilowatts: write 30 or 7.5.")
    return number


_READERS: Mapping[str, Callable[[str], Json]] = {
    "country": _country,
    "zone": _zone,
    "language": _language,
    "employees": _heads,
    "compressor_kw": _power,
}
