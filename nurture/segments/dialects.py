"""What SQLite and PostgreSQL say in different words, for the comparisons of `values`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Integer,
    String,
    and_,
    case,
    cast,
    collate,
    exists,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
)

from campaigns.dates import day_of
from nurture.segments.values import Fact, Yes

Sql = ColumnElement[Any]
_NUMERIC = re.compile(r"[+-]?\d{1,15}(?:\.\d+)?", re.ASCII)
_DATED = re.compile(r"\d{4}-\d\d-\d\d\Z|\d\d?\.\d\d?\.\d{4}\Z")
DAY = 86_400
_FEBRUARY = 2
_NOTHING_LEFT = -1000
"""2 to this power lies below what a number of 64 bits keeps (IEEE 754)."""


@dataclass(frozen=True, slots=True)
class Sqlite:
    """SQLite, with functions of ours on the connection (`prepare`)."""

    def is_numeric(self, value: Sql) -> Yes:
        """Ask our function."""
        return func.nurture_is_numeric(value) == 1

    def iso_day(self, value: Sql) -> Sql:
        """Ask our function."""
        return func.nurture_iso_day(value, type_=String)

    def day_of(self, moment: Sql) -> Sql:
        """Cut the time off: moments are kept as text, in UTC."""
        return func.substr(moment, 1, 10, type_=String)

    def length(self, value: Sql) -> Sql:
        """Count."""
        return func.json_array_length(value)

    def contains(self, value: Sql, wanted: str) -> Yes:
        """Look through the list."""
        each = func.json_each(value).table_valued("value")
        return exists(select(1).select_from(each).where(cast(each.c.value, String) == wanted))

    def lower(self, value: Sql) -> Sql:
        """Ask our function: SQLite itself knows ASCII only."""
        return func.nurture_lower(value, type_=String)

    def bytewise(self, value: Sql) -> Sql:
        """Do nothing: it compares so by itself."""
        return value

    def fact(self, name: str, above: Sql, below: Sql) -> Fact:
        """Read JSON by path; a key that is there with null hides the one below."""
        path = f'$."{name}"'
        own, other = func.json_type(above, path), func.json_type(below, path)
        type_ = func.coalesce(own, other)
        value = case(
            (own.is_not(None), func.json_extract(above, path)),
            else_=func.json_extract(below, path),
        )
        return Fact(
            type=case(
                (type_ == "text", literal("text")),
                (type_.in_(("integer", "real")), literal("number")),
                (type_ == "true", literal("yes")),
                (type_ == "false", literal("no")),
                (type_ == "array", literal("list")),
                else_=null(),
            ),
            text=cast(value, String),
            number=cast(value, Float),
            whole=value,
            sql=self,
        )

    def power_of_two(self, exponent: Sql) -> Sql:
        """Ask our function."""
        return func.nurture_power_of_two(exponent, type_=Float)

    def days_since(self, moment: Sql, now: datetime) -> Sql:
        """Ask our function: the calendar of SQLite knows milliseconds only."""
        return func.nurture_days_between(moment, now.isoformat(), type_=Float)


def prepare(connection: Connection) -> None:
    """Give SQLite the functions that it does not have; doing it twice changes nothing."""
    raw = connection.connection.driver_connection
    if raw is None or connection.dialect.name != "sqlite":
        return
    for name, number, function in (
        ("nurture_is_numeric", 1, _is_numeric),
        ("nurture_iso_day", 1, _iso_day),
        ("nurture_power_of_two", 1, _power_of_two),
        ("nurture_days_between", 2, _days_between),
        ("nurture_lower", 1, _lower),
    ):
        raw.create_function(name, number, function, deterministic=True)


def _is_numeric(value: object) -> int:
    return int(isinstance(value, str) and _NUMERIC.fullmatch(value) is not None)


def _iso_day(value: object) -> str | None:
    if not isinstance(value, str) or not _DATED.match(value):
        return None
    day = day_of(value)
    return None if day is None else day.isoformat()


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _power_of_two(exponent: object) -> float | None:
    return None if not isinstance(exponent, int | float) else 2.0**exponent


def _days_between(earlier: object, later: object) -> float | None:
    if not isinstance(earlier, str) or not isinstance(later, str):
        return None
    return float((_instant(later) - _instant(earlier)).total_seconds() / DAY)


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Postgresql:
    """PostgreSQL, by its own means."""

    def is_numeric(self, value: Sql) -> Yes:
        """Match."""
        return value.regexp_match(r"^[+-]?[0-9]{1,15}(\.[0-9]+)?$")

    def iso_day(self, value: Sql) -> Sql:
        """Match, and look whether the month has such a day."""
        iso, dotted = r"^\d{4}-\d\d-\d\d$", r"^\d\d?\.\d\d?\.\d{4}$"
        year = case(
            (value.regexp_match(iso), func.substr(value, 1, 4)),
            else_=func.split_part(value, ".", 3),
        )
        month = case(
            (value.regexp_match(iso), func.substr(value, 6, 2)),
            else_=func.split_part(value, ".", 2),
        )
        day = case(
            (value.regexp_match(iso), func.substr(value, 9, 2)),
            else_=func.split_part(value, ".", 1),
        )
        return case(
            (
                or_(value.regexp_match(iso), value.regexp_match(dotted)),
                case(
                    (
                        self._is_day(cast(year, Integer), cast(month, Integer), cast(day, Integer)),
                        func.concat(
                            year, "-", func.lpad(month, 2, "0"), "-", func.lpad(day, 2, "0")
                        ),
                    ),
                    else_=null(),
                ),
            ),
            else_=null(),
        )

    def _is_day(self, year: Sql, month: Sql, day: Sql) -> Yes:
        leap = or_(and_(year % 4 == 0, year % 100 != 0), year % 400 == 0)
        last = case(
            (month.in_((4, 6, 9, 11)), 30),
            (and_(month == _FEBRUARY, leap), 29),
            (month == _FEBRUARY, 28),
            else_=31,
        )
        return and_(year >= 1, month.between(1, 12), day >= 1, day <= last)

    def day_of(self, moment: Sql) -> Sql:
        """Write the day in UTC."""
        return func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD", type_=String)

    def length(self, value: Sql) -> Sql:
        """Count; what is no list has none."""
        return case((func.jsonb_typeof(value) == "array", func.jsonb_array_length(value)), else_=0)

    def contains(self, value: Sql, wanted: str) -> Yes:
        """Look through the list."""
        safe = case((func.jsonb_typeof(value) == "array", value), else_=func.jsonb_build_array())
        each = func.jsonb_array_elements_text(safe).table_valued("value")
        return exists(select(1).select_from(each).where(each.c.value == wanted))

    def lower(self, value: Sql) -> Sql:
        """Ask the database."""
        return func.lower(value)

    def bytewise(self, value: Sql) -> Sql:
        """Say so: the database may sort by a language."""
        return collate(value, "C")

    def fact(self, name: str, above: Sql, below: Sql) -> Fact:
        """Read JSON by key; a key that is there with null hides the one below."""
        whole = func.coalesce(above.op("->")(name), below.op("->")(name))
        text: Sql = whole.op("#>>", return_type=String())(literal_column("'{}'"))
        type_ = func.jsonb_typeof(whole, type_=String)
        return Fact(
            type=case(
                (type_ == "string", literal("text")),
                (type_ == "number", literal("number")),
                (and_(type_ == "boolean", text == "true"), literal("yes")),
                (type_ == "boolean", literal("no")),
                (type_ == "array", literal("list")),
                else_=null(),
            ),
            text=text,
            number=case((type_ == "number", cast(text, Float)), else_=null()),
            whole=whole,
            sql=self,
        )

    def power_of_two(self, exponent: Sql) -> Sql:
        """Raise 2; below any number that counts it is nought."""
        return case(
            (exponent < _NOTHING_LEFT, 0.0), else_=func.power(cast(literal(2), Float), exponent)
        )

    def days_since(self, moment: Sql, now: datetime) -> Sql:
        """Count seconds, exactly."""
        return cast(func.extract("epoch", literal(now) - moment), Float) / DAY
