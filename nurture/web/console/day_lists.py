"""The lists behind the figures of Today."""

from datetime import datetime

from flask import Blueprint

from campaigns.vocabulary import Stage
from nurture.kernel.errors import NotFound
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.reports import day_figures as report
from nurture.web.console import drilldown, figures, page_frame
from nurture.web.console.drilldown import DrilldownTitle
from nurture.web.current import here
from nurture.web.security import permits

CRUMBS = (("Today", "/"),)
blueprint = Blueprint("numbers", __name__)


@blueprint.get("/today/<figure>")
@permits(*page_frame.INNER)
def show(figure: str) -> str:
    """Open the list behind a figure; it is as long as the number."""
    with here().works.read(page_frame.actor()) as work:
        page_frame.look(work)
        asked, found = _list(work, figure, since=work.now - figures.WEEK)
        return drilldown.page(
            drilldown.drilldown_ids(work, asked, found), "today.show", CRUMBS, work
        )


def _list(work: Work, figure: str, *, since: datetime) -> tuple[DrilldownTitle, list[LeadId]]:
    match figure:
        case "mailed":
            begin, _ = figures.day_bounds(work)
            words = DrilldownTitle("Mailed today", "Each lead once, however many mails it got.")
            return words, report.mailed(work, since=begin, until=work.now + figures.MOMENT)
        case "readers":
            words = DrilldownTitle(
                "Read by people", "Who clicked in a mail in 7 days, scanners left out."
            )
            return words, report.readers(work, since=since, until=work.now + figures.MOMENT)
        case "ready":
            words = DrilldownTitle("Became sales-ready", "In 7 days, wherever they are now.")
            ready = Stage.SALES_READY
            return words, report.entered(
                work, stage=ready, since=since, until=work.now + figures.MOMENT
            )
        case "contacts":
            words = DrilldownTitle(
                "Passed to sales", "In 7 days, each lead once, spoken with or not."
            )
            return words, report.offered(work, since=since)
        case _:
            raise NotFound("There is no such figure on Today.")
