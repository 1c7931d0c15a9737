"""What we have to say, and who has had it."""

from collections.abc import Iterable

from sqlalchemy import select

from campaigns.vocabulary import BuyingStage
from nurture.content.errors import NoSuchAsset
from nurture.content.model import AssetCard
from nurture.content.tables import Asset, SeenAsset
from nurture.kernel.database import CHUNK, among, chunks, rows
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work

READ = "items of the library"
"""Under which a transaction's session remembers the items that it has read."""


def assets(work: Work) -> list[AssetCard]:
    """List all items by key, read once per transaction unless they are published in it."""
    info = work.session.info
    if READ not in info:
        info[READ] = tuple(map(_card, work.session.scalars(select(Asset).order_by(Asset.key))))
    return list(info[READ])


def get(work: Work, key: str) -> AssetCard:
    """Find one item, or refuse."""
    row = work.session.scalar(select(Asset).where(Asset.key == key))
    if row is None:
        raise NoSuchAsset(f"There is no item “{key}” in the library.")
    return _card(row)


def by_ids(work: Work, asset_ids: Iterable[int]) -> dict[int, AssetCard]:
    """Find several items."""
    statement = select(Asset).where(Asset.id.in_(set(asset_ids)))
    return {row.id: _card(row) for row in work.session.scalars(statement)}


def seen(work: Work, lead_ids: Iterable[LeadId]) -> dict[LeadId, frozenset[str]]:
    """Tell what each lead has had, by key; leads without anything are there, empty."""
    wanted = sorted(set(lead_ids))
    found: dict[LeadId, set[str]] = {lead_id: set() for lead_id in wanted}
    for chunk in chunks(wanted, CHUNK):
        statement = (
            select(SeenAsset.lead_id, Asset.key)
            .join(Asset, Asset.id == SeenAsset.asset_id)
            .where(among(work.session, SeenAsset.lead_id, chunk))
        )
        for lead_id, key in rows(work.session, statement):
            found[LeadId(lead_id)].add(key)
    return {lead_id: frozenset(keys) for lead_id, keys in found.items()}


def last_topics(
    work: Work, lead_ids: Iterable[LeadId], *, limit: int = 2
) -> dict[LeadId, tuple[str, ...]]:
    """Tell the first topic of the items that each lead had last, the latest first."""
    wanted = sorted(set(lead_ids))
    found: dict[LeadId, list[str]] = {lead_id: [] for lead_id in wanted}
    for chunk in chunks(wanted, CHUNK):
        statement = (
            select(SeenAsset.lead_id, Asset.topics)
            .join(Asset, Asset.id == SeenAsset.asset_id)
            .where(among(work.session, SeenAsset.lead_id, chunk))
            .order_by(SeenAsset.at.desc(), SeenAsset.id.desc())
        )
        for lead_id, topics in rows(work.session, statement):
            had = found[LeadId(lead_id)]
            if isinstance(topics, list) and topics and len(had) < limit:
                had.append(str(topics[0]))
    return {lead_id: tuple(topics) for lead_id, topics in found.items()}


def _card(row: Asset) -> AssetCard:
    topics = row.topics if isinstance(row.topics, list) else []
    return AssetCard(
        id=row.id,
        key=row.key,
        kind=row.kind,
        topics=tuple(str(topic) for topic in topics),
        stage=BuyingStage(row.stage),
        title=row.title,
        teaser=row.teaser,
        access=row.access,
        path=row.path,
        body=row.body,
        minutes=row.minutes,
        active_from=row.active_from,
        active_through=row.active_through,
        event_on=row.event_on,
        replay_from=row.replay_from,
    )
