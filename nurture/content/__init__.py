"""What we have to say: items by topic and buying stage, and what each lead has had."""

from nurture.content.errors import NoSuchAsset
from nurture.content.model import Applied, AssetCard, NewAsset, SeenRow
from nurture.content.queries import assets, by_ids, get, last_topics, seen
from nurture.content.service import apply, mark_seen

__all__ = [
    "Applied",
    "AssetCard",
    "NewAsset",
    "NoSuchAsset",
    "SeenRow",
    "apply",
    "assets",
    "by_ids",
    "get",
    "last_topics",
    "mark_seen",
    "seen",
]
