"""Take in what is said about many people at once: one lead per address, every change on record."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, Table, select, update

from campaigns.vocabulary import Stage
from nurture.kernel.database import CHUNK, among, bulk_insert, chunks, upsert
from nurture.kernel.types import EmailAddress, Json, LeadId
from nurture.kernel.work import Work
from nurture.leads.companies import Firm, ensure_companies
from nurture.leads.model import (
    Captured,
    CaptureOutcome,
    CaptureResult,
    FieldPolicy,
    NewLead,
    Origin,
)
from nurture.leads.rules import COLUMNS, Change, changes, company_key, said, same_firm
from nurture.leads.tables import FieldChange, Lead, Touch


@dataclass(slots=True)
class _StoredLead:
    """What we know of one lead while the batch goes through; `fresh` until its first row."""

    lead_id: LeadId
    values: dict[str, Json]
    fresh: bool = False


Told = Mapping[str, Json]


def capture(
    work: Work,
    rows: Sequence[NewLead],
    *,
    origin: Origin,
    policy: FieldPolicy,
    touch: bool = True,
) -> CaptureResult:
    """Create or complete one lead per address; rows count in their order, as if one by one.

    Without `touch` it is no contact of its own. A new lead has the stage `unqualified` until
    lifecycle begins its history.
    """
    told = _told(work, rows)

    held = _insert_new(work, rows, told, origin=origin)
    held |= hold(work, [row.email for row in rows if row.email not in held])

    captured, changed = _apply(rows, told, held, policy)

    write_changes(work, changed, {one.lead_id: one.values for one in held.values()})
    result = CaptureResult(captured)
    if touch:
        _touch(work, rows, result, origin=origin, policy=policy)
    return result


def hold(work: Work, emails: Iterable[EmailAddress]) -> dict[EmailAddress, _StoredLead]:
    """Lock the leads of these addresses in id order and read what we know."""
    held: dict[EmailAddress, _StoredLead] = {}
    for chunk in chunks(sorted(set(emails)), CHUNK):
        ours = among(work.session, Lead.email, chunk)
        statement = _KNOWN.where(ours).with_for_update(key_share=True)
        for row in work.session.execute(statement).mappings():
            held[row["email"]] = _StoredLead(LeadId(row["id"]), flat(row))
    return held


def preview(
    work: Work,
    rows: Sequence[NewLead],
    *,
    memory: dict[EmailAddress, dict[str, Json]],
    repeated: Container[str],
) -> list[CaptureOutcome]:
    """Tell what `capture` would make of each row, without writing anything.

    `memory` goes from one batch of a list to the next; only `repeated` addresses need it.
    """
    known: dict[EmailAddress, dict[str, Json]] = {}
    statement = _KNOWN.where(_lead.c.email.in_([row.email for row in rows]))
    for found in work.session.execute(statement).mappings():
        known[found["email"]] = flat(found)
    known |= {row.email: memory[row.email] for row in rows if row.email in memory}

    outcomes = []
    for row in rows:
        told = said(row, company_id=_SOME_COMPANY if company_key(row) else None)
        held = known.setdefault(row.email, {})
        parts = changes(held, told, policy=FieldPolicy.FILL_BLANKS)
        outcomes.append(_outcome(new=not held, parts=parts))
        held.update({part.field: part.new for part in parts})
        if row.email in repeated:
            memory[row.email] = held
    return outcomes


def hold_ids(work: Work, lead_ids: Sequence[LeadId]) -> dict[LeadId, dict[str, Json]]:
    """Lock leads in id order and read what we know, columns and facts by name."""
    held: dict[LeadId, dict[str, Json]] = {}
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        ours = among(work.session, Lead.id, chunk)
        statement = _KNOWN.where(ours).with_for_update(key_share=True)
        for row in work.session.execute(statement).mappings():
            held[LeadId(row["id"])] = flat(row)
    return held


def write_changes(
    work: Work,
    changed: Mapping[LeadId, Sequence[Change]],
    values: Mapping[LeadId, Mapping[str, Json]],
) -> None:
    """Write the new state of each changed lead, and one history row per field."""
    if not changed:
        return
    work.session.execute(
        update(Lead),
        [
            {"id": lead_id, **_row(values[lead_id], parts), "changed_at": work.now}
            for lead_id, parts in changed.items()
        ],
    )
    history = [
        {
            "lead_id": lead_id,
            "at": work.now,
            "actor": work.actor,
            "field": part.field,
            "old": part.old,
            "new": part.new,
        }
        for lead_id, parts in changed.items()
        for part in parts
    ]
    bulk_insert(work.session, FieldChange, history)


def flat(row: RowMapping) -> dict[str, Json]:
    """Lay out a lead's row: columns and facts by name."""
    facts = row["facts"]
    values: dict[str, Json] = dict(facts) if isinstance(facts, dict) else {}
    values.update({name: row[name] for name in COLUMNS})
    return values


def facts_of(values: Mapping[str, Json]) -> dict[str, Json]:
    """Take the facts out of a flat lead; what nobody knows any more is no fact."""
    return {
        name: value for name, value in values.items() if name not in COLUMNS and value is not None
    }


_lead: Table = Lead.metadata.tables["lead"]
_SOME_COMPANY = -1
"""Stands for the company that a preview does not found."""
_KNOWN = select(
    _lead.c.id, _lead.c.email, _lead.c.facts, *(_lead.c[name] for name in COLUMNS)
).order_by(_lead.c.id)


