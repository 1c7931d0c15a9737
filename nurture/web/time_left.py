"""What is left of a deadline, drawn as a ring: the same on every page."""

from dataclasses import dataclass
from datetime import datetime

from nurture.handoff import HandoffView
from nurture.usecases.shared.working_hours import left_of
from nurture.users import UserCard

RING = 37.7
"""The circumference of a countdown's ring."""
HALF = 0.5
"""From here on a ring is amber."""


@dataclass(frozen=True, slots=True)
class Countdown:
    """What is left of a deadline in the owner's working time."""

    due: datetime
    words: str
    late: bool
    rush: str
    """ok, soon or late."""
    ring: float
    rests_until: datetime | None
    """When the owner's clock goes on, where it stands now."""

    @property
    def sentence(self) -> str:
        """Say it where nothing around says that it is the time left."""
        return self.words if self.late else f"{self.words} left"


def countdown(offer: HandoffView, owner: UserCard | None, now: datetime) -> Countdown | None:
    """Measure what is left of an offer; nothing runs once it is closed."""
    if offer.closed_at is not None:
        return None
    left = left_of(offer, owner, now)
    return Countdown(
        due=offer.due_at,
        late=left.late,
        words=left.words,
        rush="late" if left.late else "ok" if left.share > HALF else "soon",
        ring=RING if left.late else round(RING * left.share, 1),
        rests_until=left.rests_until,
    )
