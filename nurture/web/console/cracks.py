"""What the safety line stands on: every promise, and every row that breaks one."""

from dataclasses import dataclass

from flask import Blueprint

from nurture import leads
from nurture.kernel.work import Work
from nurture.reports.audit import QUERIES
from nurture.reports.checked import last_check
from nurture.reports.findings import Query, Row
from nurture.web.console import shell
from nurture.web.console.shell import Page
from nurture.web.current import here
from nurture.web.security import permits

SHOWN = 50
doors = Blueprint("cracks", __name__)


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise and what breaks it."""

    name: str
    sentence: str
    rows: tuple[Row, ...]


@doors.get("/cracks")
@permits(*shell.INNER)
def show() -> str:
    """List the promises, broken ones first; only those are looked at anew."""
    with here().works.read(shell.actor()) as work:
        checked = last_check(work)
        broken = checked.broken if checked else {}
        promises = sorted(
            (_promise(work, one, was_broken=one.name in broken) for one in QUERIES),
            key=lambda one: (not one.rows, one.name),
        )
        shown = [row.lead_id for one in promises for row in one.rows[:SHOWN] if row.lead_id]
        return shell.show(
            "cracks",
            Page("Nobody is forgotten", "today.show", (("Today", "/"),)),
            work,
            promises=promises,
            people=leads.by_ids(work, shown),
            checked=checked,
            shown=SHOWN,
        )


def _promise(work: Work, query: Query, *, was_broken: bool) -> Promise:
    return Promise(query.name, query.sentence, tuple(query.find(work)) if was_broken else ())
