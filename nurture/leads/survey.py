"""Read a whole list once before it comes in: how its columns are written, and what is unclear."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from campaigns.fields import FieldKind
from campaigns.numbers import Signs, is_number, signs_for, signs_of
from nurture.leads.days import DayOrder, is_day, order_for, order_of
from nurture.leads.field_values import number_in
from nurture.leads.headings import FACT, IGNORED, LEFT_OUT, Column
from nurture.leads.mail_wishes_read import (
    CellMeaning,
    MailColumn,
    MailStatement,
    about_mail,
    is_refusal,
    said_by,
)
from nurture.leads.plain_words import says_nothing
from nurture.leads.reading import (
    MAIL,
    NO_MAIL,
    Conventions,
    Reading,
    answer_key,
    mail_standings,
    told_standing,
)
from nurture.leads.table import Record

MOST_REPEATS = 10_000
"""Rows with an address that stood before, of which each is named."""
_MOSTLY = 0.8
"""The share of cells by which a column without a known kind holds numbers, or days."""
_KINDS_OF_WORDS = 40
_SHOWN = 8
_TRIES = 200
"""Cells after which a column without a day holds none."""
_ANSWERED = frozenset(Signs) | frozenset(DayOrder)


@dataclass(frozen=True, slots=True)
class ImportQuestion:
    """What only somebody who knows the list can say, before anything of it comes in."""

    key: str
    """What the answer is kept by: a heading, or a heading and a cell."""
    column: str
    words: str
    choices: tuple[tuple[str, str], ...]
    """Each answer and its words."""
    examples: tuple[str, ...] = ()
    maps: bool = False
    """The answer says what the column holds, and is kept with the columns."""


@dataclass(frozen=True, slots=True)
class RepeatedRow:
    """A row whose address stands further up already: both make one lead."""

    row: int
    first: int
    address: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What a list is like as a whole."""

    total_rows: int
    repeated: frozenset[str] = frozenset()
    """Addresses that stand in more than one row."""
    repeats: tuple[RepeatedRow, ...] = ()
    repeated_rows: int = 0
    conventions: Conventions = field(default_factory=Conventions)
    questions: tuple[ImportQuestion, ...] = ()


def survey_rows(rows: Iterator[Record], reading: Reading) -> Survey:
    """Read every row once."""
    columns = [
        _Column(place, heading, column, reading)
        for place, (heading, column) in enumerate(
            zip(reading.headings, reading.columns, strict=True)
        )
    ]
    watched = [one for one in columns if one.is_watched]
    repeats = _Repeats([one.place for one in columns if one.column == Column.EMAIL])
    total = 0
    for record in rows:
        total += 1
        if record.broken or not repeats.add(record):
            continue
        refused = MailStatement.REFUSED in mail_standings(record.cells, reading)
        for one in watched:
            if one.place < len(record.cells):
                one.add(record.cells[one.place].strip(), refused=refused)
    return Survey(
        total_rows=total,
        repeated=frozenset(repeats.twice),
        repeats=tuple(repeats.found),
        repeated_rows=repeats.number,
        conventions=_conventions(watched),
        questions=tuple(question for one in watched for question in one.questions()),
    )


def address_in(cell: str) -> str:
    """Take an address out of a cell, so that the same one is known again however it is written."""
    text = cell.strip().lower().removeprefix("mailto:")
    if "<" in text:
        text = text.rpartition("<")[2].partition(">")[0]
    return text.strip(" \t'\"<>;,.\u200b\ufeff\u00a0")


class _Repeats:
    def __init__(self, places: Sequence[int]) -> None:
        self._place = places[0] if places else -1
        self._first: dict[int, int] = {}
        self.twice: set[str] = set()
        self.found: list[RepeatedRow] = []
        self.number = 0

    def add(self, record: Record) -> bool:
        """Note the address of a row; False = it has none, and is no person."""
        if not 0 <= self._place < len(record.cells):
            return False
        address = address_in(record.cells[self._place])
        if "@" not in address:
            return False
        # Numbers take a fraction of the memory of the addresses themselves.
        first = self._first.setdefault(hash(address), record.number)
        if first != record.number:
            self.twice.add(address)
            self.number += 1
            if len(self.found) < MOST_REPEATS:
                self.found.append(RepeatedRow(record.number, first, address))
        return True


