"""Turn one row of a list into a person, or into the reason why not."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from campaigns.built_in_fields import built_in
from campaigns.fields import FieldDefinition, FieldKind, FieldSchema
from campaigns.numbers import Signs, both_ways, is_number, read_number
from nurture.kernel.errors import Invalid
from nurture.kernel.spreadsheet import SIGNS, original_cell
from nurture.kernel.types import Json
from nurture.leads.address import (
    Address,
    HostLists,
    MistypedAddress,
    meant_domain,
    read_address,
    split_addresses,
)
from nurture.leads.days import DayOrder, read_day
from nurture.leads.field_values import number_in, option_of, read_value
from nurture.leads.headings import FACT, IGNORED, LEFT_OUT, Column
from nurture.leads.mail_wishes_read import MailStatement, standing
from nurture.leads.model import NewLead
from nurture.leads.names import is_salutation, split_name
from nurture.leads.phones import Phone, read_listed
from nurture.leads.places import read_country, read_language, read_postcode
from nurture.leads.plain_words import says_nothing, words_of
from nurture.leads.table import Record

NO_MAIL, MAIL = "no_mail", "mail"
"""What somebody says of the people with a word that a list does not explain."""


@dataclass(frozen=True, slots=True)
class Conventions:
    """How whole columns are written, by heading."""

    signs: Mapping[str, Signs] = field(default_factory=dict)
    orders: Mapping[str, DayOrder] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()
    """Columns of own facts that hold numbers."""
    days: frozenset[str] = frozenset()

    def to_json(self) -> dict[str, Json]:
        """Write them down, so that an import goes on as it began."""
        return {
            "signs": {name: one.value for name, one in self.signs.items()},
            "orders": {name: one.value for name, one in self.orders.items()},
            "numbers": list[Json](sorted(self.numbers)),
            "days": list[Json](sorted(self.days)),
        }

    @classmethod
    def from_json(cls, value: Json) -> "Conventions":
        """Read what `to_json` wrote; an import from before guesses as it did."""
        told = value if isinstance(value, dict) else {}
        return cls(
            {name: Signs(str(one)) for name, one in _map(told.get("signs")).items()},
            {name: DayOrder(str(one)) for name, one in _map(told.get("orders")).items()},
            frozenset(_list(told.get("numbers"))),
            frozenset(_list(told.get("days"))),
        )


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
    fields: FieldSchema = field(default_factory=built_in)
    """What a cell may hold, by the fact that it fills."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What somebody said of columns and cells that a list does not explain."""
    conventions: Conventions = field(default_factory=Conventions)


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
    if any(cell.strip() for cell in record.cells[len(reading.headings) :]):
        return Remark(record.number, "", ", ".join(record.cells)[:200], _too_many(record, reading))
    cells = _Cells(record, reading)
    written = cells.take(Column.EMAIL)
    try:
        address = _address(cells, written, reading.hosts)
    except Invalid as wrong:
        return Remark(record.number, cells.heading(Column.EMAIL), written, wrong.sentence)
    lead = _lead(address, cells)
    said = set(mail_standings(record.cells, reading))
    agreed = Column.OPT_IN in reading.columns or MailStatement.UNASKED in said
    return ReadRow(
        row=record.number,
        lead=lead,
        said_yes=said <= {MailStatement.AGREED, MailStatement.OPEN} if agreed else None,
        said_no=MailStatement.REFUSED in said,
        source=reading.sources.get(cells.take(Column.SOURCE).casefold()),
        remarks=tuple(cells.remarks),
    )


def mail_standings(cells: tuple[str, ...], reading: Reading) -> Iterator[MailStatement]:
    """Tell what each column of who wants mail says of one person; a doubt is a no."""
    for place, (column, heading) in enumerate(zip(reading.columns, reading.headings, strict=True)):
        if column in _MAIL_COLUMNS:
            cell = cells[place] if place < len(cells) else ""
            found = told_standing(cell, column, heading, reading.answers)
            if found is not MailStatement.UNCLEAR:
                yield found
            else:
                yield MailStatement.UNASKED if column == Column.OPT_IN else MailStatement.REFUSED


def told_standing(
    cell: str, column: str, heading: str, answers: Mapping[str, str]
) -> MailStatement:
    """Tell what a cell means for mail, also by what somebody has said of it."""
    agreement = column == Column.OPT_IN
    found = standing(cell.strip(), heading, agreement=agreement)
    if found is not MailStatement.UNCLEAR:
        return found
    answer = answers.get(answer_key(heading, cell)) or answers.get(heading)
    if answer == NO_MAIL:
        return MailStatement.REFUSED
    if answer == MAIL:
        return MailStatement.AGREED if agreement else MailStatement.OPEN
    return MailStatement.UNCLEAR


