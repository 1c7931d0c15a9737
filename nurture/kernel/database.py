"""The two databases behind one face: engine, naming, locks and bulk helpers."""

import fcntl
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any, TypeAlias, TypeVar, TypeVarTuple

from psycopg import Connection as PsycopgConnection
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Float,
    MetaData,
    Row,
    Select,
    String,
    any_,
    bindparam,
    cast,
    column,
    create_engine,
    event,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session

from nurture.kernel.arrays import array_of
from nurture.kernel.private import private_file

T = TypeVar("T")
Columns = TypeVarTuple("Columns")

Table: TypeAlias = Mapping[str, Sequence[object]]
"""Rows in columns: each column's name with its values, all as long."""

CHUNK = 500
"""Rows that one writing transaction may touch on SQLite, so that nobody waits over 100 ms."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The one registry of tables; every constraint has a name that both databases keep."""

    metadata = MetaData(naming_convention=NAMING)


def make_engine(url: str) -> Engine:
    """Open either database; `postgres://` and `postgresql://` mean psycopg 3."""
    scheme, separator, rest = url.partition("://")
    if scheme in ("postgres", "postgresql"):
        scheme = "postgresql+psycopg"
    engine = create_engine(
        scheme + separator + rest, hide_parameters=True, pool_pre_ping=True, json_deserializer=_json
    )
    if engine.dialect.name == "sqlite":
        if file := sqlite_file(engine):
            event.listen(engine, "do_connect", lambda *_: _begin_private(file))
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
    return engine


def sqlite_file(engine: Engine) -> Path | None:
    """Name the file of an embedded database; None for PostgreSQL and for one in memory."""
    file = engine.url.database
    if engine.dialect.name != "sqlite" or not file or file == ":memory:":
        return None
    return Path(file)


_read_json = json.JSONDecoder().raw_decode


def _json(raw: str | bytes) -> object:
    """Read what a database wrote, which is JSON from its first character on and no more.

    Looking for an encoding and for blanks takes longer than reading a small object.
    """
    if raw == b"{}":
        return {}  # nearly every message's context
    return _read_json(raw.decode() if isinstance(raw, bytes) else raw)[0]


def _begin_private(file: Path) -> None:
    """Make the file of a new database before SQLite would, with whatever the umask allows."""
    with suppress(OSError):  # SQLite says it better
        private_file(file)


def _prepare_postgresql(connection: PsycopgConnection[Any], _record: object) -> None:
    """Have instants answered in UTC, whatever zone the server lives in.

    And have rows that a statement names by their keys looked up by these: at the server's own
    price of a look-up, which is that of a turning disk, it reads the whole table to find 1,000
    of 30,000 rows.
    """
    connection.execute("SET TIME ZONE 'UTC'")
    connection.execute("SET random_page_cost = 1.1")
    connection.commit()


def _prepare_sqlite(connection: SqliteConnection, _record: object) -> None:
    """Leave BEGIN to us; WAL lets pages read while a writer writes."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("PRAGMA busy_timeout=10000")
    connection.execute("PRAGMA cache_size=-16000")


def _begin_sqlite(connection: Connection) -> None:
    """Begin as the caller's execution option says; a writer takes its lock at once."""
    options = connection.get_execution_options()
    reading = options.get("nurture_reading", False)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
    level = "FULL" if options.get("nurture_durable", False) else "NORMAL"
    connection.exec_driver_sql(f"PRAGMA synchronous={level}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


class WriterLock:
    """Queue the writers of one host before SQLite sees them.

    The busy timeout alone is unfair (measured: one writer 80 commits, two others 1 each).
    On PostgreSQL there is nothing to queue for.
    """

    def __init__(self, path: Path | None) -> None:
        """Take the lock file, or None where the database arbitrates by itself."""
        self._path = path

    @classmethod
    def of(cls, engine: Engine) -> "WriterLock":
        """Put the lock beside the SQLite file."""
        file = sqlite_file(engine)
        return cls(file.with_name(f"{file.name}.lock") if file else None)

    @property
    def waits(self) -> bool:
        """Tell whether there is a queue at all."""
        return self._path is not None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock for one transaction; the kernel frees it when the process dies."""
        if self._path is None:
            yield
            return
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def rows(session: Session, query: Select[*Columns]) -> Sequence[Row[*Columns]]:
    """Read many rows of columns past the ORM, which would look at each of them in turn."""
    session.flush()
    return session.connection().execute(query).all()


def upsert(session: Session, table: type[Base]) -> "postgresql.Insert | sqlite.Insert":
    """Start an INSERT that knows ON CONFLICT on either database."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def insert_ignoring(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, object]]
) -> int:
    """Insert what is new and pass over what a unique constraint already holds; count the new.

    Every row names the same columns.
    """
    return insert_columns(session, table, _turned(rows), ignoring=True)


def bulk_insert(session: Session, table: type[Base], rows: Sequence[Mapping[str, object]]) -> int:
    """Insert many rows that name the same columns; one statement on PostgreSQL."""
    return insert_columns(session, table, _turned(rows))