def _told(work: Work, rows: Sequence[NewLead]) -> list[dict[str, Json]]:
    """Lay out what is said of each; a second firm behind one domain is its people's own word."""
    names: dict[str, str | None] = {}
    for row in rows:
        if key := _key(row):
            names[key] = names.get(key) or row.company
    firms = ensure_companies(work, names)
    return [said(row, company_id=_firm_of(row, firms.get(_key(row)))) for row in rows]


def _firm_of(row: NewLead, firm: Firm | None) -> int | None:
    if firm is None:
        return None
    return firm.id if row.company is None or same_firm(row.company, firm.name) else None


def _outcome(*, new: bool, parts: Sequence[Change]) -> CaptureOutcome:
    if new:
        return CaptureOutcome.CREATED
    return CaptureOutcome.UPDATED if parts else CaptureOutcome.UNCHANGED


def _key(row: NewLead) -> str:
    return company_key(row) or ""


def _insert_new(
    work: Work, rows: Sequence[NewLead], told: Sequence[Told], *, origin: Origin
) -> dict[EmailAddress, _StoredLead]:
    """Insert the first row of each address; the constraint tells which were known already."""
    firsts: dict[EmailAddress, dict[str, object]] = {}
    for row, values in zip(rows, told, strict=True):
        if row.email not in firsts:
            firsts[row.email] = {**_row(values, None), **_where_from(work, row, origin)}
    held: dict[EmailAddress, _StoredLead] = {}
    statement = (
        upsert(work.session, Lead)
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(Lead.id, Lead.email)
    )
    state = {row.email: values for row, values in zip(reversed(rows), reversed(told), strict=True)}
    for chunk in chunks(list(firsts.values()), CHUNK):
        for lead_id, email in work.session.connection().execute(statement, list(chunk)):
            address = EmailAddress(email)
            held[address] = _StoredLead(LeadId(lead_id), dict(state[address]), fresh=True)
    return held


def _row(values: Mapping[str, Json], parts: Sequence[Change] | None) -> dict[str, object]:
    """Turn flat values into columns; with `parts`, only into the columns that they change."""
    if parts is None:
        columns: dict[str, object] = {name: values.get(name) for name in COLUMNS}
        columns["zone"] = values.get("zone") or "UTC"
        columns["interests"] = values.get("interests") or []
        return {**columns, "facts": facts_of(values)}
    names = {part.field for part in parts}
    columns = {name: values.get(name) for name in COLUMNS if name in names}
    if not names <= set(COLUMNS):
        columns["facts"] = facts_of(values)
    return columns


def _where_from(work: Work, row: NewLead, origin: Origin) -> dict[str, object]:
    return {
        "email": row.email,
        "stage": Stage.UNQUALIFIED.value,
        "source_id": row.source_id or origin.source_id,
        "campaign": origin.campaign,
        "owner_id": origin.owner_id,
        "import_id": origin.import_id,
        "deliverable": True,
        "tracking": True,
        "created_at": work.now,
        "changed_at": work.now,
    }


def _apply(
    rows: Sequence[NewLead],
    told: Sequence[Told],
    held: Mapping[EmailAddress, _StoredLead],
    policy: FieldPolicy,
) -> tuple[tuple[Captured, ...], dict[LeadId, list[Change]]]:
    captured: list[Captured] = []
    changed: dict[LeadId, list[Change]] = {}
    for row, values in zip(rows, told, strict=True):
        lead = held[row.email]
        parts = [] if lead.fresh else changes(lead.values, values, policy=policy)
        if parts:
            lead.values.update({part.field: part.new for part in parts})
            changed.setdefault(lead.lead_id, []).extend(parts)
        captured.append(Captured(lead.lead_id, _outcome(new=lead.fresh, parts=parts)))
        lead.fresh = False
    return tuple(captured), changed


def _touch(
    work: Work,
    rows: Sequence[NewLead],
    result: CaptureResult,
    *,
    origin: Origin,
    policy: FieldPolicy,
) -> None:
    """Note the contact; a list that brings nothing new is no contact, a form always is.

    A list is one contact, however often somebody stands on it and wherever its stretches end.
    """
    touched: dict[LeadId, dict[str, object]] = {}
    noted = _touched_by(work, result.updated, origin.import_id)
    for row, captured in zip(rows, result.rows, strict=True):
        if captured.outcome is CaptureOutcome.UNCHANGED and policy is FieldPolicy.FILL_BLANKS:
            continue
        if captured.lead_id in noted:
            continue
        touched.setdefault(
            captured.lead_id,
            {
                "lead_id": captured.lead_id,
                "source_id": row.source_id or origin.source_id,
                "campaign": origin.campaign,
                "at": work.now,
                "detail": _detail(origin),
            },
        )
    bulk_insert(work.session, Touch, list(touched.values()))


def _touched_by(work: Work, lead_ids: Sequence[LeadId], import_id: int | None) -> set[LeadId]:
    """Tell which of these leads this import has met before."""
    if import_id is None or not lead_ids:
        return set()
    statement = select(Touch.lead_id, Touch.detail).where(
        among(work.session, Touch.lead_id, lead_ids)
    )
    return {
        LeadId(lead_id)
        for lead_id, detail in work.session.execute(statement)
        if isinstance(detail, dict) and detail.get("import") == import_id
    }


def _detail(origin: Origin) -> dict[str, Json]:
    detail = dict(origin.detail)
    return detail if origin.import_id is None else {**detail, "import": origin.import_id}
