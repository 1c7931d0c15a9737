"""How far a cohort has come: marketing lead, sales-ready, accepted, opportunity, customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CTE, ColumnElement, case, func, literal, select, union_all

from campaigns.vocabulary import Stage
from nurture.kernel.database import days_between
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.lifecycle.tables import StageChange

STEPS = (Stage.MARKETING, Stage.SALES_READY, Stage.ACCEPTED, Stage.OPPORTUNITY, Stage.CUSTOMER)


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
    found = _counted(work, _reached(since=since, until=until))
    cohort = found.get(0, (0, None))[0]
    return [
        FunnelRow(stage=stage, leads=many, share=many / cohort if cohort else 0.0, median_days=days)
        for place, stage in enumerate(STEPS)
        for many, days in [found.get(place, (0, None))]
    ]


def leads_counted(work: Work, *, stage: Stage, since: datetime, until: datetime) -> list[LeadId]:
    """List the leads that a number of the funnel counts."""
    reached = _reached(since=since, until=until)
    at = reached.c[_at(STEPS.index(stage))]
    query = select(reached.c.lead_id).where(at.is_not(None)).order_by(reached.c.lead_id)
    return [LeadId(lead_id) for lead_id in work.session.scalars(query)]


def _reached(*, since: datetime, until: datetime) -> CTE:
    """Say of each lead of the cohort when it first came to each step, or past it."""
    firsts = [_first(STEPS[place:]).label(_at(place)) for place in range(len(STEPS))]
    return (
        select(StageChange.lead_id, *firsts)
        .where(StageChange.to_stage.in_(STEPS))
        .group_by(StageChange.lead_id)
        .having(_first(STEPS) >= since, _first(STEPS) < until)
        .cte("reached")
    )


def _first(stages: Sequence[Stage]) -> ColumnElement[datetime]:
    return func.min(case((StageChange.to_stage.in_(stages), StageChange.at)))


def _at(place: int) -> str:
    return f"at_{place}"


def _counted(work: Work, reached: CTE) -> dict[int, tuple[int, float | None]]:
    """Count by step, with the median of the days: the mean of the one or two in the middle."""
    start = reached.c[_at(0)]
    came = union_all(
        *(
            select(
                literal(place).label("place"), days_between(work.session, start, at).label("days")
            ).where(at.is_not(None))
            for place, at in enumerate(reached.c[_at(place)] for place in range(len(STEPS)))
        )
    ).subquery()
    ranked = select(
        came.c.place,
        came.c.days,
        func.row_number().over(partition_by=came.c.place, order_by=came.c.days).label("rank"),
        func.count().over(partition_by=came.c.place).label("many"),
    ).subquery()
    middle = ranked.c.rank * 2
    rows = work.session.execute(
        select(ranked.c.place, ranked.c.many, func.avg(ranked.c.days))
        .where(middle >= ranked.c.many, middle <= ranked.c.many + 2)
        .group_by(ranked.c.place, ranked.c.many)
    )
    return {place: (many, round(float(days), 1)) for place, many, days in rows}
