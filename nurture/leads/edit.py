"""What one of us says about a lead, field by field, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select, update

from campaigns.fields import FieldSchema
from nurture.kernel.database import CHUNK, bulk_insert, chunks
from nurture.kernel.errors import Invalid
from nurture.kernel.types import Json, LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads.field_values import read_value
from nurture.leads.model import LeadView
from nurture.leads.places import read_country, zone_of
from nurture.leads.service import set_facts
from nurture.leads.tables import CompanyRow, FieldChange, Lead

COMPANY = "company"


@dataclass(frozen=True, slots=True)
class Edit:
    """What is said, as it is kept, and for each field that cannot be, a sentence."""

    told: Mapping[str, Json]
    problems: Mapping[str, str]


def known_of(person: LeadView, fields: FieldSchema) -> dict[str, Json]:
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
        "postcode": person.postcode,
    }
    return {
        one.key: own[one.key] if one.key in own else person.facts.get(one.key)
        for one in fields.edited
    }


def read_edit(typed: Mapping[str, str], person: LeadView, fields: FieldSchema) -> Edit:
    """Read a form; what was not touched is not read, blanks take a value away."""
    known, told, problems = known_of(person, fields), dict[str, Json](), dict[str, str]()
    country = _country_of(typed, person)
    for one in fields.edited:
        before = shown(known[one.key])
        text = " ".join(typed.get(one.key, before).split())
        if text == before:
            continue
        try:
            told[one.key] = read_value(one, text, country=country) if text else None
        except Invalid as wrong:
            problems[one.key] = wrong.sentence
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


def shown_of(person: LeadView, fields: FieldSchema) -> dict[str, str]:
    """Give what is known as the form shows it."""
    return {name: shown(value) for name, value in known_of(person, fields).items()}


def shown(value: Json) -> str:
    """Write a value as it is typed: yes or no, several with commas, whole numbers without point."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(shown(one) for one in value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else " ".join(str(value).split())


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


def _country_of(typed: Mapping[str, str], person: LeadView) -> str | None:
    text = typed.get("country")
    return person.country if text is None else read_country(text) if text.strip() else None
