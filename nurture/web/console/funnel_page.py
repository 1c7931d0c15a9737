"""The funnel: how far those have come who became marketing leads in a period."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Blueprint, request, url_for

from campaigns.vocabulary import Stage
from nurture.kernel.errors import NotFound
from nurture.kernel.work import Work
from nurture.reports import funnel_report as report
from nurture.web.console import act_words, drilldown, page_frame
from nurture.web.console.drilldown import DrilldownTitle
from nurture.web.current import here
from nurture.web.security import permits

blueprint = Blueprint("funnel", __name__)
NAV = "funnel.show"
PERIODS = {
    "30": "last 30 days",
    "90": "last 90 days",
    "365": "last 365 days",
    "all": "since the beginning",
}
USUAL = "90"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One step: who came here, how many of the cohort, how many of the step before."""

    stage: Stage
    leads: int
    of_all: int
    before: int | None
    """How many stood one step earlier; None at the first."""
    width: float
    median_days: float | None


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who became leads between two instants."""

    period: str
    words: str
    since: datetime | None
    until: datetime
    steps: tuple[FunnelStep, ...]


@blueprint.get("/reports/funnel")
@permits(*page_frame.INNER)
def show() -> str:
    """Show the steps of one cohort."""
    with here().works.read(page_frame.actor()) as work:
        page = page_frame.PageInfo("Funnel", NAV)
        return page_frame.show("funnel", page, work, cohort=_cohort(work), periods=PERIODS)


@blueprint.get("/reports/funnel/<stage>")
@permits(*page_frame.INNER)
def listed(stage: str) -> str:
    """List the leads of one step."""
    if stage not in report.STEPS:
        raise NotFound("The funnel has no such step.")
    step = Stage(stage)
    with here().works.read(page_frame.actor()) as work:
        period = _period()
        found = report.leads_counted(work, stage=step, since=_since(period, work), until=_end(work))
        asked = DrilldownTitle(
            f"Came to “{act_words.STAGES[step]}”",
            f"Of those who became leads in the {PERIODS[period]}."
            if period != "all"
            else "Of everybody who ever became a lead.",
        )
        crumbs = [("Funnel", url_for("funnel.show", period=period))]
        return drilldown.page(drilldown.drilldown_ids(work, asked, found), NAV, crumbs, work)


def _cohort(work: Work) -> Cohort:
    period = _period()
    since = _since(period, work)
    rows = report.funnel(work, since=since, until=_end(work))
    most = max((row.leads for row in rows), default=0) or 1
    steps = tuple(
        FunnelStep(
            stage=row.stage,
            leads=row.leads,
            of_all=rows[0].leads,
            before=rows[place - 1].leads if place else None,
            width=round(100 * row.leads / most, 2),
            median_days=row.median_days,
        )
        for place, row in enumerate(rows)
    )
    return Cohort(
        period=period,
        words=PERIODS[period],
        since=None if period == "all" else since,
        until=work.now,
        steps=steps,
    )


def _period() -> str:
    asked = request.args.get("period", USUAL)
    return asked if asked in PERIODS else USUAL


def _since(period: str, work: Work) -> datetime:
    return BEGINNING if period == "all" else work.now - timedelta(days=int(period))


def _end(work: Work) -> datetime:
    """Include what happens at this very instant."""
    return work.now + timedelta(seconds=1)
