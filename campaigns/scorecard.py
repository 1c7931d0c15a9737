"""How points are made: fit and engagement apart, caps, half-lives, a grid instead of one sum."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.conditions import Condition, EventCondition, Facts, LeadEvent, holds, matching
from campaigns.decay import decayed

_CENT = 100
_DUST = 1e-9
"""Room for float noise, far below the hundredth of a point that the ledger keeps."""


@dataclass(frozen=True, slots=True)
class FitCase:
    """What one value of a field, or one condition, is worth."""

    when: Condition
    points: float
    words: str


@dataclass(frozen=True, slots=True)
class FitRule:
    """The first case that holds gives the points."""

    name: str
    cases: tuple[FitCase, ...]


@dataclass(frozen=True, slots=True)
class ActRule:
    """What one human act is worth."""

    name: str
    did: EventCondition
    points: float


@dataclass(frozen=True, slots=True)
class EventGroup:
    """Acts of one nature; `cap` bounds what they may be worth at any moment, after decay."""

    name: str
    rules: tuple[ActRule, ...]
    half_life: float | None
    """Days; None = never decays."""
    cap: float | None = None
    cap_per_day: float | None = None
    once_per: float | None = None
    """Days in which the same rule counts once."""
    intent: bool = False


@dataclass(frozen=True, slots=True)
class Bands:
    """Names from the best down, each with the score it needs; `rest` below all of them."""

    steps: tuple[tuple[str, float], ...]
    rest: str


@dataclass(frozen=True, slots=True)
class Scorecard:
    """All rules of one version."""

    key: str
    version: int
    fit: tuple[FitRule, ...]
    fit_bands: Bands
    groups: tuple[EventGroup, ...]
    engagement_bands: Bands

    @property
    def half_lives(self) -> tuple[float | None, ...]:
        """List the half-life classes, for one accumulator each; None first, then ascending."""
        return tuple(sorted({group.half_life for group in self.groups}, key=lambda days: days or 0))


@dataclass(frozen=True, slots=True)
class FitContribution:
    """One row of the fit score; all rows sum exactly to the score."""

    rule: str
    points: float
    words: str


@dataclass(frozen=True, slots=True)
class EarnedPoints:
    """One row of the engagement ledger: what an act earned when it happened, caps applied."""

    rule: str
    group: str
    points: float
    at: datetime
    half_life: float | None
    version: int
    ref: str = ""
    full_points: float = 0.0
    """What the rule says; more than `points` when a cap cut it."""
    intent: bool = False


def score_fit(card: Scorecard, facts: Facts, *, now: datetime) -> list[FitContribution]:
    """List what makes the fit score; a last row keeps the sum within 0..100."""
    rows = [row for rule in card.fit if (row := _fit_row(rule, facts, now)) is not None]
    total = sum(row.points for row in rows)
    bound = min(max(total, 0), 100)
    if bound != total:
        rows.append(FitContribution("limit", bound - total, "the score stays within 0 and 100"))
    return rows


def score_acts(
    card: Scorecard, acts: Iterable[LeadEvent], ledger: Sequence[EarnedPoints]
) -> list[EarnedPoints]:
    """List what new acts earn, in order of time; `ledger` holds the lead's entries so far.

    Only human acts count. In each group the first rule that fits decides. An act that earns
    nothing, because a cap is reached, leaves no entry.
    """
    known = list(ledger)
    new: list[EarnedPoints] = []
    for act in sorted(acts, key=lambda act: (act.at, act.ref)):
        for entry in _entries(card, act, known):
            known.append(entry)
            new.append(entry)
    return new


def is_intent(card: Scorecard, act: LeadEvent) -> bool:
    """Tell whether the scorecard calls this an act of intent."""
    return any(group.intent and _rule_for(group, act) is not None for group in card.groups)


def total_at(entries: Iterable[EarnedPoints], moment: datetime) -> float:
    """Sum the decayed points of all entries that had happened by then."""
    return sum(
        decayed(entry.points, moment - entry.at, entry.half_life)
        for entry in entries
        if entry.at <= moment
    )


def band(bands: Bands, score: float) -> str:
    """Name the band that a score falls into."""
    return next((name for name, least in bands.steps if score >= least), bands.rest)


def cell(card: Scorecard, *, fit: float, engagement: float) -> str:
    """Name the cell of the grid, such as "A1"."""
    return band(card.fit_bands, fit) + band(card.engagement_bands, engagement)


def _fit_row(rule: FitRule, facts: Facts, now: datetime) -> FitContribution | None:
    for case in rule.cases:
        if holds(case.when, facts, now=now):
            return FitContribution(rule.name, case.points, case.words)
    return None


def _entries(
    card: Scorecard, act: LeadEvent, known: Sequence[EarnedPoints]
) -> Iterator[EarnedPoints]:
    for group in card.groups:
        rule = _rule_for(group, act)
        if rule is None:
            continue
        points = _within_caps(group, rule, act.at, [e for e in known if e.group == group.name])
        if points:
            yield EarnedPoints(
                rule=rule.name,
                group=group.name,
                points=points,
                at=act.at,
                half_life=group.half_life,
                version=card.version,
                ref=act.ref,
                full_points=rule.points,
                intent=group.intent,
            )


def _rule_for(group: EventGroup, act: LeadEvent) -> ActRule | None:
    return next((rule for rule in group.rules if any(matching(rule.did, (act,)))), None)


def _within_caps(
    group: EventGroup, rule: ActRule, at: datetime, entries: Sequence[EarnedPoints]
) -> float:
    """Cut the points to what the group may still be worth, now and at every later entry."""
    if _too_soon(group, rule, at, entries):
        return 0.0
    room = rule.points
    if group.cap_per_day is not None:
        today = sum(entry.points for entry in entries if entry.at.date() == at.date())
        room = min(room, group.cap_per_day - today)
    if group.cap is not None:
        room = min(room, _room_under(group.cap, at, entries, half_life=group.half_life))
    if rule.points <= 0:
        return rule.points
    return max(math.floor(room * _CENT + _DUST) / _CENT, 0.0)


def _too_soon(
    group: EventGroup, rule: ActRule, at: datetime, entries: Sequence[EarnedPoints]
) -> bool:
    if group.once_per is None:
        return False
    span = timedelta(days=group.once_per)
    return any(entry.rule == rule.name and abs(entry.at - at) < span for entry in entries)


def _room_under(
    cap: float, at: datetime, entries: Sequence[EarnedPoints], *, half_life: float | None
) -> float:
    # An act may settle after younger ones did: it must fit under the cap at their moments, too.
    moments = [at, *(entry.at for entry in entries if entry.at > at)]
    return min(
        (cap - total_at(entries, moment)) / decayed(1.0, moment - at, half_life)
        for moment in moments
    )
