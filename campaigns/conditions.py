"""One condition language for audiences, branches, score rules and routing.

A condition is a tree of frozen values; `holds` evaluates it over `Facts`, and segments compile the
same tree to SQL. `campaigns.condition_text` reads and writes its short text form.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from operator import ge, gt, le, lt
from typing import TypeAlias

from campaigns.dates import day_of
from campaigns.vocabulary import ActivityKind

Scalar: TypeAlias = str | int | float | bool | date | datetime
Value: TypeAlias = Scalar | tuple[str, ...] | None


class Op(StrEnum):
    """How a field is compared; an unset field holds only NE, NOT_IN and UNSET."""

    EQ = "is"
    NE = "is not"
    GE = ">="
    GT = ">"
    LE = "<="
    LT = "<"
    IN = "in"
    NOT_IN = "not in"
    SET = "set"
    UNSET = "not set"


class ActivityAlias(StrEnum):
    """What `Did` may ask for beside one activity kind."""

    SIGN = "sign"
    """Any human act of the prospect, whatever it was."""
    INTENT = "intent"
    """An act that the scorecard calls intent; reading alone never is."""


PROSPECT_ACTS = frozenset(
    {
        ActivityKind.OPENED,
        ActivityKind.CLICKED,
        ActivityKind.VISITED,
        ActivityKind.SUBMITTED,
        ActivityKind.DOWNLOADED,
        ActivityKind.REGISTERED,
        ActivityKind.ATTENDED,
        ActivityKind.REPLIED,
    },
)
SIGNS = PROSPECT_ACTS - {ActivityKind.OPENED}
"""An open is a weak signal (image proxies): it never counts as a sign of life by itself."""


@dataclass(frozen=True, slots=True)
class LeadEvent:
    """Something dated that a prospect did; `names` are all words by which a rule may mean it.

    Names are the step that sent it, the asset, its type, topic and buying stage, the page, the
    link. `item` tells distinct things apart ("2 compare items clicked").
    """

    kind: ActivityKind
    at: datetime
    names: frozenset[str] = frozenset()
    item: str = ""
    human: bool = True
    intent: bool = False
    ref: str = ""
    """Whatever identifies it to the caller; ledger entries carry it on."""
    sure: bool = True
    """Nothing but a person does this; False: a machine may have, see `campaigns.human_evidence`."""
    mail: int = 0
    """Which mail it came from; 0 where it came from none."""
    sent_at: datetime | None = None
    """When that mail was delivered."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one lead: named values, and dated acts in any order."""

    values: Mapping[str, Value] = field(default_factory=dict)
    acts: tuple[LeadEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Compare:
    """One field against one value; SET and UNSET take None, IN and NOT_IN a tuple."""

    field: str
    op: Op
    value: Value = None


@dataclass(frozen=True, slots=True)
class EventCondition:
    """At least `times` human acts of a kind, called `what` ("" = any), within `days` (None = ever).

    `distinct` counts different items, so that one article clicked twice is one.
    """

    kind: ActivityKind | ActivityAlias
    what: str = ""
    days: int | None = None
    times: int = 1
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class DateCondition:
    """A date fact that lies more (`older`) or less than `days` back; an unset one is neither."""

    field: str
    days: int
    older: bool


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class All:
    """Every part; nothing in it means yes."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part; nothing in it means no."""

    parts: tuple["Condition", ...]


Leaf: TypeAlias = Compare | DateCondition | EventCondition
Condition: TypeAlias = All | AnyOf | Not | Leaf


@dataclass(frozen=True, slots=True)
class Since:
    """From when acts count that have no window of their own.

    A branch asks after what happened in this run of the track (`named`), and for unnamed acts
    ("replied") after what happened since the lead came to the branch (`unnamed`).
    """

    named: datetime
    unnamed: datetime


def holds(condition: Condition, facts: Facts, *, now: datetime, since: Since | None = None) -> bool:
    """Evaluate; acts after `now` are not known yet and never count."""
    match condition:
        case All(parts):
            return all(holds(part, facts, now=now, since=since) for part in parts)
        case AnyOf(parts):
            return any(holds(part, facts, now=now, since=since) for part in parts)
        case Not(part):
            return not holds(part, facts, now=now, since=since)
        case Compare():
            return compares(condition, facts.values.get(condition.field))
        case DateCondition():
            return _aged(condition, facts.values.get(condition.field), now=now)
        case EventCondition():
            return _did(condition, facts.acts, now=now, since=since)


def compares(compare: Compare, value: Value) -> bool:
    """Compare one value; values of different types are unequal and have no order."""
    op = compare.op
    if op in _NEGATED:
        return not compares(Compare(compare.field, _NEGATED[op], compare.value), value)
    if value is None or value in ((), ""):
        return False
    if op is Op.SET:
        return True
    if op is Op.EQ:
        return _same(_told(value, compare.value), compare.value)
    if op is Op.IN:
        wanted = compare.value if isinstance(compare.value, tuple) else (compare.value,)
        return any(_same(_told(value, one), one) for one in wanted)
    return _ordered(op, _told(value, compare.value), compare.value)


def matching(did: EventCondition, acts: tuple[LeadEvent, ...]) -> Iterator[LeadEvent]:
    """Yield the human acts that a rule means, whatever their time."""
    return (act for act in acts if act.human and _is_kind(did, act) and _is_called(did.what, act))


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Yield the questions at the ends of the tree, in reading order."""
    match condition:
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case Compare() | DateCondition() | EventCondition():
            yield condition


def asks_for_acts(condition: Condition) -> bool:
    """Tell whether time alone can change the answer, so that a branch on it must have an end."""
    return any(isinstance(leaf, EventCondition) for leaf in leaves(condition))


_NEGATED = {Op.NE: Op.EQ, Op.NOT_IN: Op.IN, Op.UNSET: Op.SET}
_ORDER: dict[Op, Callable[[float | str, float | str], bool]] = {
    Op.GE: ge,
    Op.GT: gt,
    Op.LE: le,
    Op.LT: lt,
}


def turns_old_at(aged: DateCondition, value: Value) -> datetime | None:
    """Give the moment at which a date grows older than the limit; None when there is no date."""
    if isinstance(value, datetime):
        return value + timedelta(days=aged.days)
    day = day_of(value)
    if day is None:
        return None
    return datetime.combine(day, time(0), UTC) + timedelta(days=aged.days)


def _aged(aged: DateCondition, value: Value, *, now: datetime) -> bool:
    turns = turns_old_at(aged, value)
    return turns is not None and (turns <= now) is aged.older


def _did(
    did: EventCondition, acts: tuple[LeadEvent, ...], *, now: datetime, since: Since | None
) -> bool:
    start = _start(did, now=now, since=since)
    found = [act for act in matching(did, acts) if act.at <= now and _after(act.at, start)]
    if did.distinct:
        return len({act.item for act in found}) >= did.times
    return len(found) >= did.times


def _start(did: EventCondition, *, now: datetime, since: Since | None) -> datetime | None:
    if did.days is not None:
        return now - timedelta(days=did.days)
    if since is None:
        return None
    return since.named if did.what else since.unnamed


def _after(at: datetime, start: datetime | None) -> bool:
    return start is None or at >= start


def _is_kind(did: EventCondition, act: LeadEvent) -> bool:
    if did.kind is ActivityAlias.INTENT:
        return act.intent
    if did.kind is ActivityAlias.SIGN:
        return act.kind in SIGNS
    return act.kind == did.kind


def _is_called(what: str, act: LeadEvent) -> bool:
    return not what or what in act.names


def _told(value: Value, wanted: Value) -> Value:
    """Read a text as the number that it is compared with: older lists kept numbers as texts."""
    if isinstance(value, str) and isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return float(value) if _PLAIN_NUMBER.fullmatch(value) else value
    return value


_PLAIN_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d+)?", re.ASCII)


def _same(value: Value, wanted: Value) -> bool:
    if isinstance(value, tuple):
        return value == wanted if isinstance(wanted, tuple) else wanted in value
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return value == wanted


def _ordered(op: Op, value: Value, wanted: Value) -> bool:
    left, right = _rank(value), _rank(wanted)
    if left is None or right is None or isinstance(left, str) != isinstance(right, str):
        return False
    return _ORDER[op](left, right)


def _rank(value: Value) -> float | str | None:
    if isinstance(value, bool) or value is None or isinstance(value, tuple):
        return None
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value
