"""Whether anybody or anything has fallen through a crack, as of a minute ago at most."""

from dataclasses import dataclass
from datetime import datetime

from nurture import leads
from nurture.kernel.work import Work
from nurture.lifecycle import LIVE
from nurture.reports.audit import QUERIES, Finding, run_audit
from nurture.web.console import remember

FORGOTTEN = "N01"
"""The promise that somebody looks after each live lead."""


@dataclass(frozen=True, slots=True)
class Safety:
    """The line at the top of Today."""

    live: int
    forgotten: int
    others: int
    """Findings of other kinds."""
    checks: int
    checked_at: datetime


def findings(work: Work) -> tuple[list[Finding], datetime]:
    """Run the audit, at most once a minute."""
    return remember.minute(work, "audit", run_audit)


def safety(work: Work) -> Safety:
    """Sum the audit up in one line."""
    found, at = findings(work)
    stages, _ = remember.minute(work, "stages", leads.stage_counts)
    alone = next((len(one.rows) for one in found if one.name == FORGOTTEN), 0)
    return Safety(
        live=sum(stages[stage] for stage in LIVE),
        forgotten=alone,
        others=sum(len(one.rows) for one in found if one.name != FORGOTTEN),
        checks=len(QUERIES),
        checked_at=at,
    )
