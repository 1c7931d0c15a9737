"""The allow-list over a template's syntax tree: what is not named here cannot be written."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache

from jinja2 import TemplateSyntaxError, nodes

from nurture.markup.environment import MarkupEnvironment
from nurture.markup.errors import MarkupRefused, refuse_all
from nurture.markup.filters import ALLOWED
from nurture.markup.template_fields import TemplateFields

RULES = 1
"""The version of these rules; what was published under older ones is compiled again."""
LONGEST_SOURCE = 300_000
LONGEST_LITERAL = 500
DEEPEST = 30
MOST_NODES = 20_000

_ALLOWED_NODES = (
    nodes.And,
    nodes.Compare,
    nodes.CondExpr,
    nodes.Const,
    nodes.Filter,
    nodes.For,
    nodes.Getattr,
    nodes.If,
    nodes.Name,
    nodes.Not,
    nodes.Operand,
    nodes.Or,
    nodes.Output,
    nodes.Template,
    nodes.TemplateData,
    nodes.Test,
)
_WORDS = {
    nodes.Call: "Templates cannot call anything; name a field such as {{ lead.first_name }}",
    nodes.Assign: "{% set %} is not available in templates",
    nodes.AssignBlock: "{% set %} is not available in templates",
    nodes.Macro: "{% macro %} is not available in templates",
    nodes.Include: "{% include %} is not available in templates",
    nodes.Import: "{% import %} is not available in templates",
    nodes.Extends: "{% extends %} is not available in templates",
    nodes.Block: "{% block %} is not available in templates",
    nodes.Getitem: "Square brackets are not available; name a field with a dot",
    nodes.BinExpr: "Templates do not calculate",
    nodes.UnaryExpr: "Templates do not calculate",
}


def validate(source: str, vocabulary: TemplateFields) -> nodes.Template:
    """Refuse whatever is not on the list, each with its line; give the tree that was judged."""
    tree = parse(source)
    _TemplateJudge(vocabulary).judge(tree)
    return tree


def parse(source: str) -> nodes.Template:
    """Read a template, or say in a sentence why it cannot be read."""
    if len(source) > LONGEST_SOURCE:
        raise MarkupRefused(f"The template is longer than {LONGEST_SOURCE:,} characters.")
    try:
        return sandbox().parse(source)
    except TemplateSyntaxError as error:
        raise MarkupRefused(f"{error.message}.", line=error.lineno) from error
    except (RecursionError, ValueError, MemoryError) as error:
        raise MarkupRefused("Brackets are nested too deeply, or a number is too long.") from error


@cache
def sandbox() -> MarkupEnvironment:
    """Share one environment: it holds no state of any template."""
    return MarkupEnvironment(autoescape=True)


def path_of(node: nodes.Node) -> str | None:
    """Spell `lead.first_name`; None for anything that is not such a path."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        front = path_of(node.node)
        return None if front is None else f"{front}.{node.attr}"
    return None


