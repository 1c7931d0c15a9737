"""Read a workbook in a process of its own: `python workbook_child.py BYTES CELLS MEMORY CPU WALL`.

The workbook is its standard input, its rows leave as CSV on its standard output. Nothing of Nurture
is imported: whatever a workbook does to its reader happens to a small process with bounds, which
knows no settings and no database.

What leaves is a row of frames, each with two numbers of four bytes, rows and bytes, before its
text. The first frame tells how many rows the sheet has; one without rows ends the list, and its
text is empty or the word for what is wrong.
"""

import csv
import re
import resource
import signal
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import IO
from zipfile import BadZipFile, ZipFile

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

HEAD = struct.Struct(">II")
ROWS = 200
"""Rows of a frame."""
MOST_TEXT = 400_000_000
"""One long text may stand in every cell of a sheet and take no room in the workbook."""
MOST_COLUMNS = 2_000
_BLOCK = 1_048_576
_COLUMN = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,3})""")
_ROW = re.compile(rb"""\brow\b[^>]*?\br\s*=\s*["']([0-9]{1,9})["']""")
_FAR_CELL = re.compile(rb"""\br\s*=\s*["'][A-Za-z]{1,3}([0-9]{6,9})["']""")
"""Where rows and cells stand (ECMA-376, part 1, 18.18.62): <row r="7"><c r="B7">."""
_LONGEST_PLACE = 200

Cell = int | float | str | bool | time | date | datetime | timedelta


class UnfitWorkbook(Exception):  # noqa: N818 - it says that the workbook is
    """Carry the word for what is wrong with a workbook."""


def main(bounds: list[int]) -> None:
    """Read the workbook, and write its rows or what is wrong."""
    most_bytes, most_cells, memory, cpu, wall = bounds
    _bound(memory, cpu, wall)
    wrong = b""
    try:
        _write(sys.stdin.buffer, most_bytes, most_cells)
    except UnfitWorkbook as unfit:
        wrong = str(unfit).encode()
    except (MemoryError, OverflowError):
        wrong = b"large"
    except (BadZipFile, CalamineError, OSError, EOFError, ValueError, NotImplementedError):
        wrong = b"broken"
    _frame(0, wrong)


def _bound(memory: int, cpu: int, wall: int) -> None:
    """Let the system end this process when it takes too much."""
    for which, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(which, (most, most))
    signal.alarm(wall)


def _write(workbook: IO[bytes], most_bytes: int, most_cells: int) -> None:
    _measure(workbook, most_bytes, most_cells)
    workbook.seek(0)
    line, rows, written = StringIO(newline=""), 0, 0
    writer = csv.writer(line)
    for cells, total in _rows(workbook):
        if not written and not rows:
            _frame(total, b"")
        writer.writerow([_text(cell) for cell in cells])
        rows += 1
        if rows == ROWS or line.tell() > _BLOCK:
            written += _flush(line, rows)
            rows = 0
        if written > MOST_TEXT:
            raise UnfitWorkbook("large")
    if rows:
        _flush(line, rows)


def _measure(workbook: IO[bytes], most_bytes: int, most_cells: int) -> None:
    """Refuse a workbook by its true size: what its directory says of it may be a lie."""
    with ZipFile(workbook) as packed:
        parts = packed.infolist()
        if sum(part.file_size for part in parts) > most_bytes:
            raise UnfitWorkbook("large")
        seen = 0
        for part in parts:
            sheet = "worksheets/" in part.filename.lower().replace("\\", "/")
            span = _Span()
            with packed.open(part) as stream:
                kept = b""
                while block := stream.read(_BLOCK):
                    seen += len(block)
                    if seen > most_bytes:
                        raise UnfitWorkbook("large")
                    if sheet:
                        span.add(kept + block)
                        kept = block[-_LONGEST_PLACE:]
            if span.cells > most_cells or span.columns > MOST_COLUMNS:
                raise UnfitWorkbook("wide")


class _Span:
    """The corner cells of a sheet: everything between them takes room once it is read."""

    def __init__(self) -> None:
        self._names: set[bytes] = set()
        self._low = self._high = 0
        self.columns = 0

    def add(self, text: bytes) -> None:
        rows = [int(row) for row in {*_ROW.findall(text), *_FAR_CELL.findall(text)}]
        if rows:
            self._low = min(self._low, *rows) if self._high else min(rows)
            self._high = max(self._high, *rows)
        new = set(_COLUMN.findall(text)) - self._names
        self._names |= new
        self.columns = max(self.columns, *map(_number, new)) if new else self.columns

    @property
    def cells(self) -> int:
        return (self._high - self._low + 1) * max(1, self.columns)


def _number(name: bytes) -> int:
    """Tell the number of a column: A is 1, XFD is 16384."""
    number = 0
    for letter in name.upper():
        number = number * 26 + letter - 64
    return number


def _rows(workbook: IO[bytes]) -> Iterator[tuple[list[Cell], int]]:
    with CalamineWorkbook.from_filelike(workbook) as book:
        for meta in book.sheets_metadata:
            if meta.typ is not SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_name(meta.name)
            if sheet.total_height:
                for row in sheet.iter_rows():
                    yield row, sheet.total_height
                return
    raise UnfitWorkbook("empty")


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


def _flush(line: StringIO, rows: int) -> int:
    text = line.getvalue().encode("utf-8", "replace")
    _frame(rows, text)
    line.seek(0)
    line.truncate()
    return len(text)


def _frame(rows: int, text: bytes) -> None:
    out = sys.stdout.buffer
    out.write(HEAD.pack(rows, len(text)))
    out.write(text)
    out.flush()


if __name__ == "__main__":
    main([int(one) for one in sys.argv[1:]])
