"""Whether anybody or anything has fallen through a crack, as the tick has last checked."""

from dataclasses import dataclass

from nurture import leads
from nurture.kernel.work import Work
from nurture.lifecycle import LIVE
from nurture.reports.checked import Checked, last_check
from nurture.web.console import remember

FORGOTTEN = "N01"
"""The promise that somebody looks after each live lead."""


@dataclass(frozen=True, slots=True)
class Safety:
    """The line at the top of Today; `checked` is None before the first check."""

    live: int
    forgotten: int
    others: int
    """Other promises that are not kept, however many rows break each."""
    checked: Checked | None


def safety(work: Work) -> Safety:
    """Sum the last check up in one line."""
    stages, _ = remember.minute(work, "stages", leads.stage_counts)
    found = last_check(work)
    broken = found.broken if found else {}
    return Safety(
        live=sum(stages[stage] for stage in LIVE),
        forgotten=broken.get(FORGOTTEN, 0),
        others=len(broken.keys() - {FORGOTTEN}),
        checked=found,
    )
