"""Move many leads at once: stage, owner, facts, whether the address works."""

from collections.abc import Mapping, Sequence

from sqlalchemy import insert, select, update

from nurture.kernel.database import CHUNK, chunks
from nurture.kernel.types import Json, LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads.rules import Change
from nurture.leads.tables import FieldChange, Lead
from nurture.leads.upsert import hold_ids, write_changes


def set_owner(
    work: Work, lead_ids: Sequence[LeadId], *, owner_id: UserId | None, queue: str | None = None
) -> None:
    """Give leads to somebody, or to a queue; who had them before stands in the history."""
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        held = work.session.execute(
            select(Lead.id, Lead.owner_id)
            .where(Lead.id.in_(chunk))
            .order_by(Lead.id)
            .with_for_update(key_share=True)
        )
        history = [
            {
                "lead_id": lead_id,
                "at": work.now,
                "actor": work.actor,
                "field": "owner_id",
                "old": old,
                "new": owner_id,
            }
            for lead_id, old in held
            if old != owner_id
        ]
        if history:
            work.session.execute(insert(FieldChange), history)
        statement = update(Lead).where(Lead.id.in_(chunk))
        work.session.execute(statement.values(owner_id=owner_id, queue=queue, changed_at=work.now))


def set_undeliverable(work: Work, lead_ids: Sequence[LeadId]) -> None:
    """Remember that nothing arrives at these addresses."""
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        statement = update(Lead).where(Lead.id.in_(chunk), Lead.deliverable)
        work.session.execute(statement.values(deliverable=False, changed_at=work.now))


def set_deliverable(work: Work, lead_ids: Sequence[LeadId]) -> None:
    """Remember that these addresses may work after all."""
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        statement = update(Lead).where(Lead.id.in_(chunk), ~Lead.deliverable)
        work.session.execute(statement.values(deliverable=True, changed_at=work.now))


def set_facts(work: Work, told: Mapping[LeadId, Mapping[str, Json]]) -> list[LeadId]:
    """Overwrite fields of many leads, columns and facts by name; tell whom it changed.

    None takes a fact away, such as a wake-up date that has passed.
    """
    held = hold_ids(work, list(told))
    changed: dict[LeadId, list[Change]] = {}
    for lead_id, values in held.items():
        parts = [
            Change(name, values.get(name), new)
            for name, new in told[lead_id].items()
            if values.get(name) != new
        ]
        if parts:
            values.update({part.field: part.new for part in parts})
            changed[lead_id] = parts
    write_changes(work, changed, held)
    return list(changed)
