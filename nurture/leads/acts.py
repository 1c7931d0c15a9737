"""What was done to many leads at once: who did it, to whom, and what stood before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from nurture.kernel.database import CHUNK, bulk_insert, chunks
from nurture.kernel.errors import Conflict, NotFound
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work
from nurture.leads.tables import BulkAct, BulkChange

Before = Mapping[LeadId, Mapping[str, Json]]


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act; `undone_at` once it was taken back."""

    id: int
    kind: str
    words: str
    detail: Mapping[str, Json]
    actor: str
    at: datetime
    undone_at: datetime | None


def note_act(
    work: Work, kind: str, *, words: str, detail: Mapping[str, Json], before: Before
) -> int:
    """Write down what was done to many, in the transaction that did it; give the act's id."""
    act = BulkAct(
        kind=kind,
        words=words[:200],
        detail=dict(detail),
        actor=work.actor,
        at=work.now,
        undone_at=None,
    )
    work.session.add(act)
    work.session.flush()
    for chunk in chunks(sorted(before.items()), CHUNK):
        rows = [
            {"lead_id": lead_id, "act_id": act.id, "before": dict(stood)}
            for lead_id, stood in chunk
        ]
        bulk_insert(work.session, BulkChange, rows)
    return act.id


def get_act(work: Work, act_id: int) -> ActRow:
    """Find an act, or refuse."""
    row = work.session.get(BulkAct, act_id, populate_existing=True)
    if row is None:
        raise NotFound("This is not known here: look at the leads themselves.")
    return _act(row)


def join_act(work: Work, act_id: int, *, first: int) -> None:
    """Let an act be a later part of another one, which was too long for one transaction."""
    row = work.session.get_one(BulkAct, act_id)
    detail = row.detail if isinstance(row.detail, dict) else {}
    row.detail = {**detail, "part_of": first}
    work.session.flush()


def act_stands(work: Work, act_id: int) -> bool:
    """Tell whether an act has not been taken back; nobody takes it back before this work ends."""
    statement = select(BulkAct.undone_at).where(BulkAct.id == act_id).with_for_update()
    return work.session.execute(statement).one() == (None,)


def act_parts(work: Work, act_id: int) -> list[ActRow]:
    """Give an act and its later parts, in their order, or refuse."""
    first = get_act(work, act_id)  # asked first: a number that nobody has may be of any size
    later = (BulkAct.id > act_id) & (BulkAct.detail["part_of"].as_integer() == act_id)
    rows = work.session.scalars(
        select(BulkAct).where(later).order_by(BulkAct.id),
        execution_options={"populate_existing": True},
    )
    return [first, *map(_act, rows)]


def stood_before(work: Work, act_id: int) -> dict[LeadId, Mapping[str, Json]]:
    """Tell of each lead of an act what stood before it."""
    statement = (
        select(BulkChange.lead_id, BulkChange.before)
        .where(BulkChange.act_id == act_id)
        .order_by(BulkChange.lead_id)
    )
    return {
        LeadId(lead_id): before if isinstance(before, dict) else {}
        for lead_id, before in work.session.execute(statement)
    }


def mark_undone(work: Work, act_id: int) -> None:
    """Take an act back once; of two who ask at the same time one is refused."""
    statement = update(BulkAct).where(BulkAct.id == act_id, BulkAct.undone_at.is_(None))
    if work.session.connection().execute(statement.values(undone_at=work.now)).rowcount != 1:
        raise Conflict("This was taken back already.")


def _act(row: BulkAct) -> ActRow:
    detail = row.detail if isinstance(row.detail, dict) else {}
    return ActRow(row.id, row.kind, row.words, detail, row.actor, row.at, row.undone_at)
