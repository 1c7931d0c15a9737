"""What the files of a library name in one another: each name must exist, and be told once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from campaigns.built_in_fields import built_in
from campaigns.condition_text import FIELD_NAME, parse
from campaigns.conditions import (
    All,
    AnyOf,
    Compare,
    Condition,
    DateCondition,
    EventCondition,
    Not,
    Op,
)
from campaigns.durations import parse_until
from campaigns.fields import ORDERED, FieldKind, FieldSchema
from campaigns.formulas import read_formulas
from campaigns.library_files import countries, country_meant
from campaigns.numbers import is_number
from campaigns.rejection_reasons import MARKETING, RejectReason
from campaigns.track import FactDate
from campaigns.vocabulary import BuyingStage, Channel, Role, Stage
from campaigns.yamlfile import (
    Items,
    Leaf,
    Map,
    Node,
    Notes,
    Problem,
    YamlEntry,
    did_you_mean,
    value_of,
)

QUEUES = frozenset({MARKETING, "triage"})
ENGINE_MAILS = ("alert", "reminder", "escalation")
"""Mails by which a lead is passed to sales; their names are fixed."""
CONTENT_MAIL, CONFIRM_MAIL = "content", "confirm_address"
DEFINED = frozenset({"unqualified", "marketing", "sales_ready", "hot"})
_ACT_WORDS = frozenset({"topic", "email", "replied", *BuyingStage})
_DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Outside:
    """What exists beside the library's own files."""

    mails: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    """Files of texts, such as `E1.md`."""
    tracks: frozenset[str] = frozenset()
    """Tracks that were published before."""
    facts: frozenset[str] = frozenset()
    """Facts that leads have."""
    people: frozenset[str] = frozenset()
    """Who is known already, by handle."""
    schema: FieldSchema = field(default_factory=built_in)
    """The fields of the library itself."""


@dataclass(frozen=True, slots=True)
class Ref:
    """One name where it is used."""

    kind: str
    word: str
    line: int
    step: str = ""
    field: str = ""


@dataclass(slots=True)
class DefinedNames:
    """What each kind of name may be, and what that kind is called."""

    known: dict[str, frozenset[str]] = field(default_factory=dict)
    choices: dict[str, frozenset[str]] = field(default_factory=dict)
    """The values of facts that are told by a choice."""
    schema: FieldSchema = field(default_factory=built_in)

    def wrong(self, ref: Ref) -> str:
        """Say what is wrong with a name; "" = it exists."""
        if ref.kind == "comparison":
            return ref.word
        known = self.known.get(ref.kind)
        if known is None or ref.word in known:
            return ""
        hint = country_meant(ref.word) if ref.kind == "country" else did_you_mean(ref.word, known)
        some = ", ".join(sorted(known)[:_FEW]) + (", …" if len(known) > _FEW else "")
        rest = "" if hint else f"; known: {some or 'none'}"
        return f"there is no {_CALLED.get(ref.kind, ref.kind)} `{ref.word}`{hint or rest}"


_FEW = 12
_CALLED = {
    "who": "person, role, channel or queue",
    "act": "step, item, page, form or topic",
    "text": "text in templates/content",
    "fact": "field",
}
UNDECLARED = " (declare it in fields.yaml)"


def check_references(files: Mapping[str, Map], outside: Outside) -> list[Problem]:
    """List every name that leads to nothing, and every name told twice; the files may be broken."""
    names = names_of(files, outside)
    problems: list[Problem] = []
    for file, top in files.items():
        for ref in _refs(file, top, names):
            said = names.wrong(ref)
            if said:
                more = UNDECLARED if ref.kind == "fact" and "did you mean" not in said else ""
                problems.append(Problem(file, ref.line, ref.step, ref.field, said + more))
        problems += _doubles(file, top)
    return [*problems, *_whole(files, outside)]


def mails_named(files: Mapping[str, Map]) -> frozenset[str]:
    """List the mails that tracks and forms name."""
    steps = [one for top in files.values() for one in _maps(top, "steps")]
    forms = [one.node for one in _map(files.get("pages.yaml", _NONE), "forms").entries]
    return frozenset(_text(one, "mail") for one in (*steps, *forms)) - {""}


