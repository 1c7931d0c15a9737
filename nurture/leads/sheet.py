"""Turn a workbook into a list that is read row by row: the first sheet that has rows, as text."""

import csv
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineWorkbook

from nurture.leads.errors import UnreadableFile

WORKBOOKS = (".xlsx", ".xlsm")
MOST_BYTES = 400_000_000
"""What a workbook may unfold to; a small file that unfolds to more is no list."""

Cell = int | float | str | bool | time | date | datetime | timedelta


def plain_list(path: Path) -> Path:
    """Give the list as plain text: a workbook becomes a file beside it, anything else is one.

    Row numbers stay those of the sheet, since blank rows are kept. A formula counts as its value.
    """
    if path.suffix.lower() not in WORKBOOKS:
        return path
    plain = path.with_suffix(".csv")
    with plain.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for row in _rows(path):
            writer.writerow([_text(cell) for cell in row])
    return plain


def _rows(path: Path) -> Iterator[list[Cell]]:
    _refuse_bombs(path)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            for name in book.sheet_names:
                sheet = book.get_sheet_by_name(name)
                if sheet.total_height:
                    yield from sheet.iter_rows()
                    return
    except CalamineError as broken:
        raise UnreadableFile(_BROKEN) from broken
    raise UnreadableFile("No sheet of this workbook has rows: choose another file.")


def _refuse_bombs(path: Path) -> None:
    try:
        with ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except (BadZipFile, OSError) as broken:
        raise UnreadableFile(_BROKEN) from broken
    if size > MOST_BYTES:
        raise UnreadableFile("This workbook is too large: save its sheet as CSV and upload that.")


_BROKEN = "This workbook cannot be opened: take its password off, or save the sheet as CSV."


def _text(cell: Cell) -> str:
    """Write a cell as a person reads it; whole numbers have no point, days no hour."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, date | datetime | time):
        return cell.isoformat()
    return str(cell)
