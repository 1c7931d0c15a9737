"""Which content: interest x buying stage x freshness, never twice, and explained."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from campaigns.chance import chance
from campaigns.vocabulary import BuyingStage

_STAGES = {stage: place for place, stage in enumerate(BuyingStage)}
_FRESH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ContentOption:
    """One item of the content library, as far as choosing needs it."""

    key: str
    title: str
    topics: tuple[str, ...]
    stage: BuyingStage
    type: str = "article"
    active_from: date | None = None
    active_through: date | None = None
    event_on: date | None = None
    """The day of a webinar or event: offered until the day before, again from `replay_from` on."""
    replay_from: date | None = None

    def active_on(self, day: date) -> bool:
        """Tell whether the item may be offered on a day."""
        if self.active_from is not None and day < self.active_from:
            return False
        if self.active_through is not None and day > self.active_through:
            return False
        if self.event_on is None or day < self.event_on:
            return True
        return self.replay_from is not None and day >= self.replay_from


@dataclass(frozen=True, slots=True)
class ContentReader:
    """Who reads: what interests them (strongest first), where they are, what they have had."""

    address: str
    interests: tuple[str, ...]
    stage: BuyingStage
    seen: frozenset[str]
    last_topics: tuple[str, ...] = ()
    only: frozenset[str] = frozenset()
    """Topics that the reader asked for; none named = anything."""


@dataclass(frozen=True, slots=True)
class ContentRequest:
    """What a step asks for; `stage` None lets the reader's own stage weigh instead of decide."""

    stage: BuyingStage | None = None
    other_topic: bool = False


@dataclass(frozen=True, slots=True)
class ContentChoice:
    """The item and the sentence that says why this one."""

    asset: ContentOption
    why: str


def choose(
    assets: Sequence[ContentOption],
    reader: ContentReader,
    wish: ContentRequest,
    *,
    at: datetime,
    seed: int,
) -> ContentChoice | None:
    """Pick the best unseen item that is active; None means that nothing unseen is left.

    Equals are drawn by a hash of the reader and the item, so that the same question has the same
    answer wherever it is asked.
    """
    day = at.date()
    open_ = [asset for asset in assets if _offered(asset, reader, wish, day)]
    if not open_:
        return None
    ranks = [_rank(asset, reader, wish, day) for asset in open_]
    best = min(ranks)
    equals = [asset for asset, rank in zip(open_, ranks, strict=True) if rank == best]
    pick = equals[0]
    if len(equals) > 1:
        pick = min(
            equals,
            key=lambda asset: chance(seed, reader.address, track="choice", step=asset.key),
        )
    return ContentChoice(pick, _why(pick, reader, wish))


def _offered(asset: ContentOption, reader: ContentReader, wish: ContentRequest, day: date) -> bool:
    if asset.key in reader.seen or (wish.stage is not None and asset.stage is not wish.stage):
        return False
    if reader.only and reader.only.isdisjoint(asset.topics):
        return False
    return asset.active_on(day)


def _rank(
    asset: ContentOption, reader: ContentReader, wish: ContentRequest, day: date
) -> tuple[bool, int, int, bool]:
    stale = wish.other_topic and not set(asset.topics).isdisjoint(reader.last_topics)
    wanted = wish.stage or reader.stage
    distance = abs(_STAGES[asset.stage] - _STAGES[wanted])
    fresh = asset.active_from is not None and day - asset.active_from <= _FRESH
    return (stale, _interest(asset, reader), distance, not fresh)


def _interest(asset: ContentOption, reader: ContentReader) -> int:
    places = [place for place, topic in enumerate(reader.interests) if topic in asset.topics]
    return min(places, default=len(reader.interests))


def _why(asset: ContentOption, reader: ContentReader, wish: ContentRequest) -> str:
    interest = _interest(asset, reader)
    about = " and ".join(asset.topics)
    if interest == 0 and reader.interests:
        first = f"about {reader.interests[0]}, the strongest interest"
    elif interest < len(reader.interests):
        first = f"about {reader.interests[interest]}, interest number {interest + 1}"
    else:
        first = f"about {about}; nothing unseen is left on a known interest"
        if not reader.interests:
            first = f"about {about}; no interest is known yet"
    asked = "as the step asks" if wish.stage else "the nearest to where the lead stands"
    return f"{asset.title}: {first}; for the stage {asset.stage}, {asked}; not had before"
