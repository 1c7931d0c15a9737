"""What the safety line stands on: every promise, and every row that breaks one."""

from dataclasses import dataclass

from flask import Blueprint

from nurture import leads
from nurture.kernel.types import LeadId
from nurture.reports.audit import QUERIES
from nurture.reports.findings import Row
from nurture.web.console import safety, shell
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
    """List the promises, broken ones first."""
    with here().works.read(shell.actor()) as work:
        found, at = safety.findings(work)
        broken = {one.name: one.rows for one in found}
        promises = sorted(
            (Promise(one.name, one.sentence, broken.get(one.name, ())) for one in QUERIES),
            key=lambda one: (not one.rows, one.name),
        )
        shown: list[LeadId] = [
            row.lead_id for one in promises for row in one.rows[:SHOWN] if row.lead_id is not None
        ]
        return shell.show(
            "cracks", Page("Nobody is forgotten", "today.show", (("Today", "/"),)), work,
            promises=promises, people=leads.by_ids(work, shown), checked_at=at, shown=SHOWN,
        )  # fmt: skip
