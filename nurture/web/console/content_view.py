"""The content report as it is drawn: items by share of readers, and where something is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from flask import request

from campaigns.vocabulary import BuyingStage
from nurture import content
from nurture.content import AssetCard
from nurture.kernel.work import Work
from nurture.reports.content import ContentRow, Metric, content_report
from nurture.usecases.policy import topic_words
from nurture.web.console import wording

FEW = 30
"""Below so many sent an item is not judged."""
SURE = 1.96
"""Standard deviations on either side that hold the truth 95 times of 100."""
SHADES = (0.15, 0.22, 0.30, 0.37)
"""The shares from which a field of the matrix is one shade darker."""
TOPIC_WORDS_NONE = "no topic"
STAGES = {
    BuyingStage.LEARN: "has a problem",
    BuyingStage.COMPARE: "weighs solutions",
    BuyingStage.DECIDE: "picks a supplier",
}


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item with its numbers; the point and its line are per cent of the axis."""

    key: str
    title: str
    kind: str
    topic: str
    colour: int
    """1 to 4 for the first topics, 6 for the rest."""
    stage: str
    counts: Mapping[Metric, int]
    share: float
    at: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the matrix of topics and buying stages."""

    items: int
    sent: int
    read: int
    shade: int
    href: str


@dataclass(frozen=True, slots=True)
class TopicLine:
    """One topic across the buying stages."""

    key: str
    words: str
    colour: int
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class ContentView:
    """Everything on the page; `topic` and `stage` are the filter in force."""

    items: tuple[ItemLine, ...]
    totals: Mapping[Metric, int]
    overall: float
    axis: tuple[int, ...]
    overall_at: float
    matrix: tuple[TopicLine, ...]
    stages: tuple[str, ...]
    gaps: tuple[str, ...]
    topics: tuple[tuple[str, str, int], ...]
    filtered: str
    out_of: int


def report_of(work: Work) -> ContentView:
    """Put the report together; items that most readers followed come first."""
    cards = {one.key: one for one in content.assets(work)}
    rows = content_report(work)
    topics = _topics(cards.values(), topic_words(work))
    colours = {key: min(place, 4) if place <= 4 else 6 for place, key in enumerate(topics, 1)}  # noqa: PLR2004 - the chart has four colours for topics
    asked = (request.args.get("topic", ""), request.args.get("stage", ""))
    shown = [row for row in rows if _wanted(cards[row.key], asked)]
    highest = max((_share(row) for row in shown if row.counts[Metric.SENT]), default=0.0)
    top = max(10, -(-int(highest * 100 + 20) // 10) * 10)
    top = min(top, 100)
    items = sorted(
        (_item(row, cards[row.key], topics, colours, top) for row in shown),
        key=lambda one: (-one.share, -one.counts[Metric.SENT], one.title),
    )
    totals = {one: sum(row.counts[one] for row in shown) for one in Metric}
    overall = totals[Metric.READ] / totals[Metric.SENT] if totals[Metric.SENT] else 0.0
    matrix = tuple(_topic_line(key, topics[key], colours[key], rows, cards) for key in topics)
    return ContentView(
        items=tuple(items), totals=totals, overall=overall,
        axis=tuple(range(0, top + 1, 10 if top <= 60 else 20)),  # noqa: PLR2004 - at most seven ticks
        overall_at=round(100 * overall * 100 / top, 1), matrix=matrix,
        stages=tuple(STAGES.values()), gaps=_gaps(matrix),
        topics=tuple((key, words, colours[key]) for key, words in topics.items()),
        filtered=_filtered(asked, topics), out_of=len(rows),
    )  # fmt: skip


def _topics(cards: Sequence[AssetCard] | object, words: Mapping[str, str]) -> dict[str, str]:
    """Name the topics in the library's order, then those that it does not name."""
    found = dict(words)
    for card in cards if not isinstance(cards, Mapping) else ():  # type: ignore[attr-defined]
        for topic in card.topics:
            found.setdefault(topic, topic)
    return found
