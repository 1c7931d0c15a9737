"""What a lead cares about and where it stands, read from what it did with content."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from campaigns.conditions import LeadEvent
from campaigns.decay import decayed
from campaigns.vocabulary import ActivityKind, BuyingStage

_HALF_LIFE = 60.0
"""Days after which an act says half as much about an interest."""
_STATED = 2.0
"""A topic that somebody named counts as much as two fresh acts."""
_MEMORY = timedelta(days=90)
_READING = frozenset(
    {
        ActivityKind.CLICKED,
        ActivityKind.VISITED,
        ActivityKind.DOWNLOADED,
        ActivityKind.SUBMITTED,
        ActivityKind.REGISTERED,
        ActivityKind.ATTENDED,
    },
)


def interests(
    acts: Iterable[LeadEvent], *, stated: Collection[str], topics: Collection[str], now: datetime
) -> tuple[str, ...]:
    """List the topics that a lead cares about, strongest first; equals by name."""
    weights = dict.fromkeys(stated, _STATED)
    for act in _read(acts, now):
        for topic in act.names.intersection(topics):
            weights[topic] = weights.get(topic, 0.0) + decayed(1.0, now - act.at, _HALF_LIFE)
    return tuple(sorted(weights, key=lambda topic: (-weights[topic], topic)))


def buying_stage(acts: Iterable[LeadEvent], *, now: datetime) -> BuyingStage:
    """Name the furthest stage whose content a person used in the last 90 days, else the first."""
    recent = [act.names for act in _read(acts, now) if now - act.at <= _MEMORY]
    if not recent:
        return BuyingStage.LEARN
    used = [stage for stage in BuyingStage if any(stage in names for names in recent)]
    return used[-1] if used else BuyingStage.LEARN


def _read(acts: Iterable[LeadEvent], now: datetime) -> list[LeadEvent]:
    return [act for act in acts if act.human and act.kind in _READING and act.at <= now]