def page_slugs(files: Mapping[str, Map]) -> frozenset[str]:
    """List the pages."""
    return frozenset(_texts(_maps(files.get("pages.yaml", _NONE), "pages"), "slug"))


def step_lines(track: Map) -> dict[str, int]:
    """Tell where each step of a track begins."""
    steps = [one for one in _maps(track, "steps") if one.entries]
    return {one.entries[0].key: one.entries[0].line for one in steps}


def names_of(files: Mapping[str, Map], outside: Outside) -> DefinedNames:
    """Collect what exists."""
    company, pages = files.get("company.yaml", _NONE), files.get("pages.yaml", _NONE)
    content = files.get("content.yaml", _NONE)
    items, listed = _maps(content, "content"), _maps(pages, "pages")
    listed_people = _texts(_maps(files.get("users.yaml", _NONE), "users"), "id")
    people = outside.people | frozenset(listed_people)
    tracks = {name: top for name, top in files.items() if name.startswith("tracks/")}
    fields = outside.schema.live
    sources = _maps(files.get("sources.yaml", _NONE), "sources")
    names = DefinedNames(
        known={
            "mail": outside.mails,
            "text": outside.texts,
            "track": outside.tracks | {_text(top, "track") for top in tracks.values()},
            "person": people,
            "who": people | set(Role) | set(Channel) | QUEUES,
            "script": _keys(_map(company, "scripts")),
            "question": frozenset(one.key for one in fields if not one.derived),
            "fact": frozenset(one.key for one in fields)
            | outside.facts
            # Of broken files, too: what they declare is no further mistake elsewhere.
            | _keys(_map(pages, "fields"))
            | frozenset(text for text, _ in _listed(_get(company, "facts"))),
            "form": _keys(_map(pages, "forms")),
            "item": frozenset(_texts(items, "key")),
            "topic": _keys(_map(content, "topics")),
            "page": frozenset(_texts(listed, "slug")),
            "cell": _cells(files.get("scorecard.yaml", _NONE)),
            "stage": frozenset(Stage),
            "country": countries(),
            "act": _acts(files, tracks, items, listed),
        },
        schema=outside.schema,
        choices={
            one.key: frozenset(option.key for option in one.options)
            for one in fields
            if one.options and not one.is_number
        },
    )
    names.choices |= {
        "industry": _keys(_map(company, "industries")),
        "source": frozenset(_texts(sources, "key")),
        "channel": frozenset(_texts(sources, "channel")),
        "sent_back_reason": frozenset(RejectReason) | {_DEFAULT},
        "main_concern": names.known["topic"],
    }
    names.choices = {fact: words for fact, words in names.choices.items() if words}
    return names


# --- who names whom -----------------------------------------------------------------------------


def _refs(file: str, top: Map, names: DefinedNames) -> Iterator[Ref]:
    if file.startswith("tracks/"):
        yield from _track(top)
    elif file in _BY_FILE:
        yield from _BY_FILE[file](top)
    for line, condition in _conditions(top):
        yield from _asked(line, condition, names)
    if file == "scorecard.yaml":
        yield from _scored(top, names)
    if file.startswith("tracks/"):
        yield from _variants(top, names)


def _track(top: Map) -> Iterator[Ref]:
    yield from _ref(top, "after", "track")
    for step in _maps(top, "steps"):
        key = step.entries[0].key if step.entries else ""
        yield from _ref(step, "mail", "mail", key)
        yield from _ref(step, "who", "who", key)
        yield from _ref(step, "script", "script", key)
        yield from _ref(step, "vary_by", "fact", key)
        handover, on_exhausted = _map(step, "warm"), _map(step, "dry")
        yield from _ref(handover, "track", "track", key)
        yield from _ref(on_exhausted, "who", "who", key)
        yield from _ref(on_exhausted, "script", "script", key)
        yield from _until(step, key)


