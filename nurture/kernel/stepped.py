"""The stepped clock's instant: one small file of the instance that all its processes read.

Only `demo --once` and tests step the clock, and they run on one host (docs/decisions/0002).
"""

from datetime import UTC, datetime
from pathlib import Path

FILE = "clock"


def read_instant(home: Path) -> datetime:
    """Give the instant; the epoch before anybody has set it."""
    try:
        return datetime.fromisoformat((home / FILE).read_text())
    except FileNotFoundError:
        return datetime.fromtimestamp(0, UTC)


def set_instant(home: Path, instant: datetime) -> None:
    """Move every process of the instance to an instant, in one rename."""
    fresh = home / f"{FILE}.new"
    fresh.write_text(instant.astimezone(UTC).isoformat())
    fresh.replace(home / FILE)
