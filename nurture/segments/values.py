"""What a field holds, as SQL: the comparisons of `campaigns.conditions.compares`, kind by kind.

Every answer is true or false, never NULL, so that its opposite is its opposite. Texts are compared
by code point, as Python does. `tests/usecases/test_segments.py` holds both against each other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import ge, gt, le, lt
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Float, and_, case, cast, false, func, not_, or_, true

from campaigns.conditions import Op, Scalar

Sql = ColumnElement[Any]
Yes = ColumnElement[bool]
_ORDER: Mapping[Op, Callable[[Any, Any], Any]] = {Op.GE: ge, Op.GT: gt, Op.LE: le, Op.LT: lt}


class Typed:
    """The value of one field of every lead; what its kind does not know is false."""

    __slots__ = ()

    def is_set(self) -> Yes:
        """Tell whether there is a value: no NULL, no empty text, no empty list."""
        raise NotImplementedError

    def equals(self, _wanted: Scalar, /) -> Yes:
        """Compare with one value."""
        return false()

    def ordered(self, _op: Op, _wanted: Scalar, /) -> Yes:
        """Compare by order; values of different types have none."""
        return false()

    def older(self, _days: int, _now: datetime, /) -> tuple[Yes, Yes]:
        """Tell whether it is a day at all, and whether it lies that many days back or more."""
        return false(), false()


def sure(answer: ColumnElement[Any]) -> Yes:
    """Let what is unknown be false."""
    return func.coalesce(answer, false())


@dataclass(frozen=True, slots=True)
class Flag(Typed):
    """Yes or no, of every lead."""

    value: ColumnElement[Any]

    def is_set(self) -> Yes:
        """Each lead has it."""
        return sure(self.value.is_not(None))

    def equals(self, wanted: Scalar, /) -> Yes:
        """Only yes and no are equal to yes and no."""
        if not isinstance(wanted, bool):
            return false()
        return sure(self.value.is_(true()) if wanted else self.value.is_(false()))


@dataclass(frozen=True, slots=True)
class Number(Typed):
    """A number, or NULL."""

    value: ColumnElement[Any]

    def is_set(self) -> Yes:
        """Nought is a value, too."""
        return sure(self.value.is_not(None))

    def equals(self, wanted: Scalar, /) -> Yes:
        """Only numbers are equal to numbers."""
        if isinstance(wanted, bool) or not isinstance(wanted, int | float):
            return false()
        return sure(self.value == wanted)

    def ordered(self, op: Op, wanted: Scalar, /) -> Yes:
        """Compare numbers."""
        if isinstance(wanted, bool) or not isinstance(wanted, int | float):
            return false()
        return sure(_ORDER[op](self.value, wanted))


@dataclass(frozen=True, slots=True)
class Instant(Typed):
    """A moment (UTC), or NULL."""

    value: ColumnElement[Any]
    sql: "Dialect"

    def is_set(self) -> Yes:
        """Tell whether there is one."""
        return sure(self.value.is_not(None))

    def ordered(self, op: Op, wanted: Scalar, /) -> Yes:
        """Compare its day (UTC)."""
        if isinstance(wanted, bool | int | float):
            return false()
        return sure(_ORDER[op](self.sql.bytewise(self.sql.day_of(self.value)), _text_of(wanted)))

    def older(self, days: int, now: datetime, /) -> tuple[Yes, Yes]:
        """Compare the moment itself."""
        limit = now - timedelta(days=days)
        return self.is_set(), sure(self.value <= limit)


@dataclass(frozen=True, slots=True)
class Text(Typed):
    """A text, or NULL: a text column is never read as a day."""

    value: ColumnElement[Any]
    sql: "Dialect"

    def is_set(self) -> Yes:
        """Leave empty texts out."""
        return sure(and_(self.value.is_not(None), self.value != ""))

    def equals(self, wanted: Scalar, /) -> Yes:
        """Compare the text; with a number where it is written as one."""
        if isinstance(wanted, bool | date):
            return false()
        if isinstance(wanted, int | float):
            return self._as_number(lambda number: number == wanted)
        return sure(and_(self.value == wanted, self.value != ""))

    def ordered(self, op: Op, wanted: Scalar, /) -> Yes:
        """Compare by code point; with a number where it is written as one."""
        if isinstance(wanted, bool):
            return false()
        if isinstance(wanted, int | float):
            return self._as_number(lambda number: _ORDER[op](number, wanted))
        return sure(
            and_(self.value != "", _ORDER[op](self.sql.bytewise(self.value), _text_of(wanted)))
        )

    def _as_number(self, compare: Callable[[ColumnElement[Any]], Any]) -> Yes:
        return sure(
            case((self.sql.is_numeric(self.value), compare(cast(self.value, Float))), else_=false())
        )


@dataclass(frozen=True, slots=True)
class Words(Typed):
    """A list of words in a JSON column."""

    value: ColumnElement[Any]
    sql: "Dialect"

    def is_set(self) -> Yes:
        """Leave empty lists out."""
        return sure(self.sql.length(self.value) > 0)

    def equals(self, wanted: Scalar, /) -> Yes:
        """Tell whether a word is among them."""
        if not isinstance(wanted, str):
            return false()
        return sure(self.sql.contains(self.value, wanted))


@dataclass(frozen=True, slots=True)
class Fact(Typed):
    """A fact in JSON: what it holds is seen lead by lead."""

    type: ColumnElement[Any]
    """text, number, yes, no or list; NULL = none of these."""
    text: ColumnElement[Any]
    number: ColumnElement[Any]
    whole: ColumnElement[Any]
    """The JSON itself, for lists."""
    sql: "Dialect"

    @property
    def _is_text(self) -> Yes:
        return and_(self.type == "text", self.text != "")

    @property
    def _is_day(self) -> Yes:
        return sure(and_(self._is_text, self.sql.iso_day(self.text).is_not(None)))

    @property
    def _day(self) -> ColumnElement[Any]:
        return self.sql.iso_day(self.text)

    def is_set(self) -> Yes:
        """Nought and no are values; an empty text and an empty list are none."""
        filled = case(
            (self.type == "list", self.sql.length(self.whole) > 0),
            (self.type == "text", self.text != ""),
            else_=self.type.is_not(None),
        )
        return sure(filled)

    def equals(self, wanted: Scalar, /) -> Yes:
        """Compare with a value of its own type; lists by what they hold."""
        if isinstance(wanted, bool):
            return sure(self.type == ("yes" if wanted else "no"))
        if isinstance(wanted, datetime):
            return false()
        if isinstance(wanted, date):
            return sure(and_(self._is_day, self._day == wanted.isoformat()))
        if isinstance(wanted, str):
            inside = case(
                (self.type == "list", self.sql.contains(self.whole, wanted)), else_=false()
            )
            return sure(or_(and_(self._is_text, not_(self._is_day), self.text == wanted), inside))
        return self._numbers(lambda number: number == wanted)

    def ordered(self, op: Op, wanted: Scalar, /) -> Yes:
        """Compare numbers with numbers, texts and days by code point."""
        if isinstance(wanted, bool):
            return false()
        if isinstance(wanted, int | float):
            return self._numbers(lambda number: _ORDER[op](number, wanted))
        known = case((self._is_day, self._day), else_=self.text)
        return sure(and_(self._is_text, _ORDER[op](self.sql.bytewise(known), _text_of(wanted))))

    def _numbers(self, compare: Callable[[ColumnElement[Any]], Any]) -> Yes:
        found = case(
            (self.type == "number", compare(self.number)),
            (
                and_(self.type == "text", self.sql.is_numeric(self.text)),
                compare(cast(self.text, Float)),
            ),
            else_=false(),
        )
        return sure(found)

    def older(self, days: int, now: datetime, /) -> tuple[Yes, Yes]:
        """Compare days; midnight UTC begins one."""
        limit = (now - timedelta(days=days)).date().isoformat()
        return self._is_day, sure(and_(self._is_day, self.sql.bytewise(self._day) <= limit))


class Dialect(Protocol):
    """What the two databases say in different words."""

    def is_numeric(self, value: Sql) -> Yes:
        """Tell whether a text is written as a number."""

    def iso_day(self, value: Sql) -> Sql:
        """Give the day that a text is (2026-12-31, 31.12.2026) in ISO 8601; NULL = it is none."""

    def day_of(self, moment: Sql) -> Sql:
        """Give the day (UTC) of a moment in ISO 8601."""

    def length(self, value: Sql) -> Sql:
        """Count the entries of a JSON list."""

    def contains(self, value: Sql, wanted: str) -> Yes:
        """Tell whether a JSON list has a word."""

    def lower(self, value: Sql) -> Sql:
        """Write a text in small letters."""

    def bytewise(self, value: Sql) -> Sql:
        """Compare a text by its code points, whatever the database's language is."""

    def fact(self, name: str, above: Sql, below: Sql) -> Fact:
        """Look a fact up in one JSON column, and where it has no such key in another."""

    def power_of_two(self, exponent: Sql) -> Sql:
        """Give 2 to a power."""

    def days_since(self, moment: Sql, now: datetime) -> Sql:
        """Give the days from a moment to now, with their fractions."""


def _text_of(wanted: Scalar) -> str:
    if isinstance(wanted, datetime):
        return wanted.date().isoformat()
    return wanted.isoformat() if isinstance(wanted, date) else str(wanted)
