"""Run the audit once a minute for the whole installation, and leave the counts for Today."""

import secrets
from datetime import timedelta

from nurture.kernel import shared
from nurture.kernel.work import Works
from nurture.reports import checked
from nurture.reports.audit import QUERIES, run_audit

EVERY = timedelta(seconds=60)


def watch(works: Works, *, who: str) -> bool:
    """Check all promises, unless some tick has done so within a minute; tell whether it did.

    Dying between the three steps leaves the old result; the next tick checks a minute later.
    """
    with works.begin("tick") as work:
        # Each attempt is a holder of its own: who has just checked waits for the minute, too.
        holder = f"{who}/{secrets.token_hex(4)}"
        if not shared.take_lease(work, checked.NAME, holder=holder, for_=EVERY):
            return False
    with works.read("tick") as work:
        found, at = run_audit(work), work.now
    with works.begin("tick") as work:
        new = checked.summary(found, checks=len(QUERIES), at=at)
        shared.put(work, checked.NAME, new=new)
    return True
