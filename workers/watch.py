"""Run the audit once a minute for the whole installation, and leave the counts for Today."""

import secrets
import threading
from dataclasses import dataclass
from datetime import timedelta

from nurture.kernel import shared_values
from nurture.kernel.database import passing
from nurture.kernel.log import logger
from nurture.kernel.work import Works
from nurture.reports import audit_summary
from nurture.reports.audit import QUERIES, run_audit

EVERY = timedelta(seconds=60)


def watch(works: Works, *, who: str) -> bool:
    """Check all promises, unless some tick has done so within a minute; tell whether it did.

    Dying between the three steps leaves the old result; the next tick checks a minute later.
    """
    with works.begin("tick") as work:
        # Each attempt is a holder of its own: who has just checked waits for the minute, too.
        holder = f"{who}/{secrets.token_hex(4)}"
        if not shared_values.take_lease(work, audit_summary.NAME, holder=holder, for_=EVERY):
            return False
    with works.read("tick") as work:
        found, at = run_audit(work), work.now
    with works.begin("tick") as work:
        new = audit_summary.summary(found, checks=len(QUERIES), at=at)
        shared_values.put(work, audit_summary.NAME, new=new)
    return True


@dataclass(slots=True)
class Watcher:
    """Checks beside the tick, in a thread of its own: what is due never waits for an audit."""

    thread: threading.Thread | None = None

    def look(self, works: Works, *, who: str) -> bool:
        """Begin a check, unless one is under way; it ends with the process."""
        if self.thread is not None and self.thread.is_alive():
            return False
        self.thread = threading.Thread(target=_watch, args=(works, who), name="audit", daemon=True)
        self.thread.start()
        return True


def _watch(works: Works, who: str) -> None:
    try:
        watch(works, who=who)
    except Exception as error:  # noqa: BLE001 - the outermost call of a thread: the next check is a minute later
        if passing(error):
            logger().warning("database_away", name="audit")
        else:
            logger().exception("failed", name="audit")
