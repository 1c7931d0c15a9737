"""Style sheets as rules and declarations, by the grammar of CSS Syntax Level 3."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import tinycss2
from cssselect import SelectorError
from cssselect import parse as parse_selector
from tinycss2.ast import AtRule, Declaration, Node, QualifiedRule

Specificity = tuple[int, int, int]
_CONDITIONAL = frozenset({"media", "supports", "container", "layer"})
"""At-rules whose rules hold under a condition: they stay in the style sheet."""
_PSEUDO = re.compile(r"::?[-\w]+(?:\([^()]*\))?")
_LINK = re.compile(r":(?:any-)?link\b")


@dataclass(frozen=True, slots=True)
class Decl:
    """One declaration, its value as the author wrote it."""

    name: str
    value: str
    important: bool = False

    def __str__(self) -> str:
        """Write it."""
        return f"{self.name}:{self.value}{' !important' if self.important else ''}"

    def touches(self, other: "Decl") -> bool:
        """Tell whether both set the same property, or one is the other's shorthand."""
        one, two = self.name, other.name
        return one == two or one.startswith(f"{two}-") or two.startswith(f"{one}-")


@dataclass(frozen=True, slots=True)
class Rule:
    """One selector with its declarations."""

    selector: str
    decls: tuple[Decl, ...]

    def __str__(self) -> str:
        """Write it."""
        return f"{self.selector} {{{written(self.decls)}}}"

    @property
    def bare(self) -> str:
        """Give the selector without states such as `:hover`: whom it may mean at some time."""
        return _PSEUDO.sub("", self.selector).strip() or "*"

    @property
    def has_state(self) -> bool:
        """Tell whether it asks for a state or place that only a mail program knows."""
        return _PSEUDO.search(_unquoted(self.selector)) is not None

    @property
    def specificity(self) -> Specificity:
        """Weigh the selector (Selectors Level 4, section 15)."""
        try:
            return max(one.specificity() for one in parse_selector(self.selector))
        except SelectorError:
            return (0, 0, 0)

    def insistent(self) -> "Rule":
        """Add !important to each declaration: only so it wins over styles within elements."""
        return replace(self, decls=tuple(replace(one, important=True) for one in self.decls))


@dataclass(frozen=True, slots=True)
class Block:
    """A conditional at-rule with what stands in it."""

    head: str
    parts: tuple["Part", ...]

    def __str__(self) -> str:
        """Write it."""
        return f"{self.head} {{\n" + "\n".join(str(part) for part in self.parts) + "\n}"

    def rules(self) -> Iterator[Rule]:
        """Yield the rules inside, however deep."""
        for part in self.parts:
            if isinstance(part, Rule):
                yield part
            elif isinstance(part, Block):
                yield from part.rules()

    def insistent(self) -> "Block":
        """Make every rule inside insistent."""
        parts = [part if isinstance(part, str) else part.insistent() for part in self.parts]
        return Block(self.head, tuple(parts))


Part = Rule | Block | str
"""A rule, a conditional block, or another at-rule such as @font-face as it was written."""


def sheet(css: str) -> list[Part]:
    """Read a style sheet; a rule with several selectors becomes one rule each."""
    nodes = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return list(_parts(nodes))


def decls(css: str) -> tuple[Decl, ...]:
    """Read declarations, of a rule or of a style attribute; broken ones are left out."""
    return _decls(tinycss2.parse_blocks_contents(css))


def written(found: Iterable[Decl]) -> str:
    """Write declarations."""
    return "; ".join(str(one) for one in found)


def static(rule: Rule) -> Rule:
    """Read `a:link` as `a[href]`: in a mail that was never opened both mean the same."""
    return replace(rule, selector=_LINK.sub("[href]", rule.selector))


def _parts(nodes: Sequence[Node]) -> Iterator[Part]:
    for node in nodes:
        if isinstance(node, QualifiedRule):
            yield from _rules(node)
        elif isinstance(node, AtRule):
            yield _at_rule(node)


def _rules(node: QualifiedRule) -> Iterator[Rule]:
    found = _decls(tinycss2.parse_blocks_contents(node.content))
    for selector in _selectors(node.prelude):
        if found and selector:
            yield Rule(selector, found)


def _at_rule(node: AtRule) -> Part:
    if node.lower_at_keyword not in _CONDITIONAL or node.content is None:
        return str(tinycss2.serialize([node]))
    head = f"@{node.at_keyword}{tinycss2.serialize(node.prelude).rstrip()}"
    inside = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
    return Block(head, tuple(_parts(inside)))


def _selectors(prelude: Sequence[Node]) -> Iterator[str]:
    some: list[Node] = []
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            yield _selector(some)
            some = []
        elif token.type != "comment":
            some.append(token)
    yield _selector(some)


def _selector(tokens: Sequence[Node]) -> str:
    return " ".join(str(tinycss2.serialize(tokens)).split())


def _decls(nodes: Sequence[Node]) -> tuple[Decl, ...]:
    return tuple(
        Decl(one.lower_name, tinycss2.serialize(one.value).strip(), one.important)
        for one in nodes
        if isinstance(one, Declaration)
    )


def _unquoted(selector: str) -> str:
    return re.sub(r"\"[^\"]*\"|'[^']*'", "", selector)
