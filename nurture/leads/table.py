"""Read tables as spreadsheets and old systems write them, in bounded memory.

Files mix encodings (a part pasted from elsewhere), so every line is decoded by itself; a quote that
is never closed costs its own line and not the rest of the file.
"""

import codecs
import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from io import BufferedReader, TextIOWrapper
from typing import Literal, Protocol

from charset_normalizer import from_bytes

from nurture.leads.errors import UnreadableFile

_BOM = "\ufeff"
_SAMPLE_BYTES = 65_536
_SAMPLE_LINES = 20
_LONGEST_RECORD = 50
"""Lines that one quoted cell may spread over."""
_LONGEST_LINE = 1_048_576
"""Bytes of a line; of a longer one, which is no row of a list, only so many are read."""
_NO_TEXT = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How a PDF, an archive and an old workbook begin."""
_UNREADABLE = (
    "This row cannot be read: a cell is longer than 131,072 letters, or a quote is never closed."
)
_DELIMITERS = ";,\t|"
_WIDE = ((codecs.BOM_UTF8, None), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_OLD = [
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp437",
    "mac_roman",
    "shift_jis",
    "gb18030",
    "big5",
    "euc_kr",
]
_MUCH_BETTER = 0.1
"""How much less chaos another guess must make before we doubt the usual encoding of the West."""


class ListFile(Protocol):
    """Something that can be read from its start as often as needed, such as a path."""

    def open(self, mode: Literal["rb"], /) -> BufferedReader:
        """Begin to read."""
        ...


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written; what is not given is guessed."""

    encoding: str
    """The encoding of lines that are not UTF-8."""
    delimiter: str


@dataclass(frozen=True, slots=True)
class Record:
    """One row; `number` counts as a spreadsheet does, the headings being 1."""

    number: int
    cells: tuple[str, ...]
    broken: str = ""
    """Why it cannot be read, as a sentence; empty when it can."""


def guess_shape(file: ListFile, *, encoding: str | None, delimiter: str | None) -> Shape:
    """Guess how a file is written, as far as nobody said it."""
    with file.open("rb") as raw:
        sample = raw.read(_SAMPLE_BYTES)
    if not sample:
        raise UnreadableFile("The file is empty: export it again with its headings.")
    chosen = encoding or _guess_encoding(file)
    if sample.startswith(_NO_TEXT) or (b"\0" in sample and not _is_wide(chosen)):
        raise UnreadableFile("This is neither CSV nor XLSX: save the list as one of the two.")
    if delimiter:
        return Shape(chosen, delimiter)
    lines: list[str] = []
    for line in _lines(file, chosen):
        if line.strip():
            lines.append(line)
        if len(lines) == _SAMPLE_LINES:
            break
    return Shape(chosen, _guess_delimiter(lines))


def records(file: ListFile, shape: Shape) -> Iterator[Record]:
    """Read every row, the headings first; rows with nothing in them are left out."""
    number = 0
    for text, broken in _whole_records(_lines(file, shape.encoding), shape.delimiter):
        if number == 0 and (not text.strip() or text.lower().startswith("sep=")):
            continue
        number += 1
        record = _split(number, text, shape.delimiter, broken)
        if record.broken or any(cell.strip() for cell in record.cells):
            yield record


def _split(number: int, text: str, delimiter: str, broken: str) -> Record:
    if broken:
        return Record(number, (text[:200],), broken)
    try:
        cells = next(csv.reader([text], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return Record(number, (text[:200],), _UNREADABLE)
    return Record(number, tuple(cells))


def _lines(file: ListFile, encoding: str) -> Iterator[str]:
    """Decode line by line; UTF-8 wins wherever it fits, byte order marks vanish anywhere."""
    if _is_wide(encoding):
        with (
            file.open("rb") as wide,
            TextIOWrapper(wide, encoding=encoding, errors="replace", newline="") as text,
        ):
            for line in text:
                yield line.replace(_BOM, "")
        return
    with file.open("rb") as raw:
        for chunk in _byte_lines(raw):
            yield _decode(chunk, encoding)


def _byte_lines(raw: BufferedReader) -> Iterator[bytes]:
    rest = b""
    while line := rest + raw.readline(_LONGEST_LINE):
        rest = b""
        if b"\r" not in line.rstrip(b"\r\n"):
            yield line
            if len(line) >= _LONGEST_LINE and not line.endswith(b"\n"):
                _to_its_end(raw)
            continue
        # Old spreadsheets end rows with a carriage return alone.
        parts = line.replace(b"\r\n", b"\n").replace(b"\r", b"\n").splitlines(keepends=True)
        if len(line) >= _LONGEST_LINE and not parts[-1].endswith(b"\n"):
            rest = parts.pop()
        yield from parts


def _to_its_end(raw: BufferedReader) -> None:
    """Pass over the rest of a line that is longer than any row."""
    while more := raw.readline(_LONGEST_LINE):
        if more.endswith(b"\n"):
            return


def _decode(line: bytes, encoding: str) -> str:
    try:
        return line.decode("utf-8").replace(_BOM, "")
    except UnicodeDecodeError:
        return line.replace(codecs.BOM_UTF8, b"").decode(encoding, errors="replace")


def _is_wide(encoding: str) -> bool:
    return codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))


