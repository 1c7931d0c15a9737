"""Whether anybody or anything was lost, as the tick has last checked."""

from dataclasses import dataclass

from nurture import leads
from nurture.kernel.work import Work
from nurture.lifecycle import LIVE
from nurture.reports.audit_summary import AuditSummary, last_check
from nurture.web.console import count_cache

FORGOTTEN = "N01"
"""The promise that somebody looks after each live lead."""


@dataclass(frozen=True, slots=True)
class SafetyLine:
    """The line at the top of Today; `checked` is None before the first check."""

    live: int
    forgotten: int
    others: int
    """Other promises that are not kept, however many rows break each."""
    checked: AuditSummary | None


def safety(work: Work) -> SafetyLine:
    """Sum the last check up in one line."""
    stages, _ = count_cache.minute(work, "stages", leads.stage_counts)
    found = last_check(work)
    broken = found.broken if found else {}
    return SafetyLine(
        live=sum(stages[stage] for stage in LIVE),
        forgotten=broken.get(FORGOTTEN, 0),
        others=len(broken.keys() - {FORGOTTEN}),
        checked=found,
    )
