"""Turn a workbook into a list that is read row by row: the first sheet that has rows, as text.

No workbook is ever opened in this process: a small file may name cells a billion apart, or unfold
to more than any memory. `workbook_child` opens it, in a process with bounds that may be ended.
"""

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from nurture.leads.errors import UnreadableFile

WORKBOOKS = (".xlsx", ".xlsm")

Progress = Callable[[int, int], None]
"""Told how many rows are through, and how many there are."""


@dataclass(frozen=True, slots=True)
class SheetBounds:
    """What opening a workbook may take."""

    bytes: int = 400_000_000
    """What it may unfold to; a small file that unfolds to more is no list."""
    cells: int = 12_000_000
    """Cells between its corners, the empty ones too: 100,000 rows of 120."""
    memory: int = 2_000_000_000
    cpu_seconds: int = 90
    wall_seconds: int = 900


WHILE_SOMEBODY_WAITS = SheetBounds(
    bytes=2_000_000, cells=100_000, memory=500_000_000, cpu_seconds=5, wall_seconds=10
)
"""A workbook within these is opened at once: nobody waits for a worker."""
_PATIENT = SheetBounds()
_HEAD = struct.Struct(">II")
"""How the frames begin that `workbook_child` writes."""


class TooLarge(UnreadableFile):
    """A workbook needs more than its reader may take."""


def is_workbook(name: str) -> bool:
    """Tell by its name whether a file is one."""
    return name.lower().endswith(WORKBOOKS)


def sheet_text(
    workbook: IO[bytes], *, progress: Progress | None = None, bounds: SheetBounds = _PATIENT
) -> Iterator[bytes]:
    """Give a workbook's list as plain text, some rows at a time.

    Row numbers stay those of the sheet, since blank rows are kept. A formula counts as its value.
    """
    with TemporaryFile() as kept:
        workbook.seek(0)
        shutil.copyfileobj(workbook, kept)
        kept.seek(0)
        child = subprocess.Popen(  # noqa: S603 - our own program and numbers
            _command(bounds),
            stdin=kept,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            close_fds=True,
        )
        assert child.stdout is not None
        try:
            yield from _texts(child.stdout, progress)
        finally:
            child.kill()
            child.stdout.close()
            child.wait()


def _command(bounds: SheetBounds) -> list[str]:
    numbers = (bounds.bytes, bounds.cells, bounds.memory, bounds.cpu_seconds, bounds.wall_seconds)
    program = Path(__file__).with_name("workbook_child.py")
    # -P: its neighbours in the folder are no modules that it may import by mistake.
    return [sys.executable, "-P", str(program), *map(str, numbers)]


def _environment() -> dict[str, str]:
    """Give it what Python needs to start, and no secret."""
    wanted = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "SYSTEMROOT")
    return {name: os.environ[name] for name in wanted if name in os.environ}


def _texts(out: IO[bytes], progress: Progress | None) -> Iterator[bytes]:
    done = 0
    total, _ = _frame(out)
    if not total:
        raise UnreadableFile(_REASONS["empty"])
    while True:
        rows, text = _frame(out)
        if not rows:
            return
        done += rows
        yield text
        if progress:
            progress(done, max(done, total))


def _frame(out: IO[bytes]) -> tuple[int, bytes]:
    """Read rows and their text; a process that was ended has left half a sentence."""
    head = out.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise TooLarge(_REASONS["large"])
    rows, size = _HEAD.unpack(head)
    text = out.read(size)
    if len(text) < size:
        raise TooLarge(_REASONS["large"])
    if rows or not text:
        return rows, text
    word = text.decode()
    raise (TooLarge if word in _LARGE else UnreadableFile)(_REASONS[word])


_LARGE = frozenset({"large", "wide"})
_REASONS = {
    "broken": "This workbook cannot be opened: take its password off, or save the sheet as CSV.",
    "empty": "No sheet of this workbook has rows: choose another file.",
    "large": "This workbook is too large to be opened: save its sheet as CSV and upload that.",
    "wide": "The cells of this workbook lie too far apart: delete what stands far right of the "
    "list or far below it, or save the sheet as CSV and upload that.",
}