def answer_key(heading: str, cell: str) -> str:
    """Name a cell's word, so that an answer about it is found again."""
    return f"{heading}: {' '.join(cell.split())[:60].casefold()}"


_MAIL_COLUMNS = frozenset({Column.OPT_IN, Column.OPT_OUT})
_FORMULA = (*SIGNS, "\t", "\r")
_SIGNED = re.compile(r"[+-]?[\d.,' ]+$")
_CONTROLS = dict.fromkeys((*range(32), 127), " ")
_LENGTHS: Mapping[str, int] = {
    Column.FIRST_NAME: 100,
    Column.LAST_NAME: 100,
    Column.JOB: 120,
    Column.COMPANY: 200,
}
_TEXT = 500
_REAL: Mapping[str, frozenset[str]] = {
    Column.LAST_NAME: frozenset({"na", "blank"}),
    "fact:city": frozenset({"leer"}),
}
"""Names that elsewhere stand for nothing: there are people called Na, and a town called Leer."""
_RAW = frozenset({Column.EMAIL, Column.COUNTRY, Column.OPT_IN, Column.OPT_OUT})


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
            if column not in (IGNORED, LEFT_OUT)
        }

    def has(self, column: str) -> bool:
        return column in self.reading.columns

    def heading(self, column: str) -> str:
        return self._cells.get(column, (str(column), ""))[0].strip()

    def take(self, column: str) -> str:
        """Take a cell as one line of text; what stands for nothing is none."""
        return self._said(column, _one_line(self._cells.get(column, ("", ""))[1]))

    def _said(self, column: str, cell: str) -> str:
        if column in _RAW or not says_nothing(cell) or words_of(cell) in _REAL.get(column, ()):
            return cell
        return ""

    def text(self, column: str) -> str | None:
        """Take a cell as text; a formula is no text, an apostrophe before one makes it text."""
        written = self._cells.get(column, ("", ""))[1]
        meant = original_cell(written)
        cell = self._said(column, _one_line(meant))
        if meant == written and cell.startswith(_FORMULA) and not _SIGNED.fullmatch(cell):
            self.leave_out(column, "This is a formula, not a value: paste the values only.")
            return None
        return cell[: _LENGTHS.get(column, _TEXT)].strip() or None

    def field(self, column: str) -> FieldDefinition | None:
        """Give the field that a column brings, as the schema has it."""
        return self.reading.fields.get(column.removeprefix(FACT))

    def choice(self, column: str) -> Json:
        """Take what is kept for the words of a choice; other words are kept as they are."""
        one = self.field(column)
        if one is None or not one.options or (cell := self._cells.get(column)) is None:
            return None
        return option_of(one, cell[1].strip().removeprefix("'"))

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
    if cell.isprintable() and "  " not in cell:
        return cell.strip()
    return " ".join(cell.translate(_CONTROLS).split())


def _too_many(record: Record, reading: Reading) -> str:
    return (
        f"This row has {len(record.cells)} cells, and there are {len(reading.headings)} headings: "
        "put quotes around a cell with the separator in it."
    )


def _address(cells: _Cells, written: str, hosts: HostLists) -> Address:
    if written.startswith(_FORMULA) and not written.startswith("＠"):  # noqa: RUF001 - typed so
        raise Invalid("This is a formula, not an address: paste the values only.")
    first, others = split_addresses(written)
    try:
        address = read_address(first, hosts=hosts)
    except MistypedAddress as mistyped:
        address = mistyped.address
        reason = f"Nothing arrives there. Did you mean {mistyped.meant}? It is taken as it stands."
        cells.leave_out(Column.EMAIL, reason)
    meant = meant_domain(address.domain)
    asks = f" Did you mean {meant}?" if meant else ""
    if address.disposable:
        raise Invalid(
            f"{address.domain} gives out addresses for ten minutes: ask for one that lasts.{asks}"
        )
    if others:
        named = ", ".join(others)[:120]
        cells.leave_out(Column.EMAIL, f"One lead has one address: {named} did not come in.")
    if meant:
        cells.leave_out(Column.EMAIL, f"It is taken as it stands.{asks}")
    return address


