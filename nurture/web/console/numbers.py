"""The lists behind the figures of Today."""

from datetime import datetime

from flask import Blueprint

from campaigns.vocabulary import Stage
from nurture.kernel.errors import NotFound
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.reports import today as report
from nurture.web.console import behind, figures, shell
from nurture.web.console.behind import Asked
from nurture.web.current import here
from nurture.web.security import permits

CRUMBS = (("Today", "/"),)
doors = Blueprint("numbers", __name__)


@doors.get("/today/<figure>")
@permits(*shell.INNER)
def show(figure: str) -> str:
    """Open the list behind a figure; it is as long as the number."""
    with here().works.read(shell.actor()) as work:
        shell.look(work)
        asked, found = _list(work, figure, since=work.now - figures.WEEK)
        return behind.page(behind.behind_ids(work, asked, found), "today.show", CRUMBS, work)


def _list(work: Work, figure: str, *, since: datetime) -> tuple[Asked, list[LeadId]]:
    match figure:
        case "mailed":
            begin, _ = figures.day_bounds(work)
            words = Asked("Mailed today", "Each lead once, however many mails it got.")
            return words, report.mailed(work, since=begin, until=work.now + figures.MOMENT)
        case "readers":
            words = Asked("Read by people", "Who clicked in a mail in 7 days, scanners left out.")
            return words, report.readers(work, since=since, until=work.now + figures.MOMENT)
        case "ready":
            words = Asked("Became sales-ready", "In 7 days, wherever they are now.")
            ready = Stage.SALES_READY
            return words, report.entered(
                work, stage=ready, since=since, until=work.now + figures.MOMENT
            )
        case "contacts":
            words = Asked("Passed to sales", "In 7 days, each lead once, spoken with or not.")
            return words, report.offered(work, since=since)
        case _:
            raise NotFound("There is no such figure on Today.")
