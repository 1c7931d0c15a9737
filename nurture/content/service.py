"""Fill the library from the campaign files, and note who has had what."""

from collections.abc import Sequence

from sqlalchemy import select

from nurture.content.model import Applied, NewAsset, SeenRow
from nurture.content.queries import READ
from nurture.content.tables import Asset, SeenAsset
from nurture.kernel.database import upsert
from nurture.kernel.work import Work


def apply(work: Work, items: Sequence[NewAsset]) -> Applied:
    """Bring the library into the state of the files; doing it twice changes nothing.

    Items that the files no longer name stay: leads have had them.
    """
    held = {row.key: row for row in work.session.scalars(select(Asset))}
    created: list[str] = []
    changed: list[str] = []
    unchanged: list[str] = []
    for item in items:
        values = _values(item)
        row = held.get(item.key)
        if row is None:
            work.session.add(Asset(**values))
            created.append(item.key)
            continue
        new = {name: value for name, value in values.items() if getattr(row, name) != value}
        for name, value in new.items():
            setattr(row, name, value)
        (changed if new else unchanged).append(item.key)
    work.session.flush()
    work.session.info.pop(READ, None)
    return Applied(tuple(created), tuple(changed), tuple(unchanged))


def mark_seen(work: Work, rows: Sequence[SeenRow]) -> int:
    """Note that leads have had items; the first time stays. Counts the new ones."""
    values = [
        {"lead_id": row.lead_id, "asset_id": row.asset_id, "at": work.now, "how": row.how}
        for row in rows
    ]
    if not values:
        return 0
    statement = upsert(work.session, SeenAsset).on_conflict_do_nothing().returning(SeenAsset.id)
    return len(work.session.connection().execute(statement, values).all())


def _values(item: NewAsset) -> dict[str, object]:
    values: dict[str, object] = {
        "key": item.key,
        "kind": item.kind,
        "topics": list(item.topics),
        "stage": item.stage.value,
        "title": item.title,
        "teaser": item.teaser,
        "access": item.access,
        "path": item.path,
        "minutes": item.minutes,
        "active_from": item.active_from,
        "active_through": item.active_through,
        "event_on": item.event_on,
        "replay_from": item.replay_from,
    }
    return values if item.body is None else {**values, "body": item.body}
