"""What the stage histories tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from campaigns.vocabulary import Stage
from nurture.kernel.database import CHUNK, among, chunks
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead
from nurture.lifecycle.tables import StageChange


@dataclass(frozen=True, slots=True)
class StagePeriod:
    """One stretch of a lead in one stage; `until` is None for the present one."""

    stage: Stage
    came_from: Stage | None
    since: datetime
    until: datetime | None
    reason: str
    actor: str
    definition_version: int | None


def history(work: Work, lead_id: LeadId) -> list[StagePeriod]:
    """List the stages of a lead, the first one first (F105)."""
    rows = work.session.scalars(
        select(StageChange)
        .where(StageChange.lead_id == lead_id)
        .order_by(StageChange.at, StageChange.id)
    )
    return [
        StagePeriod(
            stage=Stage(row.to_stage),
            came_from=None if row.from_stage is None else Stage(row.from_stage),
            since=row.at,
            until=row.until,
            reason=row.reason,
            actor=row.actor,
            definition_version=row.definition_version,
        )
        for row in rows
    ]


def stages(work: Work, lead_ids: Sequence[LeadId]) -> Mapping[LeadId, Stage]:
    """Tell the present stage of many leads."""
    return {
        LeadId(lead_id): Stage(stage)
        for chunk in chunks(lead_ids, CHUNK)
        for lead_id, stage in work.session.execute(
            select(Lead.id, Lead.stage).where(among(work.session, Lead.id, chunk))
        )
    }