class _Column:
    """What the cells of one column have in common."""

    def __init__(self, place: int, heading: str, column: str, reading: Reading) -> None:
        self.place, self.heading, self.column = place, heading, column
        self._reading, self._about = reading, about_mail(heading)
        self._field = (
            reading.fields.get(column.removeprefix(FACT)) if column.startswith(FACT) else None
        )
        self._words: Counter[str] = Counter()
        """Words of who wants mail that nobody understands, or that stand where none should."""
        self._unclear: dict[str, None] = {}
        """Numbers and days that may be read in two ways."""
        self._signs: set[Signs | None] = set()
        self._orders: set[DayOrder | None] = set()
        self._filled = self._empty = self._numbers = self._days = 0
        self._add: Callable[[str, bool], None] | None = self._adds()

    @property
    def is_watched(self) -> bool:
        return self._add is not None

    def add(self, cell: str, *, refused: bool) -> None:
        if self._add is not None:
            self._add(cell, refused)

    def _adds(self) -> Callable[[str, bool], None] | None:
        if self.column == IGNORED:
            return self._add_strange if self._about is None else self._add_left_out
        if self.column in (Column.OPT_IN, Column.OPT_OUT):
            return self._add_mail
        return self._add_fact if self.column.startswith(FACT) else None

    def _add_strange(self, cell: str, refused: bool) -> None:  # noqa: FBT001 - one of four
        if not refused and is_refusal(cell):
            self._count(cell)

    def _add_left_out(self, cell: str, refused: bool) -> None:  # noqa: FBT001 - one of four
        said = said_by(cell)
        if said is CellMeaning.NOTHING:
            self._empty += 1
        elif self._about is not MailColumn.REFUSAL_DETAIL or not (
            refused or said is CellMeaning.NO
        ):
            self._filled += 1
            self._count(cell)

    def _add_mail(self, cell: str, _refused: bool) -> None:  # noqa: FBT001 - one of four
        told = told_standing(cell, self.column, self.heading, self._reading.answers)
        if told is MailStatement.UNCLEAR:
            self._count(cell)

    def _add_fact(self, cell: str, _refused: bool) -> None:  # noqa: FBT001 - one of four
        if not cell or says_nothing(cell):
            return
        self._filled += 1
        bare = cell.removeprefix("'")
        declared = self._field is not None and self._field.is_number
        number = number_in(self._field, bare) if self._field is not None and declared else bare
        if is_number(number):
            self._numbers += 1
            found = signs_of(number)
            self._signs.add(found)
            if found is Signs.UNCLEAR:
                self._show(cell)
        elif (self._days or self._filled < _TRIES) and is_day(cell):
            self._days += 1
            order = order_of(cell)
            self._orders.add(order)
            if order is DayOrder.UNCLEAR:
                self._show(cell)

    def _count(self, cell: str) -> None:
        if cell in self._words or len(self._words) < _KINDS_OF_WORDS:
            self._words[cell] += 1

    def _show(self, cell: str) -> None:
        if len(self._unclear) < _SHOWN:
            self._unclear[cell[:60]] = None

    @property
    def holds_numbers(self) -> bool:
        if self._field is not None and self._field.is_number:
            return True
        return self._is_own and 0 < _MOSTLY * self._filled <= self._numbers

    @property
    def holds_days(self) -> bool:
        if self._field is not None and self._field.kind is FieldKind.DATE:
            return True
        return self._is_own and 0 < _MOSTLY * self._filled <= self._days

    @property
    def _is_own(self) -> bool:
        return self.column.startswith(FACT) and self._field is None

    def signs(self) -> Signs | None:
        """Tell how its numbers are written, by an answer or by its cells."""
        answer = self._reading.answers.get(self.heading)
        return Signs(answer) if answer in set(Signs) else signs_for(self._signs)[0]

    def order(self) -> DayOrder | None:
        answer = self._reading.answers.get(self.heading)
        return DayOrder(answer) if answer in set(DayOrder) else order_for(self._orders)[0]

    def questions(self) -> Iterator[ImportQuestion]:
        if self.column == IGNORED:
            yield from self._asks_for_column()
        elif self.column in (Column.OPT_IN, Column.OPT_OUT):
            yield from self._asks_for_words()
        elif self._reading.answers.get(self.heading) not in _ANSWERED:
            if self.holds_numbers and signs_for(self._signs)[1]:
                yield self._question(_NUMBERS_UNCLEAR, _NUMBER_CHOICES)
            if self.holds_days and order_for(self._orders)[1]:
                yield self._question(_DAYS_UNCLEAR, _DAY_CHOICES)

    def _asks_for_column(self) -> Iterator[ImportQuestion]:
        agreed = Column.OPT_IN in self._reading.columns
        if self._about is MailColumn.AGREEMENT_DETAIL and (agreed or not self._empty):
            return
        if self._words:
            words = _SOUNDS if self._about is not None else _STRANGE
            yield ImportQuestion(
                self.heading,
                self.heading,
                words,
                _COLUMN_CHOICES,
                tuple(self._examples()),
                maps=True,
            )

    def _asks_for_words(self) -> Iterator[ImportQuestion]:
        for cell in self._examples():
            yield ImportQuestion(
                answer_key(self.heading, cell), self.heading, _WORD, _WORD_CHOICES, (cell,)
            )
        if len(self._words) > _SHOWN:
            rest = tuple(one[:60] for one, _ in self._words.most_common()[_SHOWN : 2 * _SHOWN])
            yield ImportQuestion(self.heading, self.heading, _WORDS, _WORD_CHOICES, rest)

    def _examples(self) -> list[str]:
        return [one[:60] for one, _ in self._words.most_common(_SHOWN)]

    def _question(self, words: str, choices: tuple[tuple[str, str], ...]) -> ImportQuestion:
        return ImportQuestion(self.heading, self.heading, words, choices, tuple(self._unclear))