def _until(step: Map, key: str) -> Iterator[Ref]:
    entry = _entry(step, "until")
    if entry is None or not isinstance(entry.node, Leaf):
        return
    try:
        until = parse_until(entry.node.text)
    except ValueError:
        return
    if isinstance(until, FactDate):
        yield Ref("fact", until.field, entry.line, key, "until")


def _variants(top: Map, names: DefinedNames) -> Iterator[Ref]:
    for step in _maps(top, "steps"):
        key, fact = step.entries[0].key if step.entries else "", _text(step, "vary_by")
        if fact in names.choices:
            yield from _values(fact, _listed(_get(step, "variants")), names, key, last=_DEFAULT)


def _values(
    fact: str, words: Iterable[tuple[str, int]], names: DefinedNames, step: str = "", last: str = ""
) -> Iterator[Ref]:
    kind = f"answer to `{fact}`"
    names.known[kind] = names.choices[fact] | ({last} if last else frozenset())
    for word, line in words:
        yield Ref(kind, word, line, step, fact)


def _pages(top: Map) -> Iterator[Ref]:
    for entry in _map(top, "forms").entries:
        if isinstance(entry.node, Map):
            yield from _ref(entry.node, "mail", "mail", entry.key)
            for word, line in _listed(_get(entry.node, "ask")):
                yield Ref("question", word, line, entry.key, "ask")
    for page in _maps(top, "pages"):
        slug = _text(page, "slug")
        yield from _ref(page, "asset", "item", slug)
        yield from _ref(page, "form", "form", slug)
        yield from _ref(page, "text", "text", slug)
    yield from _concerns(top)


def _concerns(top: Map) -> Iterator[Ref]:
    """Needs are topics of the content library: a choice of another name would lead to nothing."""
    for option in _map(_map(_map(top, "fields"), "main_concern"), "options").entries:
        yield Ref("topic", option.key, option.line, "main_concern", "options")


def _content(top: Map) -> Iterator[Ref]:
    for item in _maps(top, "content"):
        entry, key = _entry(item, "url"), _text(item, "key")
        url = _text(item, "url")
        if entry is not None and not url.startswith(("https://", "http://")):
            yield Ref("page", url.removeprefix("/p/"), entry.line, key, "url")


def _company(top: Map) -> Iterator[Ref]:
    for entry in _map(top, "sent_back").entries:
        if isinstance(entry.node, Map):
            yield from _ref(entry.node, "enrol", "track", entry.key)
            yield from _ref(entry.node, "task", "who", entry.key)
            yield from _ref(entry.node, "script", "script", entry.key)
    for topic in _map(top, "topics").entries:
        yield Ref("topic", topic.key, topic.line, "topics")


def _users(top: Map) -> Iterator[Ref]:
    for one in _maps(top, "users"):
        for name in ("manager", "boss", "deputy"):
            yield from _ref(one, name, "person", _text(one, "id"))


def _routing(top: Map) -> Iterator[Ref]:
    yield from _ref(top, "fallback", "person")
    for rule in _maps(top, "rules"):
        for name in ("to", "else_to"):
            for word, line in _listed(_get(rule, name)):
                if word.startswith("@"):
                    yield Ref("fact", word[1:], line, field=name)
                else:
                    yield Ref("person", word.removeprefix("queue ").strip(), line, field=name)


_BY_FILE = {
    "fields.yaml": _concerns,
    "pages.yaml": _pages,
    "content.yaml": _content,
    "company.yaml": _company,
    "users.yaml": _users,
    "routing.yaml": _routing,
}


# --- conditions ---------------------------------------------------------------------------------


def _conditions(node: Node) -> Iterator[tuple[int, Condition]]:
    """Find the lines that ask something, wherever they stand."""
    if isinstance(node, Map):
        for entry in node.entries:
            if entry.key in ("if", "enter", "goal", "when"):
                yield from _lines(entry.node, goal=entry.key == "goal")
            else:
                yield from _conditions(entry.node)
    elif isinstance(node, Items):
        for one in node.nodes:
            yield from _conditions(one)


