"""Read a YAML 1.2 file as typed nodes with line numbers, and collect what is wrong in it."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from campaigns.condition_text import parse
from campaigns.conditions import All, AnyOf, Condition, Not

_DEEPEST = 30
_NEAR = 0.7
"""How alike a word must be to one that is known to be taken for its misspelling."""
_BRACKET = re.compile(r"[\[\]{}]")
_WHOLE = re.compile(r"[+-]?\d{1,15}\Z", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})\Z", re.ASCII)
S = TypeVar("S")
T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, where it stands and how to mend it."""

    file: str
    line: int
    step: str
    field: str
    message: str

    def __str__(self) -> str:
        """Write it as one line, the place first."""
        place = " ".join(part for part in (self.step, self.field) if part)
        return f"{self.file}:{self.line}: {place + ': ' if place else ''}{self.message}"


class FileError(ValueError):
    """A campaign file that cannot be used; `problems` has every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class BadValueError(ValueError):
    """A value that cannot be read; `line` is where, 0 = where its field stands."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Leaf:
    """A text, number, truth or nothing, as written."""

    text: str
    line: int
    null: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    nodes: tuple["Node", ...]
    line: int


@dataclass(frozen=True, slots=True)
class YamlEntry:
    """One key of a map."""

    key: str
    node: "Node"
    line: int


@dataclass(frozen=True, slots=True)
class Map:
    """A map, in written order."""

    entries: tuple[YamlEntry, ...]
    line: int


Node: TypeAlias = Leaf | Items | Map


