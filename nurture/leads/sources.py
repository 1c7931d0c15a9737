"""Where leads come from."""

from collections.abc import Mapping

from sqlalchemy import select, update

from nurture.kernel.database import upsert
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.leads.model import SourceRow
from nurture.leads.tables import SourceRecord


def ensure_source(
    work: Work,
    key: str,
    *,
    channel: str | None = None,
    name: str | None = None,
    cost_cents_per_month: int = 0,
) -> int:
    """Tell a source's id; it is made when nobody named it before.

    A key such as `fair/spring_fair` names its channel before the stroke.
    """
    head, _, tail = key.partition("/")
    row = {
        "key": key,
        "channel": channel or head,
        "name": name or _as_typed(tail or head),
        "cost_cents_per_month": cost_cents_per_month,
        "mapping": {},
    }
    statement = upsert(work.session, SourceRecord).values(row)
    work.session.execute(statement.on_conflict_do_nothing(index_elements=["key"]))
    found = work.session.scalar(select(SourceRecord.id).where(SourceRecord.key == key))
    assert found is not None
    return found


def _as_typed(key: str) -> str:
    """Write a key as words, and leave capitals where somebody typed them: Messe Freiburg 2026."""
    words = key.replace("_", " ")
    return words[:1].upper() + words[1:]


def source_key(work: Work, typed: str) -> str:
    """Tell which source is meant by its key or its name; words that nobody has are a new key."""
    word = typed.strip()
    known = sources(work)
    for names in ({one.key: one.key for one in known}, {one.name: one.key for one in known[::-1]}):
        same = {name.casefold(): key for name, key in names.items()}
        if word.casefold() in same:
            return same[word.casefold()]
    return word


def set_cost(work: Work, source_id: int, *, cents_per_month: int) -> None:
    """Say what a source costs a month (F6)."""
    new = {"cost_cents_per_month": cents_per_month}
    work.session.execute(update(SourceRecord).where(SourceRecord.id == source_id).values(new))


def sources(work: Work) -> list[SourceRow]:
    """List every source by channel and name."""
    statement = select(SourceRecord).order_by(
        SourceRecord.channel, SourceRecord.name, SourceRecord.id
    )
    return [
        SourceRow(row.id, row.key, row.channel, row.name, row.cost_cents_per_month)
        for row in work.session.scalars(statement)
    ]


def remembered_mapping(work: Work, key: str) -> dict[str, str]:
    """Tell which column meant what when this source last brought a file."""
    mapping = work.session.scalar(select(SourceRecord.mapping).where(SourceRecord.key == key))
    if not isinstance(mapping, dict):
        return {}
    return {header: str(field) for header, field in mapping.items()}


def remember_mapping(work: Work, source_id: int, mapping: Mapping[str, str]) -> None:
    """Keep the columns of a file for the next one from here."""
    new: Json = dict(mapping)
    work.session.execute(
        update(SourceRecord).where(SourceRecord.id == source_id).values(mapping=new)
    )