def _lines(node: Node, *, goal: bool = False) -> Iterator[tuple[int, Condition]]:
    if isinstance(node, Leaf):
        if not (goal and node.text in set(Stage)):
            yield from _parsed(node.text, node.line)
    elif isinstance(node, Items):
        for one in node.nodes:
            yield from _lines(one)
    else:
        for entry in node.entries:
            yield from _lines(entry.node)


def _parsed(text: str, line: int) -> Iterator[tuple[int, Condition]]:
    try:
        yield line, parse(text)
    except ValueError:
        return


def _asked(line: int, condition: Condition, names: DefinedNames) -> Iterator[Ref]:
    match condition:
        case Compare(field=fact):
            yield Ref("fact", fact, line)
            yield from _compared(line, condition, names)
        case DateCondition(field=fact):
            yield Ref("fact", fact, line)
        case EventCondition(what=what):
            if what:
                yield Ref("act", what, line)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from _asked(line, part, names)
        case Not(part):
            yield from _asked(line, part, names)


def _compared(line: int, asked: Compare, names: DefinedNames) -> Iterator[Ref]:
    said = wrong_kind(asked, names.schema)
    if said:
        yield Ref("comparison", said, line)
        return
    if asked.op not in (Op.EQ, Op.NE, Op.IN, Op.NOT_IN):
        return
    values = asked.value if isinstance(asked.value, tuple) else (asked.value,)
    words = [(value, line) for value in values if isinstance(value, str)]
    if asked.field in ("cell", "stage", "country"):
        for word, at in words:
            yield Ref(asked.field, word, at)
    elif asked.field in names.choices:
        yield from _values(asked.field, words, names)


def wrong_kind(asked: Compare, schema: FieldSchema) -> str:
    """Say why a field cannot be compared so; "" = it can. What Nurture works out is free."""
    one = schema.get(asked.field)
    if one is None or one.derived or asked.op in (Op.SET, Op.UNSET):
        return ""
    values = asked.value if isinstance(asked.value, tuple) else (asked.value,)
    if asked.op in (Op.GE, Op.GT, Op.LE, Op.LT) and one.kind not in ORDERED:
        return f"`{one.key}` is of the kind {one.kind}, which knows no more and less: use is or in"
    if one.is_number and not all(is_number(str(value)) for value in values):
        return f"`{one.key}` is a number: compare it with one, such as `{one.key} >= 10`"
    if one.kind is FieldKind.YES_NO and not all(isinstance(value, bool) for value in values):
        return f"`{one.key}` is yes or no: ask `{one.key} is true` or `{one.key} is false`"
    return ""


def _scored(top: Map, names: DefinedNames) -> Iterator[Ref]:
    for rule in _map(_map(top, "fit"), "rules").entries:
        yield from _fit_rule(rule, names)
    for group in _map(_map(top, "engagement"), "groups").entries:
        for act in _map(group.node, "acts").entries:
            for line, condition in _parsed(act.key, act.line):
                yield from _asked(line, condition, names)


def _fit_rule(rule: YamlEntry, names: DefinedNames) -> Iterator[Ref]:
    if isinstance(rule.node, Map):
        yield Ref("fact", rule.key, rule.line, "fit")
        if rule.key in names.choices:
            words = [(one.key, one.line) for one in rule.node.entries]
            plain = [(word, line) for word, line in words if not word[:1].isdigit()]
            yield from _values(rule.key, plain, names, "fit")
    elif FIELD_NAME.match(rule.key):
        yield Ref("fact", rule.key, rule.line, "fit")
    else:
        for line, condition in _parsed(rule.key, rule.line):
            yield from _asked(line, condition, names)


# --- what only all files together show ----------------------------------------------------------


def _whole(files: Mapping[str, Map], outside: Outside) -> Iterator[Problem]:
    yield from _engine_mails(files, outside)
    yield from _items(files, outside)
    for file, top in files.items():
        if file.startswith("tracks/"):
            yield from _file_name(file, top)
    for one in _maps(files.get("users.yaml", _NONE), "users"):
        yield from _own_manager(one)
    yield from _formulas(files.get("pages.yaml", _NONE), outside.schema)
    if "definitions.yaml" in files:
        yield from _definitions(_map(files["definitions.yaml"], "definitions"))


