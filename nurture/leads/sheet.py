"""Turn a workbook into a list that is read row by row: the first sheet that has rows, as text."""

import csv
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import IO
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineWorkbook

from nurture.leads.errors import UnreadableFile

WORKBOOKS = (".xlsx", ".xlsm")
MOST_BYTES = 400_000_000
"""What a workbook may unfold to; a small file that unfolds to more is no list."""

Cell = int | float | str | bool | time | date | datetime | timedelta


Progress = Callable[[int, int], None]
"""Told how many rows are through, and how many there are."""


def is_workbook(name: str) -> bool:
    """Tell by its name whether a file is one."""
    return name.lower().endswith(WORKBOOKS)


def unfolds_to(workbook: IO[bytes]) -> int:
    """Tell how many bytes a workbook unfolds to; one that is no list is refused."""
    try:
        with ZipFile(workbook) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except (BadZipFile, OSError) as broken:
        raise UnreadableFile(_BROKEN) from broken
    if size > MOST_BYTES:
        raise UnreadableFile("This workbook is too large: save its sheet as CSV and upload that.")
    return size


def sheet_text(workbook: IO[bytes], *, progress: Progress | None = None) -> Iterator[bytes]:
    """Give a workbook's list as plain text, row by row.

    Row numbers stay those of the sheet, since blank rows are kept. A formula counts as its value.
    """
    unfolds_to(workbook)
    workbook.seek(0)
    line = StringIO(newline="")
    writer = csv.writer(line)
    for done, (row, total) in enumerate(_rows(workbook), start=1):
        writer.writerow([_text(cell) for cell in row])
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()
        if progress:
            progress(done, max(done, total))


def _rows(workbook: IO[bytes]) -> Iterator[tuple[list[Cell], int]]:
    try:
        with CalamineWorkbook.from_filelike(workbook) as book:
            for name in book.sheet_names:
                sheet = book.get_sheet_by_name(name)
                if sheet.total_height:
                    for row in sheet.iter_rows():
                        yield row, sheet.total_height
                    return
    except CalamineError as broken:
        raise UnreadableFile(_BROKEN) from broken
    raise UnreadableFile("No sheet of this workbook has rows: choose another file.")


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