def _guess_encoding(file: ListFile) -> str:
    with file.open("rb") as raw:
        head = raw.read(_SAMPLE_BYTES)
        for mark, wide in _WIDE:
            if head.startswith(mark) and wide:
                return wide
        raw.seek(0)
        strange = b"".join(_strange(iter(lambda: raw.readline(_LONGEST_LINE), b"")))
    if head.count(b"\0") > len(head) // 4:
        return "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
    return _old_encoding(strange)


def _strange(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Take lines that are not UTF-8, until there are enough to judge."""
    taken = 0
    for line in lines:
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            taken += len(line)
            yield line
        if taken > _SAMPLE_BYTES:
            return


def _old_encoding(strange: bytes) -> str:
    """Guess among encodings with one byte a letter and the usual ones of East Asia."""
    if not strange:
        return "cp1252"
    matches = from_bytes(strange, cp_isolation=_OLD)
    best = matches.best()
    if best is None:
        return "cp1252"
    western = [match for match in matches if match.encoding == "cp1252"]
    if western and western[0].chaos - best.chaos < _MUCH_BETTER:
        return "cp1252"
    if "cp1252" in best.could_be_from_charset:
        # The sample reads the same in both; what comes behind it is likelier from the West.
        return "cp1252"
    return best.encoding


def _guess_delimiter(lines: list[str]) -> str:
    """Take the sign that stands most evenly in the first rows."""
    if not lines:
        raise UnreadableFile("The file holds no rows: export it again with its headings.")
    scores = {}
    for sign in _DELIMITERS:
        counts = Counter(_outside(line, sign) for line in lines)
        counts.pop(0, None)
        width, rows = max(counts.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        scores[sign] = (_outside(lines[0], sign) > 0, rows, width)
    return max(_DELIMITERS, key=lambda sign: scores[sign])


def _outside(line: str, sign: str) -> int:
    """Count a sign outside of quotes."""
    return sum(part.count(sign) for part in line.split('"')[::2])


def _whole_records(lines: Iterable[str], delimiter: str) -> Iterator[tuple[str, str]]:
    """Join the lines of cells with line breaks in them; `broken` says what is wrong."""
    waiting = deque[str]()
    source = iter(lines)
    while True:
        line = waiting.popleft() if waiting else next(source, None)
        if line is None:
            return
        parts = [line]
        inside = _ends_inside(line, delimiter, inside=False)
        size = len(line)
        while inside and len(parts) < _LONGEST_RECORD and size < _LONGEST_LINE:
            more = waiting.popleft() if waiting else next(source, None)
            if more is None:
                break
            parts.append(more)
            size += len(more)
            inside = _ends_inside(more, delimiter, inside=True)
        if inside:
            waiting.extendleft(reversed(parts[1:]))
            yield line, "A quote is opened in this row and never closed: close it or take it out."
        else:
            yield "".join(parts), ""


def _ends_inside(line: str, delimiter: str, *, inside: bool) -> bool:
    """Tell whether a quoted cell is still open at the end of a line."""
    if '"' not in line:
        return inside
    if not inside and line.count('"') % 2 == 0:
        return False
    opens, closes = _quotes(delimiter)
    place = 0
    while True:
        found = (closes if inside else opens).search(line, place)
        if found is None:
            return inside
        if found[0] != '""':
            inside = not inside
        # A sign between two cells both ends the one and begins the other.
        place = found.end() if found.end() > place else place + 1


@cache
def _quotes(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Tell what opens a quoted cell, and what closes one or stands for a quote in it (RFC 4180).

    Blanks between a quote and the sign that ends its cell belong to nobody.
    """
    sign = re.escape(delimiter)
    return (
        re.compile(rf'(?:(?<={sign})|\A) *"'),
        re.compile(rf'""|"(?= *(?:{sign}|\r|\n|\Z))'),
    )
