"""Turn one row of a list into a person, or into the reason why not."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from nurture.kernel.errors import Invalid
from nurture.kernel.spreadsheet import SIGNS, original_cell
from nurture.kernel.types import Json
from nurture.leads.address import Address, HostLists, read_address
from nurture.leads.headings import FACT, IGNORED, Column
from nurture.leads.model import NewLead
from nurture.leads.places import read_country, read_phone, read_postcode
from nurture.leads.table import Record


@dataclass(frozen=True, slots=True)
class Reading:
    """How cells are understood: the columns, and the words of the house."""

    columns: tuple[str, ...]
    headings: tuple[str, ...]
    country: str | None = None
    """Where numbers without a prefix are dialled when a row names no country."""
    topics: Mapping[str, str] = field(default_factory=dict)
    """Word, lower case -> topic; empty: each word is its own topic."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Word, lower case -> source key; what is not here comes from the file's source."""
    hosts: HostLists = field(default_factory=HostLists)


@dataclass(frozen=True, slots=True)
class Remark:
    """A cell that was left out, or a whole row that was."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One person; `said_yes` is None where the list has no such column."""

    row: int
    lead: NewLead
    said_yes: bool | None
    said_no: bool
    source: str | None
    remarks: tuple[Remark, ...]


def read_row(record: Record, reading: Reading) -> ReadRow | Remark:
    """Read a row; only what makes a person impossible to reach takes the whole row out."""
    if record.broken:
        return Remark(record.number, "", record.cells[0], record.broken)
    cells = _Cells(record, reading)
    written = cells.take(Column.EMAIL)
    try:
        address = _address(written, reading.hosts)
    except Invalid as wrong:
        return Remark(record.number, cells.heading(Column.EMAIL), written, wrong.sentence)
    lead = _lead(address, cells)
    return ReadRow(
        row=record.number,
        lead=lead,
        said_yes=_is(cells.take(Column.OPT_IN), _YES) if cells.has(Column.OPT_IN) else None,
        said_no=not _is(cells.take(Column.OPT_OUT), _NO),
        source=reading.sources.get(cells.take(Column.SOURCE).casefold()),
        remarks=tuple(cells.remarks),
    )


_YES = frozenset(
    {"1", "x", "y", "yes", "ja", "j", "true", "wahr", "ok", "si", "oui", "opted-in", "✓", "✔"}
)
"""Only a clear yes is one: whoever is missing here is asked, not written to."""
_NO = frozenset({"", "0", "n", "no", "nein", "false", "falsch", "-", "?", "non", "n/a", "none"})
"""Anything else in a column of opt-outs, such as a date, is an opt-out."""
_FORMULA = (*SIGNS, "\t", "\r")
_NUMBER = re.compile(r"[+-]?[\d.,' ]+$")
_POWER = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*(?:kw|kilowatt)?\s*$", re.IGNORECASE)
_HEADS = re.compile(r"\s*(\d[\d.,']*)\s*(?:[-–+]|bis|to|\Z)")  # noqa: RUF001 - ranges have dashes
_DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%Y/%m/%d", "%d/%m/%Y", "%d %b %Y", "%d %B %Y")
_CONTROLS = dict.fromkeys((*range(32), 127), " ")
_LENGTHS: Mapping[str, int] = {
    Column.FIRST_NAME: 100,
    Column.LAST_NAME: 100,
    Column.JOB: 120,
    Column.COMPANY: 200,
}
_TEXT = 500


class _Cells:
    """The cells of one row by column; what cannot be used is left out with a remark."""

    def __init__(self, record: Record, reading: Reading) -> None:
        self.reading = reading
        self.remarks: list[Remark] = []
        self._row = record.number
        self._cells = {
            column: (heading, cell)
            for column, heading, cell in zip(
                reading.columns, reading.headings, record.cells, strict=False
            )
            if column != IGNORED
        }

    def has(self, column: str) -> bool:
        return column in self.reading.columns

    def heading(self, column: str) -> str:
        return self._cells.get(column, (str(column), ""))[0].strip()

    def take(self, column: str) -> str:
        """Take a cell as one line of text."""
        return _one_line(self._cells.get(column, ("", ""))[1])

    def text(self, column: str) -> str | None:
        """Take a cell as text; a formula is no text, an apostrophe before one makes it text."""
        written = self._cells.get(column, ("", ""))[1]
        meant = original_cell(written)
        cell = _one_line(meant)
        if meant == written and cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
            self.leave_out(column, "This is a formula, not a value: paste the values only.")
            return None
        return cell[: _LENGTHS.get(column, _TEXT)] or None

    def read(self, column: str, reader: Callable[[str], str]) -> str | None:
        """Take a cell through a reader that may refuse it."""
        cell = self.take(column).removeprefix("'")
        if not cell:
            return None
        try:
            return reader(cell)
        except Invalid as wrong:
            self.leave_out(column, wrong.sentence)
            return None

    def facts(self) -> Iterator[str]:
        return (column for column in self._cells if column.startswith(FACT))

    def leave_out(self, column: str, reason: str) -> None:
        self.remarks.append(Remark(self._row, self.heading(column), self.take(column), reason))


