"""Sums of a page: what may be written, and what comes of missing numbers."""

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.formulas import (
    Formula,
    FormulaError,
    FormulaLine,
    names_in,
    read_formulas,
    value_of,
    work_out,
)
from campaigns.yamlfile import Notes, read
from campaigns.yamlfile import value_of as entry_of
from tests.rules.given import example_fields

KNOWN = {"power": 100.0, "hours": 40.0, "nothing": None}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("power * hours", 4000),
        ("-(power - 1) / 3", -33),
        ("default(nothing, 18)", 18),
        ("default(power, 18)", 100),
        ("when(power >= 100, 1, 2)", 1),
        ("when(power < 100, 1, 2)", 2),
        ("min(power, hours) + max(1, 2)", 42),
        ("round(10 / 3, 2)", 3.33),
        ("nothing + 1", None),
        ("power / 0", None),
        ("when(nothing > 1, 1, 2)", None),
        ("1e15 * 10", None),
    ],
)
def test_an_expression_is_worked_out(text: str, value: float | None) -> None:
    assert value_of(text, KNOWN) == value


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "power.real",
        "power ** 9999",
        "[1, 2]",
        "'a' * 10",
        "open('x')",
        "lambda: 1",
        "power if hours else 1",
        "1 < power < 3",
        "power and hours",
        "default(power)",
        "True",
        "10 ** 10",
        "x" * 600,
        "(" * 100 + "1" + ")" * 100 + "+" * 3,
        "1 +",
        "",
        "min(*[1, 2])",
        "round(power, ndigits=2)",
        "f'{power}'",
        "power @ hours",
        "power % 2",
        "1e999",
    ],
)
def test_what_is_no_sum_cannot_be_written(text: str) -> None:
    with pytest.raises(FormulaError):
        value_of(text, KNOWN)


@given(st.text(max_size=80))
def test_any_text_is_a_number_or_a_sentence(text: str) -> None:
    found: float | None = None
    with suppress(FormulaError):
        found = value_of(text, KNOWN)
    assert found is None or math.isfinite(found)


def test_the_names_of_an_expression_are_listed() -> None:
    assert names_in("default(a, b) + when(c > 1, a, 2)") == ("a", "b", "c")


def test_a_line_without_its_numbers_is_left_out_and_the_rest_stands() -> None:
    formula = Formula(
        key="x",
        title="X",
        needs=("power",),
        missing="Power is missing.",
        values=(("cost", "power * 2"),),
        lines=(
            FormulaLine("Cost", "cost", how="{power} kW at {price:2}", unit="EUR"),
            FormulaLine("Per hour", "cost / hours", decimals=2),
            FormulaLine("Much", "cost", condition="cost > 1000"),
        ),
    )
    shown = work_out(formula, {"power": 12, "note": "x"})
    assert [(one.words, one.how, one.amount) for one in shown.lines] == [
        ("Cost", "12 kW at ?", "EUR 24")
    ]
    assert work_out(formula, {}).missing == "Power is missing."
    assert work_out(formula, {}).lines == ()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("values: {a: compressor_kw * hour}", "there is no number `hour`"),
        ("values: {a: b, b: 1}", "there is no number `b`"),
        ("values: {a: job * 2}", "there is no number `job`"),
        ("needs: [compressor_k]", "did you mean `compressor_kw`?"),
        ("total: {words: All, value: a}", "there is no number `a`"),
        ("values: {a: 1 +}", "cannot read `1 +`"),
        ("decimals: 2", "unknown field `decimals`"),
    ],
)
def test_a_formula_that_leads_to_nothing_is_refused_with_its_line(written: str, said: str) -> None:
    text = f"formulas:\n  x:\n    title: X\n    {written}\n    lines: [{{words: A, value: 1}}]\n"
    notes = Notes("pages.yaml")
    read_formulas(entry_of(read(text, notes), "formulas"), notes, example_fields())
    assert [(one.line, said in one.message) for one in notes.problems] == [(4, True)]
