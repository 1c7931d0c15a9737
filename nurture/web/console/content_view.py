"""The content report as it is drawn: items by share of readers, and where something is missing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from flask import request, url_for

from campaigns.vocabulary import BuyingStage
from nurture import content
from nurture.content import AssetCard
from nurture.kernel.work import Work
from nurture.reports.content_report import ContentRow, Metric, content_report
from nurture.usecases.shared.sending_policy import topic_words

FEW = 30
"""Below so many sent an item is not judged."""
SURE = 1.96
"""Standard deviations on either side that hold the truth 95 times of 100."""
SHADES = (0.15, 0.22, 0.30, 0.37)
"""The shares from which a field of the matrix is one shade darker."""
COLOURS = 4
"""Topics that have a colour of their own; the rest is grey."""
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

    @property
    def judged(self) -> bool:
        """Tell whether enough have had it to draw a share."""
        return self.counts[Metric.SENT] >= FEW


@dataclass(frozen=True, slots=True)
class MatrixCell:
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
    fields: tuple[MatrixCell, ...]


@dataclass(frozen=True, slots=True)
class ContentView:
    """Everything on the page; `topic` and `stage` are the filter in force."""

    items: tuple[ItemLine, ...]
    totals: Mapping[Metric, int]
    axis: tuple[int, ...]
    top: int
    overall_at: float
    matrix: tuple[TopicLine, ...]
    stages: tuple[str, ...]
    gaps: tuple[str, ...]
    topics: tuple[tuple[str, str, int], ...]
    filtered: str
    out_of: int


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics in the library's order: how they read, and their colours."""

    words: Mapping[str, str]
    colours: Mapping[str, int]


def report_of(work: Work) -> ContentView:
    """Put the report together; items that most readers followed come first."""
    cards = {one.key: one for one in content.assets(work)}
    rows = content_report(work)
    names = _topics(cards.values(), topic_words(work))
    topics = Topics(
        names, {key: place if place <= COLOURS else 6 for place, key in enumerate(names, 1)}
    )
    asked = (request.args.get("topic", ""), request.args.get("stage", ""))
    shown = [row for row in rows if _wanted(cards[row.key], asked)]
    top = _top(shown)
    items = sorted(
        (_item(row, cards[row.key], topics, top) for row in shown),
        key=lambda one: (not one.judged, -one.share, -one.counts[Metric.SENT], one.title),
    )
    totals = {one: sum(row.counts[one] for row in shown) for one in Metric}
    overall = totals[Metric.READ] / totals[Metric.SENT] if totals[Metric.SENT] else 0.0
    matrix = tuple(_topic_line(key, topics, rows, cards) for key in names)
    return ContentView(
        items=tuple(items),
        totals=totals,
        axis=tuple(range(0, top + 1, top // 4)),
        top=top,
        overall_at=round(100 * overall * 100 / top, 1),
        matrix=matrix,
        stages=tuple(STAGES.values()),
        gaps=_gaps(matrix),
        topics=tuple((key, words, topics.colours[key]) for key, words in names.items()),
        filtered=_filtered(asked, names),
        out_of=len(rows),
    )


def _top(rows: Sequence[ContentRow]) -> int:
    """End the axis above the widest range, at a number that four ticks divide."""
    judged = [row for row in rows if row.counts[Metric.SENT] >= FEW]
    highest = max((interval(_share(row), row.counts[Metric.SENT])[1] for row in judged), default=0)
    return min(100, max(20, 20 * ceil(5 * highest)))


def _topics(cards: Iterable[AssetCard], words: Mapping[str, str]) -> dict[str, str]:
    """Name the topics in the library's order, then those that it does not name."""
    found = dict(words)
    for card in cards:
        for topic in card.topics:
            found.setdefault(topic, topic)
    return found


def _wanted(card: AssetCard, asked: tuple[str, str]) -> bool:
    topic, stage = asked
    return (not topic or topic in card.topics) and (not stage or card.stage == stage)


def _share(row: ContentRow) -> float:
    sent = row.counts[Metric.SENT]
    return min(row.counts[Metric.READ] / sent, 1.0) if sent else 0.0


def _item(row: ContentRow, card: AssetCard, topics: Topics, top: int) -> ItemLine:
    share, sent = _share(row), row.counts[Metric.SENT]
    low, high = interval(share, sent)
    first = card.topics[0] if card.topics else ""
    return ItemLine(
        key=row.key,
        title=row.title,
        kind=card.kind.replace("_", " ").capitalize(),
        topic=topics.words.get(first, first),
        colour=topics.colours.get(first, 6),
        stage=STAGES[card.stage],
        counts=row.counts,
        share=share,
        at=round(100 * share * 100 / top, 1),
        low=round(100 * low * 100 / top, 1),
        high=round(min(100 * high * 100 / top, 100.0), 1),
    )


def interval(share: float, cases: int) -> tuple[float, float]:
    """Give where the true share lies, 95 times of 100 (Wilson); all is possible without cases."""
    if not cases:
        return 0.0, 1.0
    square = SURE * SURE
    middle = share + square / (2 * cases)
    spread = SURE * sqrt(share * (1 - share) / cases + square / (4 * cases * cases))
    whole = 1 + square / cases
    return max((middle - spread) / whole, 0.0), min((middle + spread) / whole, 1.0)


def _topic_line(
    key: str, topics: Topics, rows: Sequence[ContentRow], cards: Mapping[str, AssetCard]
) -> TopicLine:
    return TopicLine(
        key=key,
        words=topics.words[key],
        colour=topics.colours[key],
        fields=tuple(
            _field(key, stage, [row for row in rows if _wanted(cards[row.key], (key, stage))])
            for stage in BuyingStage
        ),
    )


def _field(topic: str, stage: BuyingStage, rows: Sequence[ContentRow]) -> MatrixCell:
    sent = sum(row.counts[Metric.SENT] for row in rows)
    read = sum(row.counts[Metric.READ] for row in rows)
    share = read / sent if sent else 0.0
    return MatrixCell(
        items=len(rows),
        sent=sent,
        read=read,
        shade=1 + sum(share >= border for border in SHADES) if sent >= FEW else 0,
        href=url_for("content_report.show", topic=topic, stage=stage.value),
    )


def _gaps(matrix: Sequence[TopicLine]) -> tuple[str, ...]:
    return tuple(
        f"{line.words}, {words}"
        for line in matrix
        for field, words in zip(line.fields, STAGES.values(), strict=True)
        if not field.items
    )


def _filtered(asked: tuple[str, str], topics: Mapping[str, str]) -> str:
    topic, stage = asked
    parts = [topics.get(topic, topic)] if topic else []
    if stage in set(BuyingStage):
        parts.append(f"for a reader who {STAGES[BuyingStage(stage)]}")
    return ", ".join(parts)
