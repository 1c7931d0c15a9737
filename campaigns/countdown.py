"""How much of a deadline is left, in the working time of whoever must keep it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.timing import Hours, next_working_moment, working_time

WORKING_DAY = timedelta(hours=8)
MOMENT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """What is left, or by how much it is late; both are working time."""

    span: timedelta
    late: bool
    share: float
    """Of the whole time, 0 to 1."""
    rests_until: datetime | None
    """When the clock goes on, where it stands now and less than a day is left."""

    @property
    def words(self) -> str:
        """Say it in two words or three: 1 h 36 min, 3 working days, 42 min late."""
        return f"{length(self.span)} late" if self.late else length(self.span)


def time_left(begins: datetime, due: datetime, now: datetime, *, hours: Hours) -> TimeLeft:
    """Measure what is left of the time from `begins` to `due`."""
    late = due <= now
    first, last = (due, now) if late else (now, due)
    span = max(working_time(first, last, hours=hours), MOMENT)
    whole = max(working_time(begins, due, hours=hours), MOMENT)
    goes_on = next_working_moment(now, hours=hours)
    rests = goes_on > now and not late and span < WORKING_DAY
    return TimeLeft(
        span=span,
        late=late,
        share=0.0 if late else min(span / whole, 1.0),
        rests_until=goes_on if rests else None,
    )


def length(span: timedelta) -> str:
    """Say a stretch of working time: 42 min, 1 h 36 min, 3 working days."""
    if span >= 2 * WORKING_DAY:
        return f"{span // WORKING_DAY} working days"
    hours, minutes = divmod(int(span.total_seconds() // 60), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
