"""What a person may ask of their history: one life out of two, a copy, an end."""

from sqlalchemy import delete, select, update

from nurture.engagement import queries
from nurture.engagement.tables import Activity, Hit
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work

WHOLE = 1_000_000


def merge(work: Work, loser: LeadId, winner: LeadId) -> None:
    """Put both histories into one timeline."""
    statement = update(Activity).where(Activity.lead_id == loser)
    work.session.execute(statement.values(lead_id=winner))


def erase(work: Work, lead_id: LeadId) -> None:
    """Delete a history; of its hits nothing is left that could name anybody."""
    messages = select(Activity.message_id).where(Activity.lead_id == lead_id)
    hits = update(Hit).where(Hit.message_id.in_(messages))
    work.session.execute(hits.values(network="", agent="other"))
    work.session.execute(delete(Activity).where(Activity.lead_id == lead_id))


def export(work: Work, lead_id: LeadId) -> Json:
    """Copy a history as plain values, newest first."""
    return [
        {
            "kind": row.kind,
            "at": row.at.isoformat(),
            "name": row.name,
            "verdict": row.verdict,
            "detail": dict(row.detail),
        }
        for row in queries.timeline(work, lead_id, limit=WHOLE)
    ]
