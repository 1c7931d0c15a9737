"""What we have to say, as others see it."""

from dataclasses import dataclass
from datetime import date

from campaigns.content_choice import ContentOption as Choosable
from campaigns.vocabulary import BuyingStage
from nurture.kernel.types import LeadId


@dataclass(frozen=True, slots=True)
class NewAsset:
    """One item as the campaign files have it."""

    key: str
    kind: str
    topics: tuple[str, ...]
    stage: BuyingStage
    title: str
    teaser: str
    access: str
    """open or form."""
    path: str
    body: str | None = None
    """None keeps the text that the item has."""
    minutes: int = 0
    active_from: date | None = None
    active_through: date | None = None
    event_on: date | None = None
    replay_from: date | None = None


@dataclass(frozen=True, slots=True)
class AssetCard:
    """One item of the library."""

    id: int
    key: str
    kind: str
    topics: tuple[str, ...]
    stage: BuyingStage
    title: str
    teaser: str
    access: str
    path: str
    body: str
    minutes: int
    active_from: date | None
    active_through: date | None
    event_on: date | None
    replay_from: date | None

    def to_choice(self) -> Choosable:
        """Show choosing what it needs."""
        return Choosable(
            key=self.key,
            title=self.title,
            topics=self.topics,
            stage=self.stage,
            type=self.kind,
            active_from=self.active_from,
            active_through=self.active_through,
            event_on=self.event_on,
            replay_from=self.replay_from,
        )


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A lead has had an item: mailed, downloaded or read."""

    lead_id: LeadId
    asset_id: int
    how: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of the items of a file."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
