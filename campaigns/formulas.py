"""Sums that a page does with a visitor's numbers: named expressions over fields, line by line.

An expression knows numbers, names, + - * / and brackets, comparisons, and the functions below;
nothing else can be written, so nothing else can happen. What is missing stays missing: a line whose
value cannot be worked out is left out. Numbers are floats; a division by nought is missing, too.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

from campaigns.fields import FieldSchema
from campaigns.yamlfile import (
    BadValueError,
    Fields,
    Map,
    Node,
    Notes,
    as_int,
    as_map,
    as_text,
    as_texts,
    did_you_mean,
)

LONGEST = 500
DEEPEST = 30
_LARGEST = 1e15
"""What a number of 64 bits keeps exactly (IEEE 754)."""
Number = float | None


class FormulaError(ValueError):
    """An expression cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class FormulaLine:
    """One line of a sum: its words, how it came about, its value with unit and decimals."""

    words: str
    value: str
    how: str = ""
    unit: str = ""
    decimals: int = 0
    condition: str = ""
    """The line is shown where this holds; "" = always."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A sum that a page shows once its form is sent."""

    key: str
    title: str
    needs: tuple[str, ...]
    """Fields without which there is no sum."""
    missing: str
    """What is said while one of them is missing."""
    values: tuple[tuple[str, str], ...]
    """Name and expression; each may use fields and the names before it."""
    lines: tuple[FormulaLine, ...]
    total: FormulaLine | None = None


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line as it is read: `amount` has its unit, decimals and thousands."""

    words: str
    how: str
    amount: str


@dataclass(frozen=True, slots=True)
class ShownSum:
    """A sum as it is read; without lines something was missing, and `missing` says what."""

    title: str
    lines: tuple[ShownLine, ...]
    total: ShownLine | None
    missing: str = ""


def work_out(formula: Formula, answers: Mapping[str, object]) -> ShownSum:
    """Do a sum with what somebody answered."""
    known: dict[str, Number] = {name: _number(value) for name, value in answers.items()}
    if any(not known.get(name) for name in formula.needs):
        return ShownSum(formula.title, (), None, formula.missing)
    for name, text in formula.values:
        known[name] = value_of(text, known)
    lines = tuple(shown for one in formula.lines if (shown := _shown(one, known)) is not None)
    total = _shown(formula.total, known) if formula.total is not None else None
    return ShownSum(formula.title, lines, total, "" if lines else formula.missing)


def value_of(text: str, known: Mapping[str, Number]) -> Number:
    """Work an expression out; None where something that it needs is missing."""
    return _value(_parsed(text), known)


def names_in(text: str) -> tuple[str, ...]:
    """List the names that an expression uses."""
    return tuple(
        dict.fromkeys(
            node.id
            for node in ast.walk(_parsed(text))
            if isinstance(node, ast.Name) and node.id not in FUNCTIONS
        )
    )


def written(number: float, decimals: int = 0) -> str:
    """Write a number with thousands and decimals."""
    return f"{number:,.{decimals}f}"


# --- reading ------------------------------------------------------------------------------------


def read_formulas(node: Node | None, notes: Notes, schema: FieldSchema) -> dict[str, Formula]:
    """Read `formulas:`; each name in an expression is a number field, or a value above it."""
    found: dict[str, Formula] = {}
    for entry in as_map(node).entries if node is not None else ():
        if not isinstance(entry.node, Map):
            notes.add(entry.line, "must be a map with `lines:`", step=entry.key)
            continue
        found[entry.key] = _formula(entry.key, Fields(entry.node, notes, step=entry.key), schema)
    return found


def _formula(key: str, one: Fields, schema: FieldSchema) -> Formula:
    known = set(schema.numbers)
    needs = one.get("needs", as_texts, ())
    for name in needs:
        if name not in known:
            one.wrong("needs", _unknown(name, known))
    values: list[tuple[str, str]] = []
    for entry in one.map("values").entries:
        text = one.child("values", Map((entry,), entry.line)).get(
            entry.key, partial(_expression, known), "0"
        )
        values.append((entry.key, text))
        known.add(entry.key)
    lines = [_line(each, known) for each in one.needed_children("lines")]
    total = one.map("total")
    formula = Formula(
        key=key,
        title=one.need("title", as_text, ""),
        needs=needs,
        missing=one.get("missing", as_text, "Some numbers are missing."),
        values=tuple(values),
        lines=tuple(lines),
        total=_line(one.child("total", total), known) if total.entries else None,
    )
    one.close()
    return formula


def _line(one: Fields, known: set[str]) -> FormulaLine:
    line = FormulaLine(
        words=one.need("words", as_text, ""),
        value=one.need("value", partial(_expression, known), "0"),
        how=one.get("how", partial(_sentence, known), ""),
        unit=one.get("unit", as_text, ""),
        decimals=one.get("decimals", as_int, 0),
        condition=one.get("shown_if", partial(_expression, known), ""),
    )
    if not 0 <= line.decimals <= _MOST_DECIMALS:
        one.wrong("decimals", f"must be between 0 and {_MOST_DECIMALS}")
    one.close()
    return line


_MOST_DECIMALS = 6


def _expression(known: set[str], node: Node) -> str:
    return _checked(as_text(node), known, node.line)


def _sentence(known: set[str], node: Node) -> str:
    text = as_text(node)
    for blank in _BLANK.finditer(text):
        _checked(blank["value"], known, node.line)
    return text


def _checked(text: str, known: set[str], line: int) -> str:
    try:
        names = names_in(text)
    except FormulaError as error:
        raise BadValueError(str(error), line) from None
    for name in names:
        if name not in known:
            raise BadValueError(_unknown(name, known), line)
    return text


def _unknown(name: str, known: set[str]) -> str:
    hint = did_you_mean(name, known) or f"; known: {', '.join(sorted(known))}"
    return f"there is no number `{name}`: neither a field nor a value above{hint}"


# --- expressions --------------------------------------------------------------------------------

_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda one, two: one + two,
    ast.Sub: lambda one, two: one - two,
    ast.Mult: lambda one, two: one * two,
    ast.Div: lambda one, two: one / two,
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: lambda one, two: one < two,
    ast.LtE: lambda one, two: one <= two,
    ast.Gt: lambda one, two: one > two,
    ast.GtE: lambda one, two: one >= two,
    ast.Eq: lambda one, two: one == two,
    ast.NotEq: lambda one, two: one != two,
}
FUNCTIONS: Mapping[str, int] = {"when": 3, "default": 2, "min": 2, "max": 2, "round": 2}
"""What may be called, and with how many values: when(test, yes, no), default(value, else)."""


@lru_cache(maxsize=512)
def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise FormulaError(f"this is longer than {LONGEST} characters: give parts of it a name")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FormulaError(
            f"cannot read `{text[:60]}`; write for example `hours * 50`, `default(price, 18)`, "
            "`when(age >= 12, 3, 0)`"
        ) from None
    _refuse(tree, 0)
    return tree


def _refuse(node: ast.expr, depth: int) -> None:
    """Refuse whatever is not named here."""
    if depth > DEEPEST:
        raise FormulaError("this is nested too deeply: give parts of it a name")
    for part in _parts(node):
        _refuse(part, depth + 1)


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Constant(value=bool()):
            raise FormulaError("there is no yes and no in a sum: compare numbers")
        case ast.Constant(value=int() | float() as number) if abs(number) <= _LARGEST:
            return
        case ast.Name():
            return
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            yield from (left, right)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield operand
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            yield from (left, right)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            yield from _counted(name, args)
        case _:
            raise FormulaError(
                f"`{ast.unparse(node)[:40]}` cannot stand in a sum; numbers, names, + - * /, "
                f"comparisons and {', '.join(FUNCTIONS)} can"
            )


def _counted(name: str, args: list[ast.expr]) -> list[ast.expr]:
    if len(args) != FUNCTIONS[name]:
        raise FormulaError(f"`{name}` takes {FUNCTIONS[name]} values")
    return args


def _value(node: ast.expr, known: Mapping[str, Number]) -> Number:
    match node:
        case ast.Constant(value=value):
            return float(value) if isinstance(value, int | float) else None
        case ast.Name(id=name):
            return known.get(name)
        case ast.UnaryOp(operand=operand):
            inner = _value(operand, known)
            return None if inner is None else -inner
        case ast.Call(func=ast.Name(id=name), args=args):
            return _called(name, args, known)
        case ast.BinOp(left=left, op=op, right=right):
            return _both(_OPERATORS[type(op)], left, right, known)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _both(_COMPARISONS[type(op)], left, right, known)
        case _:
            return None


def _both(
    act: Callable[[float, float], float],
    left: ast.expr,
    right: ast.expr,
    known: Mapping[str, Number],
) -> Number:
    one, two = _value(left, known), _value(right, known)
    if one is None or two is None:
        return None
    try:
        found = float(act(one, two))
    except ZeroDivisionError:
        return None
    return found if abs(found) <= _LARGEST else None


def _called(name: str, args: list[ast.expr], known: Mapping[str, Number]) -> Number:
    first = _value(args[0], known)
    if name == "default":
        return _value(args[1], known) if first is None else first
    if first is None:
        return None
    if name == "when":
        return _value(args[1] if first else args[2], known)
    second = _value(args[1], known)
    if second is None:
        return None
    if name == "round":
        return round(first, int(min(max(second, 0), _MOST_DECIMALS)))
    return min(first, second) if name == "min" else max(first, second)


# --- showing ------------------------------------------------------------------------------------

_BLANK = re.compile(r"\{(?P<value>[^{}:]+)(?::(?P<decimals>\d))?\}")
"""A blank of a sentence: `{energy}`, or `{saved / cost * 100:1}` with one decimal."""


def _shown(one: FormulaLine, known: Mapping[str, Number]) -> ShownLine | None:
    value = value_of(one.value, known)
    if value is None or (one.condition and not value_of(one.condition, known)):
        return None
    amount = written(value, one.decimals)
    return ShownLine(one.words, _filled(one.how, known), f"{one.unit} {amount}".strip())


def _filled(sentence: str, known: Mapping[str, Number]) -> str:
    def number(blank: re.Match[str]) -> str:
        value = value_of(blank["value"], known)
        if value is None:
            return "?"
        if blank["decimals"] is None and value != round(value) and abs(value) < _SMALL:
            return f"{value:g}"
        return written(value, int(blank["decimals"] or 0))

    return _BLANK.sub(number, sentence)


_SMALL = 100
"""Below this a number without named decimals is written as it is."""


def _number(value: object) -> Number:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
