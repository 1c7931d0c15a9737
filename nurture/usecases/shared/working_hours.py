"""When our people work, what is left of their time, and when a day begins for them."""

from datetime import UTC, date, datetime, time

from campaigns.countdown import TimeLeft, time_left
from campaigns.timing import Calendar, Hours, zone_of
from nurture import users
from nurture.handoff import HandoffView
from nurture.kernel.types import UserId
from nurture.kernel.work import Work
from nurture.users import UserCard

MORNING = time(8)
"""When who has rested is looked at again."""


def morning(day: date, zone: str) -> datetime:
    """Give the time of a day at which who has rested is looked at again, where somebody is.

    In UTC it would be the evening before for whoever lives west of the Pacific coast.
    """
    return datetime.combine(day, MORNING, zone_of(zone)).astimezone(UTC)


def zone_here(work: Work) -> str:
    """Tell in which zone a day is meant that whoever acts has named."""
    kind, _, number = work.actor.partition(":")
    card = users.find(work, UserId(int(number))) if kind == "user" and number.isdecimal() else None
    return card.zone if card else "UTC"


def hours_of(person: UserCard | None) -> Hours:
    """Give the working hours of somebody; nobody's are those of UTC."""
    return Hours(person.zone, Calendar(person.country or "")) if person else Hours("UTC")


def left_of(offer: HandoffView, owner: UserCard | None, now: datetime) -> TimeLeft:
    """Measure what is left of an offer in its owner's working time, the same wherever it shows."""
    return time_left(offer.started_at, offer.due_at, now, hours=hours_of(owner))
