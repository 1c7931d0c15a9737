"""What this domain refuses."""

from datetime import datetime

from nurture.kernel.errors import Conflict


class AlreadyAnswered(Conflict):
    """Somebody was first; the first answer holds."""

    def __init__(self, *, outcome: str, by: str, at: datetime) -> None:
        """Keep who answered what, and when, for pages that say it in the reader's own time."""
        super().__init__(f"This task was already answered: {outcome}.")
        self.outcome = outcome
        self.by = by
        self.at = at
