"""Read the files that marketing and sales agree on: definitions, routing, timers."""

from collections.abc import Iterator
from functools import partial

from campaigns.condition_text import words
from campaigns.conditions import AnyOf
from campaigns.definitions import Clause, Definition, Definitions
from campaigns.durations import parse_duration
from campaigns.routing import Routing, RoutingRule, Target, ToFact, ToQueue, ToUsers
from campaigns.sla import LateRules, Sla, Timers
from campaigns.timing import Duration
from campaigns.vocabulary import Channel
from campaigns.yamlfile import (
    BadValueError,
    Fields,
    Items,
    Leaf,
    Node,
    Notes,
    as_condition,
    as_int,
    as_map,
    as_name,
    as_one_of,
    as_text,
    as_words,
    read,
)

_as_duration = as_words(parse_duration)
_HOUR = Duration(1, "h")


def load_definitions(text: str, *, file: str = "definitions.yaml") -> Definitions:
    """Read the definitions; raise `FileError` with every mistake."""
    notes = Notes(file)
    fields = Fields(read(text, notes), notes)
    definitions = Definitions(
        version=fields.need("version", as_int, 1),
        definitions=tuple(_definitions(fields, notes)),
    )
    fields.close()
    notes.refuse_if_any()
    return definitions


def load_routing(text: str, *, file: str = "routing.yaml") -> Routing:
    """Read the routing rules; raise `FileError` with every mistake."""
    notes = Notes(file)
    fields = Fields(read(text, notes), notes)
    routing = Routing(
        version=fields.need("version", as_int, 1),
        rules=tuple(_rule(rule) for rule in fields.children("rules")),
        fallback=fields.need("fallback", as_name, ""),
    )
    if not routing.rules:
        fields.wrong("rules", "`rules:` is missing: who gets which leads")
    fields.close()
    notes.refuse_if_any()
    return routing


def load_sla(text: str, *, file: str = "sla.yaml") -> Sla:
    """Read the timers; every channel must have some; raise `FileError` with every mistake."""
    notes = Notes(file)
    fields = Fields(read(text, notes), notes)
    channels = fields.child("channels", fields.map("channels"))
    timers = {
        channel: channels.need(channel, partial(_timers, channels), _NO_TIMERS)
        for channel in Channel
    }
    sla = Sla(
        version=fields.need("version", as_int, 1),
        channels=timers,
        remind=fields.get("remind", as_int, 50),
        escalate=fields.get("escalate", as_int, 100),
        late=fields.get("late", as_int, 200),
    )
    if not 0 < sla.remind < sla.escalate < sla.late:
        fields.wrong("remind", "remind, escalate and late must grow, such as 50, 100, 200")
    channels.close()
    fields.close()
    notes.refuse_if_any()
    return sla


_NO_TIMERS = Timers(_HOUR, _HOUR, _HOUR, _HOUR)


def _definitions(fields: Fields, notes: Notes) -> Iterator[Definition]:
    for entry in fields.map("definitions").entries:
        try:
            body = as_map(entry.node)
        except BadValueError as error:
            notes.add(entry.line, str(error), step=entry.key)
            continue
        yield _definition(entry.key, Fields(body, notes, step=entry.key))


def _definition(key: str, fields: Fields) -> Definition:
    if fields.has("all") == fields.has("any"):
        fields.wrong("all", "a definition has either `all:` or `any:`")
    every = fields.has("all")
    clauses = tuple(_clause(one) for one in fields.children("all" if every else "any"))
    reason = fields.get("needs", as_text, "")
    if reason not in ("", "reason"):
        fields.wrong("needs", "the only thing to need is `reason`")
    fields.close()
    return Definition(key, clauses, every=every, needs_reason=bool(reason))


def _clause(fields: Fields) -> Clause:
    when = fields.need("if", as_condition, None)
    said = fields.get("words", as_text, words(when) if when else "")
    fields.close()
    return Clause(said, when or AnyOf(()))


def _rule(fields: Fields) -> RoutingRule:
    when = fields.get("if", as_condition, None)
    rule = RoutingRule(
        words=fields.get("words", as_text, words(when) if when else "Anything else"),
        to=fields.need("to", _target, ToUsers(())),
        when=when,
        else_to=fields.get("else_to", _target, None),
    )
    fields.close()
    return rule


def _target(node: Node) -> Target:
    if isinstance(node, Items):
        return ToUsers(tuple(as_name(one) for one in node.nodes))
    text = as_text(node)
    if text.startswith("@"):
        return ToFact(as_name(Leaf(text[1:], 0)))
    first, _, user = text.partition(" ")
    if first == "queue" and user:
        return ToQueue(as_name(Leaf(user.strip(), 0)))
    return ToUsers((as_name(Leaf(text, 0)),))


def _timers(parent: Fields, node: Node) -> Timers:
    fields = parent.child("channels", as_map(node))
    timers = Timers(
        accept=fields.need("accept", _as_duration, _HOUR),
        first_contact=fields.need("first_contact", _as_duration, _HOUR),
        hot_first_contact=fields.need("hot_first_contact", _as_duration, _HOUR),
        result=fields.need("result", _as_duration, _HOUR),
        then=fields.need("then", as_one_of(LateRules), LateRules.REASSIGN),
    )
    fields.close()
    return timers
