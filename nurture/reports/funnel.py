"""How far a cohort has come: marketing lead, sales-ready, accepted, opportunity, customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import func, select

from campaigns.vocabulary import Stage
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.lifecycle.tables import StageChange

STEPS = (Stage.MARKETING, Stage.SALES_READY, Stage.ACCEPTED, Stage.OPPORTUNITY, Stage.CUSTOMER)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """One step: who got here, which share of the cohort, and the median days since its start."""

    stage: Stage
    leads: int
    share: float
    median_days: float | None


def funnel(work: Work, *, since: datetime, until: datetime) -> list[FunnelRow]:
    """Follow those who first became marketing leads in [since, until), wherever they are now.

    A hot lead that skips a step counts in it: who is accepted has been sales-ready.
    """
    reached = _reached(work, since=since, until=until)
    start = reached[Stage.MARKETING]
    return [
        FunnelRow(
            stage=stage,
            leads=len(leads),
            share=len(leads) / len(start) if start else 0.0,
            median_days=_median_days(start, leads),
        )
        for stage, leads in reached.items()
    ]


def leads_behind(work: Work, *, stage: Stage, since: datetime, until: datetime) -> list[LeadId]:
    """List the leads that a number of the funnel counts."""
    return sorted(_reached(work, since=since, until=until).get(stage, {}))


def _reached(
    work: Work, *, since: datetime, until: datetime
) -> dict[Stage, dict[LeadId, datetime]]:
    first = (
        select(StageChange.lead_id, func.min(StageChange.at).label("began"))
        .where(StageChange.to_stage.in_([str(stage) for stage in STEPS]))
        .group_by(StageChange.lead_id)
        .subquery()
    )
    rows = work.session.execute(
        select(StageChange.lead_id, StageChange.to_stage, func.min(StageChange.at))
        .join(first, first.c.lead_id == StageChange.lead_id)
        .where(first.c.began >= since, first.c.began < until)
        .where(StageChange.to_stage.in_([str(stage) for stage in STEPS]))
        .group_by(StageChange.lead_id, StageChange.to_stage)
    )
    entered: dict[LeadId, dict[Stage, datetime]] = {}
    for lead_id, stage, at in rows:
        entered.setdefault(LeadId(lead_id), {})[Stage(stage)] = at
    return {stage: _at_least(entered, STEPS[place:]) for place, stage in enumerate(STEPS)}


def _at_least(
    entered: Mapping[LeadId, Mapping[Stage, datetime]], stages: Sequence[Stage]
) -> dict[LeadId, datetime]:
    return {
        lead_id: min(at for stage, at in ones.items() if stage in stages)
        for lead_id, ones in entered.items()
        if any(stage in stages for stage in ones)
    }


def _median_days(
    start: Mapping[LeadId, datetime], leads: Mapping[LeadId, datetime]
) -> float | None:
    days = [(at - start[lead_id]) / _DAY for lead_id, at in leads.items()]
    return round(median(days), 1) if days else None
