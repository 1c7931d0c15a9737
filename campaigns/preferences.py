"""What a person asked for on the preferences page, topics and how often; it precedes our cap."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from campaigns.frequency_caps import FrequencyCap, FrequencyLimit, free_at

MONTHLY = FrequencyLimit(1, 30)
PAUSE = timedelta(days=90)
TOPICS, OFTEN, PAUSED_UNTIL = "mail_topics", "mail_often", "mail_paused_until"
"""The facts of a lead in which its wishes stand."""
WORDS = ("asked for a pause", "asked for at most one mail a month")
"""What receipts and waiting mails say of it."""


class MailFrequency(StrEnum):
    """How often somebody wants to hear from us."""

    ANY = "any"
    """As often as it comes, within our own cap."""
    MONTHLY = "monthly"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class MailPreferences:
    """What holds for one lead; nothing asked for means no limit beside our own."""

    topics: frozenset[str] = frozenset()
    """Content about none of these is not sent; none named = anything."""
    monthly: bool = False
    paused_until: datetime | None = None

    @property
    def days(self) -> int:
        """Give how far back the sends of this lead are needed."""
        return MONTHLY.days if self.monthly else 0

    def often(self, *, now: datetime) -> MailFrequency:
        """Say it in the word of the page."""
        if self.paused_until is not None and self.paused_until > now:
            return MailFrequency.PAUSED
        return MailFrequency.MONTHLY if self.monthly else MailFrequency.ANY


@dataclass(frozen=True, slots=True)
class RequestedPause:
    """A wish that holds mail back: until when, in words that a receipt repeats."""

    until: datetime
    words: str


NO_WISHES = MailPreferences()


def read(facts: Mapping[str, object]) -> MailPreferences:
    """Read the wishes of a lead out of its facts; what makes no sense asks for nothing."""
    topics, until = facts.get(TOPICS), facts.get(PAUSED_UNTIL)
    if not topics and not until and not facts.get(OFTEN):
        return NO_WISHES
    named = topics if isinstance(topics, list | tuple) else ()
    return MailPreferences(
        topics=frozenset(str(one) for one in named),
        monthly=facts.get(OFTEN) == MailFrequency.MONTHLY,
        paused_until=_morning(until),
    )


def told(
    topics: Collection[str], often: MailFrequency, *, before: MailPreferences, now: datetime
) -> dict[str, list[str] | str | None]:
    """Write wishes as facts; who is paused and asks for it again does not start anew."""
    until: str | None = None
    if often is MailFrequency.PAUSED:
        running = before.often(now=now) is MailFrequency.PAUSED
        end = before.paused_until if running and before.paused_until else now + PAUSE
        until = end.date().isoformat()
    return {
        TOPICS: list(topics) or None,
        OFTEN: str(MailFrequency.MONTHLY) if often is MailFrequency.MONTHLY else None,
        PAUSED_UNTIL: until,
    }


def asks_to_wait(
    preferences: MailPreferences, sends: tuple[datetime, ...], *, at: datetime
) -> RequestedPause | None:
    """Tell until when a mail at `at` must wait, and by which wish; None = it may go."""
    if preferences.paused_until is not None and preferences.paused_until > at:
        return RequestedPause(preferences.paused_until, WORDS[0])
    if preferences.monthly:
        free = free_at(FrequencyCap((MONTHLY,)), sends, at=at)
        if free > at:
            return RequestedPause(free, WORDS[1])
    return None


def _morning(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.combine(date.fromisoformat(value), time(), UTC)
    except ValueError:
        return None