def _formulas(pages: Map, schema: FieldSchema) -> Iterator[Problem]:
    """Say what is wrong with formulas: their names are fields, which stand in another file."""
    notes = Notes("pages.yaml")
    told = value_of(pages, "formulas")
    known = read_formulas(told if isinstance(told, Map) else None, notes, schema)
    yield from notes.problems
    for entry in _map(pages, "forms").entries:
        form = entry.node if isinstance(entry.node, Map) else _NONE
        word, calculates = _text(form, "formula"), _text(form, "does") == "calculate"
        if (word or calculates) and word not in known:
            said = f"there is no formula `{word}`{did_you_mean(word, known)}"
            if not word:
                said = "a form that calculates names its sum: `formula:`"
            yield Problem("pages.yaml", _line(form, "formula"), entry.key, "formula", said)


def _file_name(file: str, top: Map) -> Iterator[Problem]:
    key = _text(top, "track")
    if key and file != f"tracks/{key}.yaml":
        said = f"the file of the track `{key}` is called {key}.yaml"
        yield Problem(file, _line(top, "track"), "", "track", said)


def _own_manager(one: Map) -> Iterator[Problem]:
    handle = _text(one, "id")
    for name in ("manager", "boss", "deputy"):
        if handle and _text(one, name) == handle:
            said = f"nobody is their own {name}"
            yield Problem("users.yaml", _line(one, name), handle, name, said)


def _definitions(found: Map) -> Iterator[Problem]:
    for entry in found.entries:
        if entry.key not in DEFINED:
            hint = did_you_mean(entry.key, DEFINED) or f"; known: {', '.join(sorted(DEFINED))}"
            said = f"nothing asks for a definition `{entry.key}`{hint}"
            yield Problem("definitions.yaml", entry.line, entry.key, "", said)
    for name in sorted(DEFINED - _keys(found)):
        said = f"the definition `{name}` is missing"
        yield Problem("definitions.yaml", found.line, name, "", said)


def _engine_mails(files: Mapping[str, Map], outside: Outside) -> Iterator[Problem]:
    needed = [("routing.yaml", 1, name, "hand-offs are told by it") for name in ENGINE_MAILS]
    for file, top in files.items():
        for step in _maps(top, "steps") if file.startswith("tracks/") else ():
            first = step.entries[0] if step.entries else None
            kind = first.node.text if first and isinstance(first.node, Leaf) else ""
            if first and kind in ("content", "stream"):
                needed.append((file, first.line, CONTENT_MAIL, f"a step `{kind}` is sent with it"))
    for form in _map(files.get("pages.yaml", _NONE), "forms").entries:
        entry = _entry(form.node, "double_opt_in") if isinstance(form.node, Map) else None
        if entry is not None:
            needed.append(("pages.yaml", entry.line, CONFIRM_MAIL, "`double_opt_in` sends it"))
    for file, line, name, why in needed:
        if name not in outside.mails and file in files:
            yield Problem(file, line, "", "", f"there is no mail `{name}`, and {why}")


def _items(files: Mapping[str, Map], outside: Outside) -> Iterator[Problem]:
    """Check that each item has a page at its address, and that page the item's text."""
    shown: dict[str, Map] = {}
    for page in _maps(files.get("pages.yaml", _NONE), "pages"):
        if asset := _text(page, "asset"):
            shown.setdefault(asset, page)
    for item in _maps(files.get("content.yaml", _NONE), "content"):
        key, away = _text(item, "key"), _text(item, "url").startswith(("https://", "http://"))
        if key in shown:
            yield from _shown(item, shown[key], outside)
        elif not away:
            said = f"no page of pages.yaml shows `{key}`, and it has no address of another site"
            yield Problem("content.yaml", _line(item, "key"), key, "", said)


def _shown(item: Map, page: Map, outside: Outside) -> Iterator[Problem]:
    key, url, slug = _text(item, "key"), _text(item, "url"), _text(page, "slug")
    if url and url != f"/p/{slug}":
        said = f"`{url}` is not where pages.yaml shows it: /p/{slug}"
        yield Problem("content.yaml", _line(item, "url"), key, "url", said)
    if f"{key}.md" not in outside.texts:
        said = f"its text is missing: there is no templates/content/{key}.md"
        yield Problem("content.yaml", _line(item, "key"), key, "", said)
    yield from _access(item, page, key)


