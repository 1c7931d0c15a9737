"""What the safety line stands on: every promise, and every row that breaks one."""

from dataclasses import dataclass

from flask import Blueprint

from nurture import leads
from nurture.kernel.work import Work
from nurture.reports.audit import QUERIES
from nurture.reports.audit_summary import last_check
from nurture.reports.findings import AuditQuery, AuditRow
from nurture.web.console import page_frame
from nurture.web.console.page_frame import PageInfo
from nurture.web.current import here
from nurture.web.security import permits

SHOWN = 50
blueprint = Blueprint("cracks", __name__)


@dataclass(frozen=True, slots=True)
class AuditPromise:
    """One promise and what breaks it."""

    name: str
    sentence: str
    rows: tuple[AuditRow, ...]


@blueprint.get("/cracks")
@permits(*page_frame.INNER)
def show() -> str:
    """List the promises, broken ones first; only those are looked at anew."""
    with here().works.read(page_frame.actor()) as work:
        checked = last_check(work)
        broken = checked.broken if checked else {}
        promises = sorted(
            (_promise(work, one, was_broken=one.name in broken) for one in QUERIES),
            key=lambda one: (not one.rows, one.name),
        )
        shown = [row.lead_id for one in promises for row in one.rows[:SHOWN] if row.lead_id]
        return page_frame.show(
            "cracks",
            PageInfo("Nobody is forgotten", "today.show", (("Today", "/"),)),
            work,
            promises=promises,
            people=leads.by_ids(work, shown),
            checked=checked,
            shown=SHOWN,
        )


def _promise(work: Work, query: AuditQuery, *, was_broken: bool) -> AuditPromise:
    return AuditPromise(query.name, query.sentence, tuple(query.find(work)) if was_broken else ())
