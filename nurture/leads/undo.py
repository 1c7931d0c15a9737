"""Take an import back: what it created goes, what it changed is as before."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Table, delete, select, update

from nurture.kernel.database import CHUNK, Base, chunks
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work
from nurture.leads.rules import Change, is_blank
from nurture.leads.tables import FieldChange, Lead, Touch
from nurture.leads.upsert import hold_ids, write_changes

_KEPT = frozenset({"suppression"})
"""What outlives a lead: somebody who said no is not asked again."""


def import_actor(import_id: int) -> str:
    """Name the import in histories, so that it can be taken back."""
    return f"import:{import_id}"


def created_by(
    work: Work, import_id: int, *, after: int, limit: int, hold: bool = False
) -> list[LeadId]:
    """List leads that an import created, a stretch at a time in id order; `hold` locks them."""
    statement = (
        select(Lead.id)
        .where(Lead.import_id == import_id, Lead.id > after)
        .order_by(Lead.id)
        .limit(limit)
    )
    held = statement.with_for_update() if hold else statement
    return [LeadId(lead_id) for lead_id in work.session.scalars(held)]


def changed_by(work: Work, import_id: int, *, after: int, limit: int) -> list[LeadId]:
    """List leads that an import changed, a stretch at a time."""
    statement = (
        select(FieldChange.lead_id)
        .where(FieldChange.actor == import_actor(import_id), FieldChange.lead_id > after)
        .distinct()
        .order_by(FieldChange.lead_id)
        .limit(limit)
    )
    return [LeadId(lead_id) for lead_id in work.session.scalars(statement)]


def restore(work: Work, import_id: int, lead_ids: Sequence[LeadId]) -> list[LeadId]:
    """Put back what the import changed, where nobody has changed it since; tell whose.

    Doing it twice does nothing the second time: the values are no longer the import's.
    """
    wanted = _first_and_last(work, import_id, lead_ids)
    held = hold_ids(work, list(wanted))
    changed: dict[LeadId, list[Change]] = {}
    for lead_id, values in held.items():
        parts = _back(values, wanted[lead_id])
        if parts:
            values.update({part.field: part.new for part in parts})
            for name in [part.field for part in parts if is_blank(part.field, part.new)]:
                values[name] = "UTC" if name == "zone" else values[name]
            changed[lead_id] = parts
    write_changes(work, changed, held)
    _forget_touches(work, import_id, lead_ids)
    return list(changed)


def delete_leads(work: Work, lead_ids: Sequence[LeadId]) -> None:
    """Delete leads and every row that hangs on them, in whichever domain."""
    _delete(work, Lead.metadata.tables["lead"], lead_ids)


def _first_and_last(
    work: Work, import_id: int, lead_ids: Sequence[LeadId]
) -> dict[LeadId, dict[str, Change]]:
    """Fold an import's changes of a field into one: from before it to after it."""
    statement = (
        select(FieldChange)
        .where(FieldChange.actor == import_actor(import_id), FieldChange.lead_id.in_(lead_ids))
        .order_by(FieldChange.id)
    )
    found: dict[LeadId, dict[str, Change]] = {}
    for row in work.session.scalars(statement):
        fields = found.setdefault(LeadId(row.lead_id), {})
        first = fields.get(row.field)
        fields[row.field] = Change(row.field, first.old if first else row.old, row.new)
    return found


def _back(values: Mapping[str, Json], wanted: Mapping[str, Change]) -> list[Change]:
    return [
        Change(part.field, part.new, part.old)
        for part in wanted.values()
        if values.get(part.field) == part.new and part.new != part.old
    ]


def _forget_touches(work: Work, import_id: int, lead_ids: Sequence[LeadId]) -> None:
    statement = select(Touch.id, Touch.detail).where(Touch.lead_id.in_(lead_ids))
    ours = [
        touch_id
        for touch_id, detail in work.session.execute(statement)
        if isinstance(detail, dict) and detail.get("import") == import_id
    ]
    if ours:
        work.session.execute(delete(Touch).where(Touch.id.in_(ours)))


def _delete(work: Work, table: Table, ids: Sequence[int]) -> None:
    """Delete rows after those that point at them; the schema itself tells which do."""
    for other in Base.metadata.tables.values():
        for key in other.foreign_keys:
            if key.column.table is not table or key.parent.table is table:
                continue
            if other.name in _KEPT:
                work.session.execute(
                    update(other).where(key.parent.in_(ids)).values({key.parent.name: None})
                )
                continue
            statement = select(*other.primary_key.columns).where(key.parent.in_(ids))
            below = list(work.session.scalars(statement))
            for chunk in chunks(below, CHUNK):
                _delete(work, other, chunk)
    (own,) = table.primary_key.columns
    work.session.execute(delete(table).where(own.in_(ids)))