def _access(item: Map, page: Map, key: str) -> Iterator[Problem]:
    asks, guarded = _text(page, "form") != "", _text(item, "access") == "form"
    if guarded and not asks:
        said = f"it is to be had for a form, and its page {_text(page, 'slug')} has none"
        yield Problem("content.yaml", _line(item, "access"), key, "access", said)
    elif asks and not guarded:
        said = f"`{key}` is open to all in content.yaml, and this page asks for a form"
        yield Problem("pages.yaml", _line(page, "form"), _text(page, "slug"), "form", said)


def _doubles(file: str, top: Map) -> Iterator[Problem]:
    for name in ("also",) if file == "sources.yaml" else ():
        seen: dict[str, int] = {}
        for one in _maps(top, "sources"):
            for word, line in _listed(_get(one, name)):
                if word.casefold() in seen:
                    said = f"`{word}` means another source in line {seen[word.casefold()]} already"
                    yield Problem(file, line, _text(one, "key"), name, said)
                seen.setdefault(word.casefold(), line)


# --- nodes --------------------------------------------------------------------------------------

_NONE = Map((), 1)


def _entry(node: Node, name: str) -> YamlEntry | None:
    if not isinstance(node, Map):
        return None
    return next((entry for entry in node.entries if entry.key == name), None)


def _get(node: Node, name: str) -> Node | None:
    entry = _entry(node, name)
    return entry.node if entry else None


def _map(node: Node, name: str) -> Map:
    found = _get(node, name)
    return found if isinstance(found, Map) else _NONE


def _maps(node: Node, name: str) -> list[Map]:
    found = _get(node, name)
    return [one for one in found.nodes if isinstance(one, Map)] if isinstance(found, Items) else []


def _text(node: Node, name: str) -> str:
    found = _get(node, name)
    return found.text.strip() if isinstance(found, Leaf) and not found.null else ""


def _line(node: Map, name: str) -> int:
    entry = _entry(node, name)
    return entry.line if entry else node.line


def _texts(nodes: Iterable[Map], name: str) -> list[str]:
    return [text for text in (_text(one, name) for one in nodes) if text]


def _keys(node: Map) -> frozenset[str]:
    return frozenset(entry.key for entry in node.entries)


def _listed(node: Node | None) -> list[tuple[str, int]]:
    """Read a text, or a list of them, each with its line."""
    nodes = node.nodes if isinstance(node, Items) else (node,)
    return [
        (one.text.strip(), one.line)
        for one in nodes
        if isinstance(one, Leaf) and not one.null and one.text.strip()
    ]


def _ref(node: Node, name: str, kind: str, step: str = "") -> Iterator[Ref]:
    entry = _entry(node, name)
    if entry is not None and isinstance(entry.node, Leaf) and not entry.node.null:
        yield Ref(kind, entry.node.text.strip(), entry.node.line, step, name)


def _cells(card: Map) -> frozenset[str]:
    fit = _keys(_map(_map(card, "fit"), "bands")) | {"C"}
    engaged = _keys(_map(_map(card, "engagement"), "bands")) | {"3"}
    return frozenset(f"{one}{two}" for one, two in product(fit, engaged))


def _acts(
    files: Mapping[str, Map], tracks: Mapping[str, Map], items: list[Map], pages: list[Map]
) -> frozenset[str]:
    found = set(_ACT_WORDS) | {*_texts(items, "key"), *_texts(items, "type")}
    found |= {*_texts(pages, "slug"), *_texts(pages, "acts_as")}
    found |= _keys(_map(files.get("pages.yaml", _NONE), "forms"))
    found |= _keys(_map(files.get("content.yaml", _NONE), "topics"))
    for top in tracks.values():
        for step in _maps(top, "steps"):
            found |= {step.entries[0].key} if step.entries else set()
            found |= _keys(_map(step, "outcomes"))
    return frozenset(found)