def insert_columns(
    session: Session, table: type[Base], given: Table, *, ignoring: bool = False
) -> int:
    """Insert rows that lie in columns; `ignoring` passes over what is there already."""
    if not given:
        return 0
    statement = upsert(session, table)
    if not is_postgresql(session):
        plain = statement.on_conflict_do_nothing() if ignoring else statement
        counted = plain.execution_options(preserve_rowcount=True)
        return session.connection().execute(counted, _rows_of(given)).rowcount
    values = _sent_as(table, given)
    whole = statement.from_select(list(values), select(*values.values()))
    whole = whole.on_conflict_do_nothing() if ignoring else whole
    # Counts of updates are kept by themselves; those of inserts only on request.
    counted = whole.execution_options(preserve_rowcount=True)
    return session.connection().execute(counted).rowcount


def _turned(rows: Sequence[Mapping[str, object]]) -> Table:
    names = rows[0] if rows else ()
    return {name: [row[name] for row in rows] for name in names}


def _rows_of(given: Table, prefix: str = "") -> list[dict[str, object]]:
    names = [f"{prefix}{name}" for name in given]
    return [dict(zip(names, row, strict=True)) for row in zip(*given.values(), strict=True)]


def _sent_as(table: type[Base], given: Table) -> dict[str, ColumnElement[object]]:
    """Send rows as one array a column: one compiled statement serves any number of rows.

    What is the same in all rows travels once; the first column is always an array.
    """
    columns = table.__table__.c
    first, *others = given
    alike = {name for name in others if _alike(given[name])}
    varied = [name for name in given if name not in alike]
    arrays = [bindparam(f"v_{name}", given[name], array_of(columns[name].type)) for name in varied]
    typed = [column(name, columns[name].type) for name in varied]
    many = func.unnest(*arrays).table_valued(*typed, name="given").render_derived()
    once = {name: bindparam(f"v_{name}", given[name][0], columns[name].type) for name in alike}
    return {name: once[name] if name in once else many.c[name] for name in (first, *others)}


def _alike(values: Sequence[object]) -> bool:
    """Tell what is surely written alike; 1 and True within JSON are equal and are not."""
    first = values[0]
    if first and isinstance(first, dict | list):
        return all(one is first for one in values)
    if values.count(first) != len(values):
        return False
    return not isinstance(first, int | float) or len(set(map(type, values))) == 1


def among(
    session: Session, column_: InstrumentedAttribute[T], values: Collection[T]
) -> ColumnElement[bool]:
    """Say that a column is one of many numbers or words, which travel as one parameter."""
    if not is_postgresql(session):
        given = bindparam(None, json.dumps(list(values)), String, unique=True)
        return column_.in_(select(func.json_each(given).table_valued("value").c.value))
    return column_ == any_(bindparam(None, list(values), array_of(column_.type), unique=True))


def one_of(
    session: Session, column_: InstrumentedAttribute[T], query: Select[T]
) -> ColumnElement[bool]:
    """Say that a column is one of what a query finds first, each of which is then looked up.

    For IN, PostgreSQL may read the whole table to the column instead, however few are found.
    """
    if not is_postgresql(session):
        return column_.in_(query)
    return column_ == any_(func.array(query.scalar_subquery()))


def days_between(
    session: Session, earlier: ColumnElement[datetime], later: ColumnElement[datetime]
) -> ColumnElement[float]:
    """Tell the days from one instant to another, with their fractions."""
    if is_postgresql(session):
        return cast(func.extract("epoch", later - earlier) / 86_400, Float)
    return cast(func.julianday(later) - func.julianday(earlier), Float)


def passing(error: BaseException) -> bool:
    """Tell a failure that is nobody's data: the database is away, or two waited in a circle."""
    return isinstance(error, OperationalError | InterfaceError)


def beyond_keeping(error: BaseException) -> bool:
    """Tell a value that the database cannot hold: too large, too long, or of no known character."""
    return isinstance(error, DataError | OverflowError)


def chunks(rows: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    """Cut a sequence into pieces of at most `size`."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def is_postgresql(session: Session) -> bool:
    """Tell where SKIP LOCKED and COPY exist."""
    return session.get_bind().dialect.name == "postgresql"


def bulk_update(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, object]], *, key: str = "id"
) -> int:
    """Set many rows, each by its key, to values of its own, in one statement on PostgreSQL.

    Every row names the same columns. Returns the rows that were there.
    """
    turned = _turned(rows)
    return update_columns(session, table, {key: turned[key], **turned}, key=key) if rows else 0


def update_columns(session: Session, table: type[Base], given: Table, *, key: str = "id") -> int:
    """Set rows whose values lie in columns, the key's first; tell how many were there."""
    columns = table.__table__.c
    names = [name for name in given if name != key]
    if is_postgresql(session):
        values = _sent_as(table, given)
        which, new = columns[key] == values[key], {columns[n]: values[n] for n in names}
    else:
        # SQLite has no network between: one prepared statement, executed for each row.
        which = columns[key] == bindparam(f"v_{key}")
        new = {columns[name]: bindparam(f"v_{name}") for name in names}
    statement = update(table).where(which).values(new).execution_options(synchronize_session=False)
    many = None if is_postgresql(session) else _rows_of(given, "v_")
    return session.connection().execute(statement, many).rowcount