@dataclass(slots=True)
class Notes:
    """The mistakes found so far in one file."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, line: int, message: str, *, step: str = "", field: str = "") -> None:
        """Note one."""
        self.problems.append(Problem(self.file, line, step, field, message))

    def refuse_if_any(self) -> None:
        """Raise everything found, sorted by place."""
        if self.problems:
            raise FileError(sorted(self.problems, key=lambda problem: problem.line))


def read(text: str, notes: Notes) -> Map:
    """Read a file whose top is a map; mistakes of YAML itself are raised at once.

    Publishing reads each text several times, and composing it takes nearly all of that time: the
    same text is composed once.
    """
    top, problems = _composed(text, notes.file)
    notes.problems.extend(problems)
    return top


@lru_cache(maxsize=128)
def _composed(text: str, file: str) -> tuple[Map, tuple[Problem, ...]]:
    notes = Notes(file)
    try:
        _refuse_depth(text)
        tree: object = YAML(typ="rt").compose(text)
        top = _node(tree, notes, 0)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = " ".join(str(error.problem).split())
        raise _broken(notes, line, f"no valid YAML: {problem}") from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1 if isinstance(error.position, int) else 1
        message = "a character stands here that no text holds; save the file as plain UTF-8"
        raise _broken(notes, line, message) from None
    except RecursionError:
        raise _broken(notes, 1, "no valid YAML: nested too deeply") from None
    except YAMLError as error:
        raise _broken(notes, 1, f"no valid YAML: {error}") from None
    except ValueError as error:  # such as an escape that is no character
        raise _broken(notes, 1, f"no valid YAML: {error}") from None
    if isinstance(top, Map):
        return top, tuple(notes.problems)
    raise _broken(notes, 1, "the file must be a map of `field: value` lines")


class Fields:
    """The fields of one map: each is asked for once, what nobody asked for is a mistake."""

    def __init__(self, node: Map, notes: Notes, *, step: str = "", skip: int = 0) -> None:
        self.line = node.line
        self._entries = {entry.key: entry for entry in node.entries[skip:]}
        self._asked: set[str] = set()
        self._notes = notes
        self._step = step

    def need(self, name: str, read_as: Callable[["Node"], T], stand_in: S) -> T | S:
        """Read a field that must be there; `stand_in` goes on when it is not, or is wrong."""
        if name not in self._entries:
            self._asked.add(name)
            self.wrong(name, f"`{name}:` is missing")
            return stand_in
        return self.get(name, read_as, stand_in)

    def get(self, name: str, read_as: Callable[["Node"], T], default: S) -> T | S:
        """Read a field that may be there."""
        self._asked.add(name)
        entry = self._entries.get(name)
        if entry is None:
            return default
        try:
            return read_as(entry.node)
        except BadValueError as error:
            self._notes.add(error.line or entry.line, str(error), step=self._step, field=name)
        except ValueError as error:
            self._notes.add(entry.line, str(error), step=self._step, field=name)
        return default

    def has(self, name: str) -> bool:
        """Tell whether a field is written."""
        return name in self._entries

    def wrong(self, name: str, message: str) -> None:
        """Note a mistake at a field, or at the map when the field is not there."""
        entry = self._entries.get(name)
        line = entry.line if entry else self.line
        self._notes.add(line, message, step=self._step, field=name)

    def map(self, name: str) -> Map:
        """Read a map; an absent or wrong one counts as empty."""
        return self.get(name, as_map, Map((), self.line))

    def children(self, name: str) -> Iterator["Fields"]:
        """Read a list of maps."""
        for node in self.get(name, as_items, ()):
            if isinstance(node, Map):
                yield Fields(node, self._notes, step=self._step or name)
            else:
                self._notes.add(node.line, "each entry must be a map", step=self._step, field=name)

    def needed_children(self, name: str) -> Iterator["Fields"]:
        """Read a list of maps that must be there, with something in it."""
        if not self.need(name, as_items, (Map((), self.line),)):
            self.wrong(name, f"`{name}:` is empty")
        return self.children(name) if self.has(name) else iter(())

    def name_step(self, step: str) -> None:
        """Call the map by its key from here on."""
        self._step = step or self._step

    def child(self, name: str, node: Map) -> "Fields":
        """Look into a map that belongs to this one."""
        return Fields(node, self._notes, step=self._step or name)

    def close(self) -> None:
        """Refuse the fields that nobody asked for."""
        for name, entry in self._entries.items():
            if name not in self._asked:
                hint = did_you_mean(name, self._asked)
                known = "" if hint else f"; known here: {', '.join(sorted(self._asked))}"
                self._notes.add(
                    entry.line,
                    f"unknown field `{name}`{hint or known}",
                    step=self._step,
                    field=name,
                )


def value_of(node: Node | None, name: str) -> Node | None:
    """Look a key up, where there is a map."""
    if not isinstance(node, Map):
        return None
    return next((entry.node for entry in node.entries if entry.key == name), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Name the known word that comes nearest, as the end of a sentence; "" when none is near."""
    words = sorted(known)
    close = get_close_matches(word, words, 1, _NEAR)
    if not close:
        folded = {one.casefold(): one for one in words}
        close = [folded[one] for one in get_close_matches(word.casefold(), folded, 1, _NEAR)]
    return f"; did you mean `{close[0]}`?" if close and close[0] != word else ""


def as_text(node: Node) -> str:
    """Read a text that says something."""
    if isinstance(node, Leaf) and not node.null and node.text.strip():
        return node.text.strip()
    raise BadValueError("must be a text", node.line)


def as_name(node: Node) -> str:
    """Read a key: letters, digits and _."""
    text = as_text(node)
    if not text.replace("_", "a").isalnum() or not text[0].isalpha() or not text.isascii():
        raise BadValueError(f"`{text}` is no name; use letters, digits and _", node.line)
    return text


def as_int(node: Node) -> int:
    """Read a whole number."""
    text = as_text(node)
    if not _WHOLE.match(text):
        raise BadValueError(f"`{text[:40]}` must be a whole number", node.line)
    return int(text)


def as_number(node: Node) -> float:
    """Read a number."""
    text = as_text(node)
    if not _NUMBER.match(text):
        raise BadValueError(f"`{text[:40]}` must be a number", node.line)
    return float(text)


def as_bool(node: Node) -> bool:
    """Read true or false."""
    text = as_text(node)
    if text not in ("true", "false"):
        raise BadValueError(f"`{text[:40]}` must be true or false", node.line)
    return text == "true"


