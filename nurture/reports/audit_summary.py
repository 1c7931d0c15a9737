"""What the last audit found, as the tick has left it: pages read this and never wait for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nurture.kernel import shared_values
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.reports.findings import AuditFinding

NAME = "audit"
"""The shared value that holds it."""
FRESH = timedelta(minutes=10)
"""An older result means that the check is not running (machine time)."""


@dataclass(frozen=True, slots=True)
class AuditSummary:
    """How many rows broke each promise, and when that was looked at."""

    broken: Mapping[str, int]
    checks: int
    at: datetime
    """Business time, for readers."""
    running: bool


def summary(findings: Sequence[AuditFinding], *, checks: int, at: datetime) -> Json:
    """Put what an audit found into the shared value."""
    return {
        "at": at.isoformat(),
        "checks": checks,
        "broken": {one.name: len(one.rows) for one in findings},
    }


def last_check(work: Work) -> AuditSummary | None:
    """Read what the last audit found; None before the first one."""
    value, made = shared_values.noted(work, NAME) or (None, work.machine)
    if not isinstance(value, dict):
        return None
    broken = value.get("broken")
    rows = broken.items() if isinstance(broken, dict) else ()
    return AuditSummary(
        broken={name: count for name, count in rows if isinstance(count, int)},
        checks=int(str(value.get("checks", 0))),
        at=datetime.fromisoformat(str(value.get("at"))),
        running=work.machine - made <= FRESH,
    )
