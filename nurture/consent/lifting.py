"""Take back that an address is dead, where a person knows better; no other no is ever lifted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, delete, select

from campaigns.vocabulary import SuppressionReason
from nurture.consent.tables import LiftedSuppression, Suppression
from nurture.kernel.database import CHUNK, among, bulk_insert, chunks
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work

_DEAD = Suppression.reason == SuppressionReason.HARD_BOUNCE.value
LONGEST_WHY = 300


@dataclass(frozen=True, slots=True)
class Condemned:
    """A lead whose address counts as dead, and since when."""

    lead_id: LeadId
    since: datetime
    machine_at: datetime
    evidence: Json


def condemned(work: Work, lead_ids: Sequence[LeadId] | None = None) -> list[Condemned]:
    """List the leads whose address counts as dead, or those among some, the latest first."""
    query = select(Suppression).where(_DEAD, Suppression.lead_id.is_not(None))
    if lead_ids is not None:
        query = query.where(among(work.session, Suppression.lead_id, list(lead_ids)))
    return [
        Condemned(
            LeadId(row.lead_id or 0),
            row.created_at,
            row.machine_at,
            row.evidence,
        )
        for row in work.session.scalars(query.order_by(Suppression.id.desc()))
    ]


def lift(work: Work, lead_ids: Sequence[LeadId], *, why: str) -> dict[LeadId, datetime]:
    """Lift what says that addresses are dead; give who was freed, and since when they were held.

    A complaint or an unsubscribing is stronger and stands in its place, so it is never touched.
    Where a no was said once more besides, nobody can tell which is left: it stays.
    """
    freed: dict[LeadId, datetime] = {}
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        which = (
            among(work.session, Suppression.lead_id, chunk),
            _DEAD,
            Suppression.again_at.is_(None),
        )
        found = work.session.execute(
            select(
                Suppression.id,
                Suppression.email_hash,
                Suppression.lead_id,
                Suppression.reason,
                Suppression.created_at,
                Suppression.evidence,
            ).where(*which)
        ).all()
        bulk_insert(work.session, LiftedSuppression, [_kept(work, row, why) for row in found])
        ids = [row.id for row in found]
        work.session.execute(delete(Suppression).where(among(work.session, Suppression.id, ids)))
        freed |= {LeadId(row.lead_id): row.created_at for row in found}
    return freed


def _kept(
    work: Work, row: Row[int, str, int | None, str, datetime, Json], why: str
) -> dict[str, object]:
    return {
        "email_hash": row.email_hash,
        "lead_id": row.lead_id,
        "reason": row.reason,
        "suppressed_at": row.created_at,
        "evidence": row.evidence,
        "lifted_at": work.now,
        "machine_at": work.machine,
        "lifted_by": work.actor,
        "why": why[:LONGEST_WHY],
    }