def as_date(node: Node) -> date:
    """Read a day."""
    try:
        return date.fromisoformat(as_text(node))
    except ValueError:
        message = f"`{as_text(node)[:40]}` must be a date such as 2026-02-12"
        raise BadValueError(message, node.line) from None


def as_texts(node: Node) -> tuple[str, ...]:
    """Read a list of texts; one text is a list of one."""
    if isinstance(node, Items):
        return tuple(as_text(one) for one in node.nodes)
    return (as_text(node),)


def as_one_of(kind: type[E]) -> Callable[[Node], E]:
    """Read one word of a vocabulary."""

    def read_as(node: Node) -> E:
        text = as_text(node)
        try:
            return kind(text)
        except ValueError:
            hint = did_you_mean(text, kind)
            message = f"`{text[:60]}` is not one of {', '.join(kind)}{hint}"
            raise BadValueError(message, node.line) from None

    return read_as


def as_words(read_text: Callable[[str], T]) -> Callable[[Node], T]:
    """Read a text by its own small grammar."""
    return lambda node: read_text(as_text(node))


def as_items(node: Node) -> tuple[Node, ...]:
    """Read a list."""
    if isinstance(node, Items):
        return node.nodes
    raise BadValueError("must be a list", node.line)


def as_map(node: Node) -> Map:
    """Read a map."""
    if isinstance(node, Map):
        return node
    raise BadValueError("must be a map of `field: value`", node.line)


def as_condition(node: Node) -> Condition:
    """Read a line, or a map with one of all, any, not."""
    if isinstance(node, Leaf):
        try:
            return parse(as_text(node))
        except ValueError as error:
            raise BadValueError(str(error), node.line) from None
    if isinstance(node, Map) and len(node.entries) == 1:
        entry = node.entries[0]
        if entry.key == "not":
            return Not(as_condition(entry.node))
        if entry.key in ("all", "any"):
            parts = tuple(as_condition(part) for part in as_items(entry.node))
            return All(parts) if entry.key == "all" else AnyOf(parts)
    raise BadValueError("a condition is a line, or a map with one of all, any, not", node.line)


def _broken(notes: Notes, line: int, message: str) -> FileError:
    return FileError([Problem(notes.file, line, "", "", message)])


def _refuse_depth(text: str) -> None:
    """Refuse brackets within brackets before the parser, which takes ever longer, reads them."""
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        if depth > _DEEPEST * 2:
            raise YAMLError("nested too deeply")


def _node(raw: object, notes: Notes, depth: int) -> Node:
    if depth > _DEEPEST:
        raise YAMLError("nested too deeply")
    match raw:
        case ScalarNode():
            _refuse_anchor(raw)
            line = raw.start_mark.line + 1
            return Leaf(str(raw.value), line, null=str(raw.tag).endswith(":null"))
        case SequenceNode():
            _refuse_anchor(raw)
            nodes = tuple(_node(one, notes, depth + 1) for one in raw.value)
            return Items(nodes, raw.start_mark.line + 1)
        case MappingNode():
            _refuse_anchor(raw)
            return Map(_entries(raw, notes, depth), raw.start_mark.line + 1)
        case _:
            raise YAMLError("the file is empty")


def _entries(raw: MappingNode, notes: Notes, depth: int) -> tuple[YamlEntry, ...]:
    entries: dict[str, YamlEntry] = {}
    for key, value in raw.value:
        line = key.start_mark.line + 1
        name = str(key.value) if isinstance(key, ScalarNode) else ""
        if not name:
            notes.add(line, "a field's name must be a word")
        elif name in entries:
            notes.add(line, f"`{name}` stands here twice; remove one", field=name)
        else:
            entries[name] = YamlEntry(name, _node(value, notes, depth + 1), line)
    return tuple(entries.values())


def _refuse_anchor(raw: ScalarNode | SequenceNode | MappingNode) -> None:
    if raw.anchor is not None:
        raise MarkedYAMLError(
            problem="anchors (&, *) are not used in these files", problem_mark=raw.start_mark
        )