def _lead(address: Address, cells: _Cells) -> NewLead:
    country = _country(cells)
    first, last = cells.text(Column.FIRST_NAME), cells.text(Column.LAST_NAME)
    whole = cells.text(Column.NAME)
    if whole and not (first or last):
        first, last = split_name(whole)
    phone = _phone(cells, country or cells.reading.country)
    return NewLead(
        email=address.email,
        first_name=first or None,
        last_name=last or None,
        phone=phone.number if phone else None,
        job=_job(cells),
        company=cells.text(Column.COMPANY),
        country=country,
        postcode=cells.read(Column.POSTCODE, partial(read_postcode, country=country)),
        language=cells.read(Column.LANGUAGE, read_language),
        facts={
            **address.facts(),
            **_facts(cells),
            **({"phone_extension": phone.extension} if phone and phone.extension else {}),
        },
        interests=_interests(cells),
    )


def _phone(cells: _Cells, dialled: str | None) -> Phone | None:
    cell = cells.take(Column.PHONE).removeprefix("'")
    if not cell:
        return None
    try:
        return read_listed(cell, country=dialled)
    except Invalid as wrong:
        cells.leave_out(Column.PHONE, wrong.sentence)
        return None


def _job(cells: _Cells) -> str | None:
    kept = cells.choice(Column.JOB)
    if kept is not None:
        return str(kept)
    job = cells.text(Column.JOB)
    return None if job is None or is_salutation(job) else job


def _country(cells: _Cells) -> str | None:
    cell = cells.take(Column.COUNTRY).removeprefix("'")
    code = read_country(cell)
    if code is None and not says_nothing(cell):
        cells.leave_out(Column.COUNTRY, f"“{cell[:40]}” is no country: use its code, such as DE.")
    return code


def _interests(cells: _Cells) -> tuple[str, ...]:
    if not cells.has(Column.INTEREST):
        return ()
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
        value = cells.choice(column)
        if value is None:
            value = _fact(cells, column)
        if value is not None:
            found[column.removeprefix(FACT)] = value
    return found


def _fact(cells: _Cells, column: str) -> Json:
    one = cells.field(column)
    if one is not None and one.is_number:
        return _field_number(cells, column, one)
    if one is not None and one.kind is FieldKind.DATE:
        return _day(cells, column)
    if one is not None and one.kind in _TYPED:
        country = cells.reading.country
        return _typed(cells, column, partial(read_value, one, country=country))
    heading, told = cells.heading(column), cells.reading.conventions
    if heading in told.numbers and is_number(cells.take(column)):
        return _number(cells, column, str, _NO_NUMBER)
    if heading in told.days:
        return _day(cells, column) if cells.take(column) else None
    return cells.text(column)


_TYPED = frozenset(
    {
        FieldKind.CHOICE,
        FieldKind.CHOICES,
        FieldKind.YES_NO,
        FieldKind.PHONE,
        FieldKind.EMAIL,
        FieldKind.URL,
        FieldKind.COUNTRY,
        FieldKind.LANGUAGE,
        FieldKind.ZONE,
    }
)
"""Kinds whose cells are read one by one; numbers and days are read by their whole column."""
_NO_NUMBER = "This is no number: write it like 30 or 7.5."


def _typed(cells: _Cells, column: str, reader: Callable[[str], Json]) -> Json:
    cell = cells.take(column).removeprefix("'")
    if not cell:
        return None
    try:
        return reader(cell)
    except Invalid as wrong:
        cells.leave_out(column, wrong.sentence)
        return None


def _field_number(cells: _Cells, column: str, one: FieldDefinition) -> Json:
    """Read a number with its unit; of a range such as 20-49 its lower end where it is whole."""
    reason = _NO_NUMBER
    if one.whole:
        reason = f"{one.label} is counted whole: write 80 or 50-249."
    elif one.unit:
        reason = f"This is no number of {one.unit}: write 30 or 30 {one.unit}."
    number = _number(cells, column, partial(number_in, one), reason)
    if one.whole and isinstance(number, float):
        cells.leave_out(column, reason)
        return None
    if one.most is not None and isinstance(number, int | float) and number > one.most:
        cells.leave_out(column, f"{one.label} is {one.most:,.0f} at most.")
        return None
    return number


def _number(cells: _Cells, column: str, part: Callable[[str], str], reason: str) -> Json:
    cell = cells.take(column).removeprefix("'")
    if not cell:
        return None
    text = part(cell)
    if not is_number(text):
        cells.leave_out(column, reason)
        return None
    number = read_number(text, cells.reading.conventions.signs.get(cells.heading(column)))
    if number is None:
        whole, parts = both_ways(text)
        cells.leave_out(column, f"“{text}” may be read in two ways: write {whole} or {parts}.")
    return number


def _day(cells: _Cells, column: str) -> Json:
    cell = cells.take(column).removeprefix("'")
    if not cell:
        return None
    try:
        return read_day(cell, cells.reading.conventions.orders.get(cells.heading(column)))
    except Invalid as wrong:
        cells.leave_out(column, wrong.sentence)
        return None


def _map(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
