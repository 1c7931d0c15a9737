"""Which content works: what was sent, who read it, and who went on from there."""

from flask import Blueprint, url_for

from nurture.kernel.errors import NotFound
from nurture.kernel.work import Work
from nurture.reports import content_report as report
from nurture.reports.content_report import Metric
from nurture.web.console import drilldown, page_frame
from nurture.web.console.content_view import report_of
from nurture.web.console.drilldown import DrilldownEntry, DrilldownTitle
from nurture.web.current import here
from nurture.web.security import permits

blueprint = Blueprint("content_report", __name__)
NAV = "content_report.show"
ALL = "all"
HEADS = {
    Metric.SENT: ("Got it by mail", "Each lead once for every item it got."),
    Metric.READ: ("Read it", "A person followed the link; link scanners are left out."),
    Metric.DOWNLOADED: ("Downloaded it", "Each lead once for every item it downloaded."),
    Metric.PROMOTED: (
        "Became sales-ready after it",
        "They used the item before. A lead may have used several.",
    ),
    Metric.WON: ("Became a customer after it", "They used the item before they bought."),
}


@blueprint.get("/reports/content")
@permits(*page_frame.INNER)
def show() -> str:
    """Show every item with its numbers."""
    with here().works.read(page_frame.actor()) as work:
        view = report_of(work)
        page = page_frame.PageInfo("Content report", NAV)
        return page_frame.show("content", page, work, view=view)


@blueprint.get("/reports/content/<key>/<metric>")
@permits(*page_frame.INNER)
def listed(key: str, metric: str) -> str:
    """List the leads behind a number; `all` for the sum row."""
    if metric not in set(Metric):
        raise NotFound("The report has no such column.")
    counted = Metric(metric)
    with here().works.read(page_frame.actor()) as work:
        rows = report.content_report(work)
        wanted = [row for row in rows if key in (ALL, row.key)]
        if not wanted:
            raise NotFound("The library has no such item.")
        head, sentence = HEADS[counted]
        title = head if key == ALL else f"{head}: {wanted[0].title}"
        asked = DrilldownTitle(title, sentence, detail="Item" if key == ALL else "")
        entries = [one for row in wanted for one in _entries(work, row, counted, named=key == ALL)]
        crumbs = [("Content report", url_for("content_report.show"))]
        return drilldown.page(drilldown.behind(work, asked, entries), NAV, crumbs, work)


def _entries(
    work: Work, row: report.ContentRow, metric: Metric, *, named: bool
) -> list[DrilldownEntry]:
    if not row.counts[metric]:
        return []
    found = report.leads_counted(work, asset_id=row.asset_id, metric=metric)
    return [DrilldownEntry(one, detail=row.title if named else "") for one in found]
