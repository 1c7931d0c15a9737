"""What a person asked for on the preferences page, topics and how often; it precedes our cap."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from campaigns.limits import Cap, Limit, free_at

MONTHLY = Limit(1, 30)
PAUSE = timedelta(days=90)
TOPICS, OFTEN, PAUSED_UNTIL = "mail_topics", "mail_often", "mail_paused_until"
"""The facts of a lead in which its wishes stand."""
WORDS = ("asked for a pause", "asked for at most one mail a month")
"""What receipts and waiting mails say of it."""


class Often(StrEnum):
    """How often somebody wants to hear from us."""

    ANY = "any"
    """As often as it comes, within our own cap."""
    MONTHLY = "monthly"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What holds for one lead; nothing asked for means no limit beside our own."""

    topics: frozenset[str] = frozenset()
    """Content about none of these is not sent; none named = anything."""
    monthly: bool = False
    paused_until: datetime | None = None

    @property
    def days(self) -> int:
        """Give how far back the sends of this lead are needed."""
        return MONTHLY.days if self.monthly else 0

    def often(self, *, now: datetime) -> Often:
        """Say it in the word of the page."""
        if self.paused_until is not None and self.paused_until > now:
            return Often.PAUSED
        return Often.MONTHLY if self.monthly else Often.ANY


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish that holds mail back: until when, in words that a receipt repeats."""

    until: datetime
    words: str


NO_WISHES = Wishes()


def read(facts: Mapping[str, object]) -> Wishes:
    """Read the wishes of a lead out of its facts; what makes no sense asks for nothing."""
    topics, until = facts.get(TOPICS), facts.get(PAUSED_UNTIL)
    if not topics and not until and not facts.get(OFTEN):
        return NO_WISHES
    named = topics if isinstance(topics, list | tuple) else ()
    return Wishes(
        topics=frozenset(str(one) for one in named),
        monthly=facts.get(OFTEN) == Often.MONTHLY,
        paused_until=_morning(until),
    )


def told(
    topics: Collection[str], often: Often, *, before: Wishes, now: datetime
) -> dict[str, list[str] | str | None]:
    """Write wishes as facts; who is paused and asks for it again does not start anew."""
    until: str | None = None
    if often is Often.PAUSED:
        running = before.often(now=now) is Often.PAUSED
        end = before.paused_until if running and before.paused_until else now + PAUSE
        until = end.date().isoformat()
    return {
        TOPICS: list(topics) or None,
        OFTEN: str(Often.MONTHLY) if often is Often.MONTHLY else None,
        PAUSED_UNTIL: until,
    }


def asks_to_wait(wishes: Wishes, sends: tuple[datetime, ...], *, at: datetime) -> Asked | None:
    """Tell until when a mail at `at` must wait, and by which wish; None = it may go."""
    if wishes.paused_until is not None and wishes.paused_until > at:
        return Asked(wishes.paused_until, WORDS[0])
    if wishes.monthly:
        free = free_at(Cap((MONTHLY,)), sends, at=at)
        if free > at:
            return Asked(free, WORDS[1])
    return None


def _morning(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.combine(date.fromisoformat(value), time(), UTC)
    except ValueError:
        return None
