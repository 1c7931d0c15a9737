"""Read a scorecard file."""

import re
from collections.abc import Iterator

from campaigns.condition_text import parse, parse_value, words
from campaigns.conditions import All, Compare, Condition, EventCondition, Op
from campaigns.durations import parse_duration
from campaigns.scorecard import ActRule, Bands, EventGroup, FitCase, FitRule, Scorecard
from campaigns.yamlfile import (
    BadValueError,
    Fields,
    Leaf,
    Map,
    Node,
    Notes,
    YamlEntry,
    as_bool,
    as_int,
    as_map,
    as_name,
    as_number,
    as_text,
    read,
)

_RANGE = re.compile(r"(\d+)-(\d+)\Z")
_FROM = re.compile(r"(\d+)\+\Z")
_MOST_CLASSES = 3
_NO_BANDS = Bands((), "")


def load_scorecard(text: str, *, file: str = "scorecard.yaml") -> Scorecard:
    """Read a scorecard; raise `FileError` with every mistake."""
    notes = Notes(file)
    fields = Fields(read(text, notes), notes)
    fit = fields.child("fit", fields.map("fit"))
    engagement = fields.child("engagement", fields.map("engagement"))
    card = Scorecard(
        key=fields.need("scorecard", as_name, ""),
        version=fields.need("version", as_int, 1),
        fit=fit.need("rules", _fit_rules, ()),
        fit_bands=fit.need("bands", lambda node: _bands(node, "C"), _NO_BANDS),
        groups=_groups(engagement),
        engagement_bands=engagement.need("bands", lambda node: _bands(node, "3"), _NO_BANDS),
    )
    if len(card.half_lives) > _MOST_CLASSES:
        engagement.wrong("groups", "a scorecard has at most three different half-lives")
    for part in (fields, fit, engagement):
        part.close()
    notes.refuse_if_any()
    return card


def _bands(node: Node, rest: str) -> Bands:
    steps = [(entry.key, as_number(entry.node)) for entry in as_map(node).entries]
    falling = sorted(steps, key=lambda step: -step[1])
    if steps != falling or not steps:
        raise BadValueError("list the bands from the best down, such as {A: 55, B: 30}")
    return Bands(tuple(steps), rest)


def _fit_rules(node: Node) -> tuple[FitRule, ...]:
    return tuple(_fit_rule(entry) for entry in as_map(node).entries)


def _fit_rule(entry: YamlEntry) -> FitRule:
    if isinstance(entry.node, Map):
        name = as_name(Leaf(entry.key, entry.line))
        return FitRule(name, tuple(_case(name, one) for one in entry.node.entries))
    try:
        points = as_number(entry.node)
        condition = parse(entry.key) if " " in entry.key else _is_there(entry.key)
    except ValueError as error:
        raise BadValueError(str(error), entry.line) from None
    return FitRule(entry.key, (FitCase(condition, points, entry.key.replace("_", " ")),))


def _is_there(field: str) -> Condition:
    name = as_name(Leaf(field, 0))
    return All((Compare(name, Op.SET), Compare(name, Op.NE, value=False)))


def _case(name: str, entry: YamlEntry) -> FitCase:
    try:
        condition = _value_condition(name, entry.key)
        return FitCase(condition, as_number(entry.node), f"{name.replace('_', ' ')}: {entry.key}")
    except ValueError as error:
        raise BadValueError(str(error), entry.line) from None


def _value_condition(name: str, key: str) -> Condition:
    between, from_ = _RANGE.match(key), _FROM.match(key)
    if between is not None:
        low, high = int(between[1]), int(between[2])
        return All((Compare(name, Op.GE, low), Compare(name, Op.LE, high)))
    if from_ is not None:
        return Compare(name, Op.GE, int(from_[1]))
    return Compare(name, Op.EQ, parse_value(key))


def _groups(engagement: Fields) -> tuple[EventGroup, ...]:
    usual = engagement.need("half_life", _half_life, None)
    groups = engagement.map("groups")
    if not groups.entries:
        engagement.wrong("groups", "`groups:` is missing: which acts earn points")
    return tuple(_group(engagement, entry, usual) for entry in groups.entries)


def _group(engagement: Fields, entry: YamlEntry, usual: float | None) -> EventGroup:
    if not isinstance(entry.node, Map):
        engagement.wrong("groups", f"`{entry.key}` must be a map with `acts:`")
        return EventGroup(entry.key, (), usual)
    fields = engagement.child(entry.key, entry.node)
    group = EventGroup(
        name=entry.key,
        rules=tuple(fields.need("acts", _acts, ())),
        half_life=fields.get("half_life", _half_life, usual),
        cap=fields.get("cap", as_number, None),
        cap_per_day=fields.get("cap_per_day", as_number, None),
        once_per=fields.get("once_per", _days, None),
        intent=fields.get("intent", as_bool, default=False),
    )
    fields.close()
    return group


def _acts(node: Node) -> list[ActRule]:
    return list(_act_rules(as_map(node)))


def _act_rules(node: Map) -> Iterator[ActRule]:
    for entry in node.entries:
        try:
            did = parse(entry.key)
            points = as_number(entry.node)
        except ValueError as error:
            raise BadValueError(str(error), entry.line) from None
        if not isinstance(did, EventCondition) or did.times != 1 or did.days is not None:
            raise BadValueError(
                f"`{entry.key}` is no single act, such as `clicked decide`", entry.line
            )
        yield ActRule(words(did), did, points)


def _half_life(node: Node) -> float | None:
    return None if as_text(node) == "none" else _days(node)


def _days(node: Node) -> float:
    return parse_duration(as_text(node)).elapsed.total_seconds() / 86400
