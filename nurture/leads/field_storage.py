"""What is kept in fields: whether it fits a new kind, and indexes for those that are asked for."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select, text

from campaigns.dates import day_of
from campaigns.fields import FieldDefinition, FieldKind
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead

_PREFIX = "ix_fact_"
_AT_A_TIME = 5_000
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Misfits:
    """Values that a field's new kind cannot hold."""

    field: FieldDefinition
    number: int
    examples: tuple[tuple[LeadId, str], ...]
    """The first leads, each with the value that is kept."""

    @property
    def sentence(self) -> str:
        """Say how many and which, and what to do."""
        some = ", ".join(f"lead {lead_id}: “{value[:40]}”" for lead_id, value in self.examples)
        leads = "1 lead has" if self.number == 1 else f"{self.number:,} leads have"
        return (
            f"`{self.field.key}` cannot become {self.field.kind}: {leads} a value that does not "
            f"fit ({some}). Correct these first, or declare a field of another name."
        )


def misfits(work: Work, changed: Iterable[FieldDefinition]) -> list[Misfits]:
    """Hold what is kept against new kinds; only leads with a value are read, a few at a time."""
    found = [_misfits(work, one) for one in changed if not one.column and not one.derived]
    return [one for one in found if one.number]


def fits(one: FieldDefinition, value: Json) -> bool:
    """Tell whether a field of this kind may hold a value."""
    if one.kind is FieldKind.YES_NO:
        return isinstance(value, bool)
    if one.is_number:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if one.kind is FieldKind.CHOICES:
        return isinstance(value, list)
    if one.kind is FieldKind.CHOICE:
        return str(value) in {option.key for option in one.options}
    if one.kind is FieldKind.DATE:
        return isinstance(value, str) and day_of(value) is not None
    return not isinstance(value, bool | list | dict)


def _misfits(work: Work, one: FieldDefinition) -> Misfits:
    kept = Lead.facts[one.key]
    statement = select(Lead.id, Lead.facts).where(kept.is_not(None)).order_by(Lead.id)
    number, examples = 0, list[tuple[LeadId, str]]()
    rows = work.session.execute(statement.execution_options(yield_per=_AT_A_TIME))
    for lead_id, facts in rows:
        value = facts.get(one.key) if isinstance(facts, dict) else None
        if value in (None, "", []) or fits(one, value):
            continue
        number += 1
        if len(examples) < SHOWN:
            examples.append((LeadId(lead_id), str(value)))
    return Misfits(one, number, tuple(examples))


def keep_indexes(engine: Engine, wanted: Sequence[str]) -> tuple[list[str], list[str]]:
    """Create the expression indexes that are asked for, and drop those that are not any more.

    Safe while everything runs: PostgreSQL builds them beside the writers (CONCURRENTLY), SQLite
    within its one writer. Gives the fields that got one, and those that lost theirs.
    """
    there = {
        name.removeprefix(_PREFIX): valid
        for name, valid in _indexes(engine)
        if name.startswith(_PREFIX)
    }
    # One that was broken off while it was built is there, is of no use, and is built anew.
    gone = [key for key, valid in there.items() if key not in wanted or not valid]
    new = [key for key in wanted if not there.get(key, False)]
    aside = engine.dialect.name == "postgresql"
    beside = "CONCURRENTLY " if aside else ""
    with _statements(engine, aside=aside) as connection:
        for key in gone:
            connection.execute(text(f"DROP INDEX {beside}IF EXISTS {_PREFIX}{_checked(key)}"))
        for key in new:
            value = f"(facts ->> '{_checked(key)}')"
            made = f"CREATE INDEX {beside}{_PREFIX}{key} ON lead ({value})"
            connection.execute(text(f"{made} WHERE {value} IS NOT NULL"))
    return new, [key for key in gone if key not in new]


@contextmanager
def _statements(engine: Engine, *, aside: bool) -> Iterator[Connection]:
    """Open a connection: PostgreSQL builds an index aside only outside a transaction."""
    if aside:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection
    else:
        with engine.begin() as connection:
            yield connection


def _indexes(engine: Engine) -> list[tuple[str, bool]]:
    if engine.dialect.name == "postgresql":
        query = (
            "SELECT c.relname, i.indisvalid FROM pg_index i "
            "JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = 'lead'::regclass"
        )
        with engine.connect() as connection:
            return [(str(name), bool(valid)) for name, valid in connection.execute(text(query))]
    with engine.connect() as connection:
        query = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'lead'"
        return [(str(name), True) for (name,) in connection.execute(text(query))]


def _checked(key: str) -> str:
    """Refuse what is no name of a field: it stands in a statement."""
    if not key.isidentifier() or not key.isascii():
        raise ValueError(key)
    return key
