"""Who gets this lead, and why: rules in order, then turn by turn among those who can take it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from campaigns.conditions import Condition, Facts, holds


@dataclass(frozen=True, slots=True)
class ToUsers:
    """One user, or several in turn."""

    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToFact:
    """The user whom a fact names."""

    field: str


@dataclass(frozen=True, slots=True)
class ToQueue:
    """Somebody's queue, for a person to distribute."""

    user: str


Target = ToUsers | ToFact | ToQueue


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """When it fits (None = always), who gets the lead, and who else if nobody of them can."""

    words: str
    to: Target
    when: Condition | None = None
    else_to: Target | None = None


@dataclass(frozen=True, slots=True)
class Routing:
    """All rules of one version; `fallback` is the user whose queue takes the rest."""

    version: int
    rules: tuple[RoutingRule, ...]
    fallback: str


@dataclass(frozen=True, slots=True)
class RoutingCandidate:
    """A person who may get leads; `capacity` None = no bound."""

    key: str
    name: str = ""
    """How people read of them; without one it is the key."""
    active: bool = True
    away: bool = False
    had: bool = False
    """They had this lead before and were late."""
    capacity: int | None = None
    open: int = 0

    @property
    def called(self) -> str:
        """Name them."""
        return self.name or self.key

    @property
    def can_take(self) -> bool:
        """Tell whether one more lead would be looked after."""
        return self.active and not self.away and not self.had and not self.full

    @property
    def full(self) -> bool:
        """Tell whether the hands are full."""
        return self.capacity is not None and self.open >= self.capacity


@dataclass(frozen=True, slots=True)
class Route:
    """The answer: an owner, or a queue (the other one is ""); `turn` counts up by one."""

    owner: str
    queue: str
    rule: str
    reason: str
    turn: int


def route(
    routing: Routing,
    facts: Facts,
    candidates: Sequence[RoutingCandidate],
    *,
    turn: int,
    now: datetime,
) -> Route:
    """Find the owner; `turn` is the round-robin counter that the caller keeps in a row.

    A lead that nobody can take lies in the fallback's queue, never nowhere.
    """
    people = {one.key: one for one in candidates}
    passed: list[str] = []
    for rule in routing.rules:
        if rule.when is not None and not holds(rule.when, facts, now=now):
            continue
        for target in (rule.to, rule.else_to):
            found = _resolve(target, rule, facts, people, turn)
            if found is not None:
                return _with_reason(found, passed)
        passed.append(_why_not(rule, facts, people))
    named = _called(routing.fallback, people)
    reason = "; ".join([*passed, f"nobody else can take it: queue of {named}"])
    return Route("", routing.fallback, "fallback", reason, turn)


def _resolve(
    target: Target | None,
    rule: RoutingRule,
    facts: Facts,
    people: dict[str, RoutingCandidate],
    turn: int,
) -> Route | None:
    if target is None:
        return None
    if isinstance(target, ToQueue):
        reason = f"{rule.words}: queue of {_called(target.user, people)}"
        return Route("", target.user, rule.words, reason, turn)
    able = [key for key in _named(target, facts) if key in people and people[key].can_take]
    if not able:
        return None
    owner = able[turn % len(able)]
    in_turn = " (in turn)" if len(able) > 1 else ""
    reason = f"{rule.words}: {_called(owner, people)}{in_turn}"
    return Route(owner, "", rule.words, reason, turn + (len(able) > 1))


def _with_reason(found: Route, passed: list[str]) -> Route:
    reason = "; ".join([*passed, found.reason])
    return Route(found.owner, found.queue, found.rule, reason, found.turn)


def _why_not(rule: RoutingRule, facts: Facts, people: dict[str, RoutingCandidate]) -> str:
    states = [f"{_called(key, people)} {_state(people.get(key))}" for key in _named(rule.to, facts)]
    return f"{rule.words}: " + (", ".join(states) or "nobody is named")


def _named(target: Target, facts: Facts) -> tuple[str, ...]:
    match target:
        case ToUsers(users):
            return users
        case ToFact(field):
            value = facts.values.get(field)
            return (value,) if isinstance(value, str) and value else ()
        case ToQueue():
            return ()


def _called(key: str, people: dict[str, RoutingCandidate]) -> str:
    return people[key].called if key in people else key


def _state(person: RoutingCandidate | None) -> str:
    if person is None or not person.active:
        return "is not active"
    if person.had:
        return "was late"
    return "is away" if person.away else "is full"