def _conventions(columns: Sequence[_Column]) -> Conventions:
    numbers = [one for one in columns if one.holds_numbers]
    days = [one for one in columns if one.holds_days]
    return Conventions(
        signs={one.heading: sign for one in numbers if (sign := one.signs()) is not None},
        orders={one.heading: order for one in days if (order := one.order()) is not None},
        numbers=frozenset(one.heading for one in numbers),
        days=frozenset(one.heading for one in days),
    )


_SOUNDS = "This column is left out, and it sounds as if it says who wants our mail."
_STRANGE = "This column is left out, and some of its cells say that somebody wants no mail."
_COLUMN_CHOICES = (
    (Column.OPT_OUT.value, "It says who wants no mail"),
    (Column.OPT_IN.value, "It says who wants mail"),
    (LEFT_OUT, "It is about something else: leave it out"),
)
_WORD = "This column says who wants our mail, and we do not know this word."
_WORDS = "This column says who wants our mail, and holds more words that we do not know."
_WORD_CHOICES = (
    (NO_MAIL, "Wants no mail"),
    (MAIL, "May get mail"),
)
_NUMBERS_UNCLEAR = "These numbers may be read in two ways, and no other cell of the column tells."
_NUMBER_CHOICES = (
    (Signs.THOUSANDS.value, "1,500 and 1.500 are fifteen hundred"),
    (Signs.DECIMALS.value, "1,500 and 1.500 are one and a half"),
)
_DAYS_UNCLEAR = "These days may be read in two ways, and no other cell of the column tells."
_DAY_CHOICES = (
    (DayOrder.DAY.value, "The day first: 01/02/2025 is 1 February"),
    (DayOrder.MONTH.value, "The month first: 01/02/2025 is 2 January"),
)