class _TemplateJudge:
    """Walk one tree, knowing which loop it is in."""

    def __init__(self, vocabulary: TemplateFields) -> None:
        self._words = vocabulary
        self._groups = vocabulary.groups
        self._nodes = 0
        self._refused: list[MarkupRefused] = []

    def judge(self, tree: nodes.Template) -> None:
        """Refuse everything that is not allowed, at once."""
        self._walk(tree, loops={}, depth=0)
        refuse_all(self._refused)

    def _walk(self, node: nodes.Node, *, loops: dict[str, frozenset[str]], depth: int) -> None:
        self._nodes += 1
        try:
            loops = self._allow(node, loops, depth)
        except MarkupRefused as error:
            self._refused.append(error)
            return
        if not isinstance(node, nodes.Name | nodes.Getattr):
            for child in _children(node):
                self._walk(child, loops=loops, depth=depth + 1)

    def _allow(
        self, node: nodes.Node, loops: dict[str, frozenset[str]], depth: int
    ) -> dict[str, frozenset[str]]:
        """Judge one node; give the loops that its children stand in."""
        if depth > DEEPEST or self._nodes > MOST_NODES:
            raise MarkupRefused("The template is nested too deeply or too long.", line=node.lineno)
        if not isinstance(node, _ALLOWED_NODES):
            raise MarkupRefused(_sentence(node), line=node.lineno)
        if isinstance(node, nodes.Name | nodes.Getattr):
            self._path(node, loops)
            return loops
        _details(node)
        if isinstance(node, nodes.Output):
            self._shown(node, loops)
        return self._loop(node, loops) if isinstance(node, nodes.For) else loops

    def _path(self, node: nodes.Name | nodes.Getattr, loops: dict[str, frozenset[str]]) -> None:
        path = path_of(node)
        if path is None or any(part.startswith("_") for part in path.split(".")):
            raise MarkupRefused(
                "Only fields such as lead.first_name can be named.", line=node.lineno
            )
        head, _, rest = path.partition(".")
        if head in loops:
            known = not rest or rest in loops[head]
        else:
            words = self._words
            known = path in words.fields or path in self._groups or path in words.lists
        if not known:
            raise MarkupRefused(
                f"There is no field {path} to fill in here{self._nearest(path)}", line=node.lineno
            )

    def _nearest(self, path: str) -> str:
        """Name the field that was probably meant, by its whole name or by its last part."""
        fields = sorted(self._words.fields)
        close = get_close_matches(path, fields, 1, 0.75)
        last = path.rpartition(".")[2].replace("_", "").lower()
        tails = {one.rpartition(".")[2].replace("_", ""): one for one in reversed(fields)}
        close = close or [tails[one] for one in get_close_matches(last, tails, 1, 0.75)]
        return f"; do you mean {close[0]}?" if close else "."

    def _shown(self, node: nodes.Output, loops: dict[str, frozenset[str]]) -> None:
        for child in node.nodes:
            path = path_of(child)
            whole = path in self._groups or path in self._words.lists
            if path is not None and path not in loops and whole:
                raise MarkupRefused(
                    f"{path} is a group; name one of its fields.", line=child.lineno
                )

    def _loop(self, node: nodes.For, loops: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        path = path_of(node.iter)
        target = path_of(node.target) or "_"
        plain = not target.startswith("_") and not node.recursive and not node.test
        if loops or not plain or path is None or path not in self._words.lists:
            raise MarkupRefused(
                "A loop goes over one of the lists offered, and not inside another loop.",
                line=node.lineno,
            )
        return {target: self._words.lists[path]}


def _children(node: nodes.Node) -> Iterator[nodes.Node]:
    for child in node.iter_child_nodes():
        if not (isinstance(node, nodes.For) and child in (node.target, node.iter)):
            yield child


def _details(node: nodes.Node) -> None:
    """Judge what hangs on the node itself, such as names of filters and sizes of literals."""
    if isinstance(node, nodes.Const):
        small = not isinstance(node.value, str) or len(node.value) <= LONGEST_LITERAL
        if not small or not isinstance(node.value, str | int | float | bool | None):
            raise MarkupRefused("A text inside {{ }} is too long.", line=node.lineno)
    if isinstance(node, nodes.Filter):
        _filter(node)
    if isinstance(node, nodes.Test) and (
        node.name not in ("defined", "none", "undefined") or node.args or node.kwargs
    ):
        raise MarkupRefused(f"There is no test called {node.name}.", line=node.lineno)


def _filter(node: nodes.Filter) -> None:
    if node.name not in ALLOWED or node.node is None:
        names = ", ".join(sorted(ALLOWED))
        raise MarkupRefused(
            f"There is no filter called {node.name}; there are {names}.", line=node.lineno
        )
    most = 1 if node.name == "default" else 0
    plain = all(isinstance(arg, nodes.Const) and isinstance(arg.value, str) for arg in node.args)
    if node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) > most or not plain:
        raise MarkupRefused(
            f"The filter {node.name} takes {'one text' if most else 'nothing'} in its brackets.",
            line=node.lineno,
        )


def _sentence(node: nodes.Node) -> str:
    for kind, words in _WORDS.items():
        if isinstance(node, kind):
            return f"{words}."
    return f"{type(node).__name__} is not available in templates."