def _one_line(cell: str) -> str:
    return " ".join(cell.translate(_CONTROLS).split())


def _address(written: str, hosts: HostLists) -> Address:
    if written.startswith(_FORMULA):
        raise Invalid("This is a formula, not an address: paste the values only.")
    address = read_address(written, hosts=hosts)
    if address.disposable:
        raise Invalid(
            f"{address.domain} gives out addresses for ten minutes: ask for one that lasts."
        )
    return address


def _lead(address: Address, cells: _Cells) -> NewLead:
    country = _country(cells)
    first, last = cells.text(Column.FIRST_NAME), cells.text(Column.LAST_NAME)
    whole = cells.text(Column.NAME)
    if whole and not (first or last):
        first, _, last = whole.rpartition(" ")
    reading = cells.reading
    dialled = country or reading.country
    return NewLead(
        email=address.email,
        first_name=first or None,
        last_name=last or None,
        phone=cells.read(Column.PHONE, lambda cell: read_phone(cell, country=dialled)),
        job=cells.text(Column.JOB),
        company=cells.text(Column.COMPANY),
        country=country,
        postcode=cells.read(Column.POSTCODE, lambda cell: read_postcode(cell, country=country)),
        language=(cells.take(Column.LANGUAGE)[:2].lower() or None),
        facts={**address.facts(), **_facts(cells)},
        interests=_interests(cells),
    )


def _country(cells: _Cells) -> str | None:
    cell = cells.take(Column.COUNTRY)
    if not cell:
        return None
    code = read_country(cell)
    if code is None:
        cells.leave_out(Column.COUNTRY, f"“{cell[:40]}” is no country: use its code, such as DE.")
    return code


def _interests(cells: _Cells) -> tuple[str, ...]:
    words = [part.strip().casefold() for part in re.split(r"[,;/|]", cells.take(Column.INTEREST))]
    topics = cells.reading.topics
    whole = cells.take(Column.INTEREST).casefold()
    if topics:
        found = [topics[word] for word in (whole, *words) if word in topics]
    else:
        found = [re.sub(r"\W+", "_", word) for word in words if word]
    return tuple(dict.fromkeys(found))


def _facts(cells: _Cells) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for column in cells.facts():
        value = _FACT_READERS.get(column, _Cells.text)(cells, column)
        if value is not None:
            found[column.removeprefix(FACT)] = value
    return found


def _power(cells: _Cells, column: str) -> Json:
    return _number(cells, column, _POWER, "This is no number of kilowatts: write 30 or 30 kW.")


def _employees(cells: _Cells, column: str) -> Json:
    """Read a number of people; of a range such as 20-49 its lower end."""
    return _number(cells, column, _HEADS, "This is no number of people: write 80 or 50-249.")


def _number(cells: _Cells, column: str, pattern: re.Pattern[str], reason: str) -> Json:
    cell = cells.take(column)
    if not cell:
        return None
    match = pattern.match(cell)
    if match is None:
        cells.leave_out(column, reason)
        return None
    digits = match.group(1)
    if pattern is _HEADS:
        return int(re.sub(r"\D", "", digits))
    number = float(digits.replace(",", "."))
    return int(number) if number.is_integer() else number


def _day(cells: _Cells, column: str) -> Json:
    cell = cells.take(column)
    for form in _DAYS:
        try:
            return datetime.strptime(cell, form).replace(tzinfo=UTC).date().isoformat()
        except ValueError:
            continue
    if cell:
        cells.leave_out(column, "This is no day: write it like 2026-03-31 or 31.03.2026.")
    return None


_FACT_READERS: Mapping[str, Callable[[_Cells, str], Json]] = {
    Column.COMPRESSOR_KW.value: _power,
    Column.EMPLOYEES.value: _employees,
    Column.LAST_CONTACT.value: _day,
}


def _is(cell: str, words: frozenset[str]) -> bool:
    return cell.casefold().strip(" .!") in words
