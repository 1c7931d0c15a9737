"""Lines of CSV that a spreadsheet shows as what they are, whatever people wrote into the cells.

A cell that begins like a formula is computed when the file is opened, and a formula can send the
sheet's content away (OWASP, CSV Injection). An apostrophe before it makes it text.
"""

import csv
import re
from collections.abc import Sequence
from io import StringIO

SIGNS = "=+-@−＝＋－＠﹦﹢﹣﹫"  # noqa: RUF001 - spreadsheets read the wide and small forms as well
_BEGINS = r"(?:^|(?<=[;\t\r\n]))"
"""Where a cell may begin. A spreadsheet that splits at semicolons or tabs, as those of many
countries do, also splits inside our quotes."""
_FORMULA = rf"[\s\u200b\ufeff']*[{re.escape(SIGNS)}]"
_UNSAFE = re.compile(rf"{_BEGINS}(?={_FORMULA})")
_MADE_SAFE = re.compile(rf"{_BEGINS}'(?={_FORMULA})")


def csv_line(cells: Sequence[str]) -> str:
    """Write one row: each cell quoted, none of them a formula."""
    line = StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([safe_cell(cell) for cell in cells])
    return line.getvalue()


def safe_cell(value: str) -> str:
    """Put an apostrophe before everything that a spreadsheet could take for a formula."""
    return _UNSAFE.sub("'", value)


def original_cell(value: str) -> str:
    """Give the cell that `safe_cell` was given."""
    return _MADE_SAFE.sub("", value)
