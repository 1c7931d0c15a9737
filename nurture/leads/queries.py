"""Whom we know."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, Select, func, select, true

from campaigns.conditions import Value
from campaigns.dates import day_of
from campaigns.vocabulary import Stage
from nurture.kernel.database import CHUNK, among, chunks, rows
from nurture.kernel.types import EmailAddress, Json, LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads.address import is_free_mail
from nurture.leads.errors import NoSuchLead
from nurture.leads.model import ChangeRow, LeadView, TouchRow
from nurture.leads.tables import CompanyRow, FieldChange, Lead, SourceRecord, Touch

_PERSON = (
    Lead.id,
    Lead.email,
    Lead.first_name,
    Lead.last_name,
    Lead.phone,
    Lead.job,
    Lead.company_id,
    CompanyRow.name.label("company"),
    Lead.country,
    Lead.postcode,
    Lead.language,
    Lead.zone,
    Lead.facts,
    Lead.interests,
    Lead.stage,
    Lead.owner_id,
    Lead.queue,
    Lead.source_id,
    SourceRecord.key.label("source"),
    SourceRecord.channel,
    Lead.campaign,
    Lead.import_id,
    Lead.deliverable,
    Lead.tracking,
    Lead.created_at,
    Lead.changed_at,
)
PEOPLE = (
    select(*_PERSON)
    .select_from(Lead)
    .outerjoin(CompanyRow, CompanyRow.id == Lead.company_id)
    .outerjoin(SourceRecord, SourceRecord.id == Lead.source_id)
    .where(Lead.erased_at.is_(None))
)
"""Leads with their company and source; erased ones are gone."""
_PEOPLE_AND_FIRMS = PEOPLE.add_columns(CompanyRow.facts.label("company_facts"))


def person(row: RowMapping) -> LeadView:
    """Turn a row of `PEOPLE` into a value."""
    facts = _mapping(row["facts"])
    return LeadView(
        id=LeadId(row["id"]),
        email=EmailAddress(row["email"]),
        first_name=row["first_name"],
        last_name=row["last_name"],
        phone=row["phone"],
        job=row["job"],
        company_id=row["company_id"],
        company=row["company"] or _text(facts.get("company_name")),
        country=row["country"],
        postcode=row["postcode"],
        language=row["language"],
        zone=row["zone"],
        facts=facts,
        interests=_words(row["interests"]),
        stage=Stage(row["stage"]),
        owner_id=None if row["owner_id"] is None else UserId(row["owner_id"]),
        queue=row["queue"],
        source_id=row["source_id"],
        source=row["source"],
        campaign=row["campaign"],
        import_id=row["import_id"],
        deliverable=row["deliverable"],
        tracking=row["tracking"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
    )


def by_ids(work: Work, lead_ids: Iterable[LeadId]) -> dict[LeadId, LeadView]:
    """Find many leads; ids that nobody has are left out."""
    found = (person(row) for row in _rows(work, lead_ids, PEOPLE))
    return {one.id: one for one in found}


def get(work: Work, lead_id: LeadId) -> LeadView:
    """Find one lead, or refuse."""
    found = by_ids(work, [lead_id]).get(lead_id)
    if found is None:
        raise NoSuchLead(f"There is no lead {lead_id}; it may have been merged or erased.")
    return found


def by_email(work: Work, emails: Iterable[EmailAddress]) -> dict[EmailAddress, LeadId]:
    """Find leads by normalised address."""
    found: dict[EmailAddress, LeadId] = {}
    for chunk in chunks(sorted(set(emails)), CHUNK):
        statement = select(Lead.email, Lead.id).where(Lead.email.in_(chunk))
        for email, lead_id in work.session.execute(statement):
            found[EmailAddress(email)] = LeadId(lead_id)
    return found


def addresses(work: Work, lead_ids: Iterable[LeadId]) -> dict[LeadId, EmailAddress]:
    """Tell the addresses of many leads; erased ones have none."""
    found: dict[LeadId, EmailAddress] = {}
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        statement = select(Lead.id, Lead.email).where(
            among(work.session, Lead.id, chunk), Lead.erased_at.is_(None)
        )
        for lead_id, email in work.session.execute(statement):
            found[LeadId(lead_id)] = EmailAddress(email)
    return found


def facts(work: Work, lead_ids: Iterable[LeadId]) -> dict[LeadId, dict[str, Value]]:
    """Tell what rules may ask about many leads, in a fixed number of statements per batch."""
    return _all_facts(work, list(_rows(work, lead_ids, _PEOPLE_AND_FIRMS)))


def sheets(
    work: Work, lead_ids: Iterable[LeadId]
) -> tuple[dict[LeadId, LeadView], dict[LeadId, dict[str, Value]]]:
    """Give many leads and what rules may ask about them, from one reading."""
    rows = list(_rows(work, lead_ids, _PEOPLE_AND_FIRMS))
    return {LeadId(row["id"]): person(row) for row in rows}, _all_facts(work, rows)


def _all_facts(work: Work, rows: Sequence[RowMapping]) -> dict[LeadId, dict[str, Value]]:
    owners = _company_owners(work, {row["company_id"] for row in rows if row["company_id"]})
    return {LeadId(row["id"]): _facts(row, owners) for row in rows}


def mail_states(work: Work, lead_ids: Iterable[LeadId]) -> dict[LeadId, tuple[Stage, bool]]:
    """Tell the stage of many leads, and whether their address works; erased ones have none."""
    found: dict[LeadId, tuple[Stage, bool]] = {}
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        statement = select(Lead.id, Lead.stage, Lead.deliverable, Lead.erased_at).where(
            among(work.session, Lead.id, chunk)
        )
        for lead_id, stage, deliverable, erased_at in rows(work.session, statement):
            found[LeadId(lead_id)] = (Stage(stage), deliverable and erased_at is None)
    return found


def touches(work: Work, lead_id: LeadId) -> list[TouchRow]:
    """List the contacts that sources brought, the original one first."""
    statement = (
        select(Touch.at, SourceRecord.key, Touch.campaign, Touch.detail)
        .outerjoin(SourceRecord, SourceRecord.id == Touch.source_id)
        .where(Touch.lead_id == lead_id)
        .order_by(Touch.at, Touch.id)
    )
    return [
        TouchRow(at, source, campaign, _mapping(detail))
        for at, source, campaign, detail in work.session.execute(statement)
    ]


def history(work: Work, lead_id: LeadId, *, limit: int = 100) -> list[ChangeRow]:
    """List the fields that were changed, the latest first (F20)."""
    statement = (
        select(FieldChange)
        .where(FieldChange.lead_id == lead_id)
        .order_by(FieldChange.at.desc(), FieldChange.id.desc())
        .limit(limit)
    )
    return [
        ChangeRow(row.at, row.actor, row.field, row.old, row.new)
        for row in work.session.scalars(statement)
    ]


def told_fields(work: Work) -> list[str]:
    """Name every field that a lead ever had a new value of, and every fact among them."""
    found = work.session.scalars(select(FieldChange.field).distinct())
    return sorted({name.removeprefix("fact:").rpartition(".")[2] for name in found})


def stage_counts(work: Work) -> dict[Stage, int]:
    """Count leads by stage; stages without a lead are there with nought."""
    statement = (
        select(Lead.stage, func.count()).where(Lead.erased_at.is_(None)).group_by(Lead.stage)
    )
    counts = dict.fromkeys(Stage, 0)
    for stage, number in work.session.execute(statement):
        counts[Stage(stage)] = number
    return counts


def _rows(
    work: Work, lead_ids: Iterable[LeadId], whole: Select[*tuple[Any, ...]]
) -> Iterator[RowMapping]:
    work.session.flush()
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        few = whole.where(among(work.session, Lead.id, chunk))
        yield from work.session.connection().execute(few).mappings().all()


def _company_owners(work: Work, company_ids: Iterable[int]) -> dict[int, int]:
    """Tell who owns a lead of each company; the longest known lead decides."""
    found: dict[int, int] = {}
    for chunk in chunks(sorted(set(company_ids)), CHUNK):
        statement = (
            select(Lead.company_id, Lead.owner_id)
            .where(among(work.session, Lead.company_id, chunk), Lead.owner_id.is_not(None))
            .order_by(Lead.id)
        )
        for company_id, owner_id in work.session.execute(statement):
            if company_id is not None and owner_id is not None:
                found.setdefault(company_id, owner_id)
    return found


def _facts(row: RowMapping, owners: Mapping[int, int]) -> dict[str, Value]:
    domain = row["email"].rpartition("@")[2]
    profile = {**_mapping(row["company_facts"]), **_mapping(row["facts"])}
    told: dict[str, Value] = {name: value_of(value) for name, value in profile.items()}
    told.setdefault("free_mail", is_free_mail(domain))
    for name in _PLAIN:
        told[name] = row[name]
    told |= {
        "email_domain": domain,
        "company": row["company"] or _text(profile.get("company_name")),
        "postcode_area": (row["postcode"] or "")[:1] or None,
        "interests": _words(row["interests"]),
        "company_owner_id": owners.get(row["company_id"] or 0),
        "reachable": bool(row["deliverable"] or row["phone"]),
    }
    return told


_PLAIN = (
    "first_name",
    "last_name",
    "phone",
    "job",
    "country",
    "postcode",
    "language",
    "source",
    "channel",
    "campaign",
    "stage",
    "deliverable",
    "owner_id",
)


_DATED = re.compile(r"\d{4}-\d\d-\d\d\Z|\d\d?\.\d\d?\.\d{4}\Z")


def value_of(value: Json) -> Value:
    """Turn a stored fact into a value that conditions compare; what is written as a day is one."""
    if isinstance(value, list):
        return tuple(str(part) for part in value)
    if isinstance(value, dict):
        return None
    if isinstance(value, str) and _DATED.match(value):
        return day_of(value) or value
    return value


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _words(value: Json) -> tuple[str, ...]:
    return tuple(str(part) for part in value) if isinstance(value, list) else ()


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def held_by(work: Work, owner_id: UserId, *, queue: str) -> list[LeadId]:
    """List the leads that belong to one person or to the queue of their name."""
    theirs = (Lead.owner_id == owner_id) | (Lead.queue == queue)
    statement = select(Lead.id).where(theirs, Lead.erased_at.is_(None)).order_by(Lead.id)
    return [LeadId(lead_id) for lead_id in work.session.scalars(statement)]


def fact_names(work: Work) -> list[str]:
    """List the names of all facts that any lead has."""
    if work.session.get_bind().dialect.name == "sqlite":
        each = func.json_each(Lead.facts).table_valued("key")
        statement = select(each.c.key).select_from(Lead).join(each, true()).distinct()
    else:
        statement = select(func.jsonb_object_keys(Lead.facts)).distinct()
    return sorted(str(name) for name in work.session.scalars(statement))
