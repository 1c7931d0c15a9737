import csv
import re
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurture.kernel.spreadsheet import csv_line, original_cell, safe_cell

CELLS = st.text(alphabet="a '=+-@＝＋－＠;,\t\r\n\"1\u200b\ufeff\u00a0", max_size=12)  # noqa: RUF001 - wide signs as well
FORMULA = re.compile(r"[\s\u200b\ufeff]*[-=+@＝＋－＠]")  # noqa: RUF001 - wide signs as well


@pytest.mark.parametrize(
    ("written", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+49 761 1", "'+49 761 1"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1+1", "'＝1+1"),  # noqa: RUF001 - U+FF1D, which spreadsheets take for "="
        ("\t=1", "'\t'=1"),
        (" =1", "' =1"),
        ("\u200b=1", "'\u200b=1"),
        ("'=1", "''=1"),
        ("Acme;=cmd", "Acme;'=cmd"),
        ("Acme\t+1", "Acme\t'+1"),
        ("two\nlines\n=1", "two\nlines\n'=1"),
        ("a=b", "a=b"),
        ("O'Neill", "O'Neill"),
        ("", ""),
    ],
)
def test_what_a_spreadsheet_would_compute_becomes_text(written: str, safe: str) -> None:
    assert safe_cell(written) == safe
    assert original_cell(safe) == written


def test_every_cell_is_quoted() -> None:
    assert csv_line(["a", "", 'say "hi"', "1"]) == '"a","","say ""hi""","1"\r\n'


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_no_way_of_splitting_a_line_makes_a_formula_and_nothing_is_lost(cells: list[str]) -> None:
    line = csv_line(cells)
    [read] = csv.reader(StringIO(line, newline=""))
    assert [original_cell(cell) for cell in read] == cells
    for delimiter in ",;\t":
        for row in csv.reader(StringIO(line, newline=""), delimiter=delimiter):
            assert not [cell for cell in row if FORMULA.match(cell)]


@given(CELLS)
def test_what_was_made_safe_reads_as_it_was(cell: str) -> None:
    assert original_cell(safe_cell(cell)) == cell
