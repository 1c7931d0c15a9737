"""How much is too much: the cap over all tracks, priority between tracks, re-entry."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.track import ReentryRule


@dataclass(frozen=True, slots=True)
class FrequencyLimit:
    """At most `times` in any `days` running days."""

    times: int
    days: int


@dataclass(frozen=True, slots=True)
class FrequencyCap:
    """Every limit at once ("1 per 3 days, 2 per week"); none = no cap."""

    limits: tuple[FrequencyLimit, ...] = ()

    @property
    def days(self) -> int:
        """Give the longest memory: how far back the sends of a lead are needed."""
        return max((limit.days for limit in self.limits), default=0)


@dataclass(frozen=True, slots=True)
class CompetingTrack:
    """Another track in which a lead is active."""

    track: str
    priority: int


def free_at(cap: FrequencyCap, sends: tuple[datetime, ...], *, at: datetime) -> datetime:
    """Give the first moment from `at` on when one more mail breaks no limit.

    Sends may lie ahead of `at` (planned): they count as well.
    """
    if not sends:
        return at
    free = at
    for _ in range(len(sends) * len(cap.limits) + 1):
        later = max((_free(limit, sends, free) for limit in cap.limits), default=free)
        if later == free:
            return free
        free = later
    return free


def _free(limit: FrequencyLimit, sends: tuple[datetime, ...], at: datetime) -> datetime:
    span = timedelta(days=limit.days)
    near = sorted(sent for sent in sends if at - span < sent < at + span)
    if len(near) < limit.times:
        return at
    return near[-limit.times] + span


def goes_first(
    priority: int, rivals: tuple[CompetingTrack, ...], *, track: str
) -> CompetingTrack | None:
    """Name the rival that goes before this track; None when this one goes first."""
    ahead = [one for one in rivals if (one.priority, one.track) < (priority, track)]
    return min(ahead, key=lambda one: (one.priority, one.track), default=None)


def may_enter(again: ReentryRule, last_ended: datetime | None, *, now: datetime) -> bool:
    """Tell whether a lead who has been through (or never, None) may enter again."""
    if last_ended is None:
        return True
    return again.days is not None and now >= last_ended + timedelta(days=again.days)
