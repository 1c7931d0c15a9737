"""Read the campaign files of a folder: content, tracks, scorecard, definitions, routing, timers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable

from campaigns.content_choice import ContentOption
from campaigns.definitions import Definitions
from campaigns.durations import parse_cap, parse_window
from campaigns.frequency_caps import FrequencyCap
from campaigns.library_sales import load_definitions, load_routing, load_sla
from campaigns.library_score import load_scorecard
from campaigns.routing import Routing
from campaigns.scorecard import Scorecard
from campaigns.sla import Sla
from campaigns.text import Known, load
from campaigns.timing import ALWAYS, Window
from campaigns.track import Track
from campaigns.vocabulary import BuyingStage
from campaigns.yamlfile import (
    Fields,
    Items,
    Node,
    Notes,
    as_date,
    as_int,
    as_name,
    as_one_of,
    as_text,
    as_texts,
    as_words,
    read,
)

__all__ = [
    "AssetType",
    "ContentShelf",
    "Item",
    "Library",
    "SendingHours",
    "load_content",
    "load_definitions",
    "load_routing",
    "load_scorecard",
    "load_sending",
    "load_sla",
    "read_library",
    "shipped",
]


class AssetType(StrEnum):
    """What kind of thing an item is."""

    ARTICLE = "article"
    BLOG = "blog"
    WHITE_PAPER = "white_paper"
    CASE_STUDY = "case_study"
    APPLICATION_NOTE = "application_note"
    VIDEO = "video"
    WEBINAR = "webinar"
    EVENT = "event"
    TOOL = "tool"


class Access(StrEnum):
    """Whether an item is free to read or asks for a form."""

    OPEN = "open"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the library with all that its file says."""

    asset: ContentOption
    access: Access
    summary: str = ""
    url: str = ""
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class ContentShelf:
    """The content file: topics (key -> words) and items."""

    topics: Mapping[str, str]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class SendingHours:
    """When mail may leave and how much of it."""

    window: Window
    cap: FrequencyCap


@dataclass(frozen=True, slots=True)
class Library:
    """All campaign files of one folder; `texts` has each track's file as written."""

    tracks: Mapping[str, Track]
    texts: Mapping[str, str]
    content: ContentShelf
    scorecard: Scorecard
    definitions: Definitions
    routing: Routing
    sla: Sla
    sending: SendingHours


def shipped() -> Traversable:
    """Point at the example campaigns that come with the product."""
    return files("campaigns") / "library"


def read_library(folder: Traversable, *, mails: frozenset[str] | None = None) -> Library:
    """Read a folder; raise `FileError` for the first file that is wrong."""
    texts = {
        file.name.removesuffix(".yaml"): file.read_text("utf-8")
        for file in sorted((folder / "tracks").iterdir(), key=lambda file: file.name)
        if file.name.endswith(".yaml")
    }
    known = Known(mails=mails, tracks=frozenset(texts))

    def text(name: str) -> str:
        return (folder / name).read_text("utf-8")

    return Library(
        tracks={
            key: load(body, file=f"tracks/{key}.yaml", known=known) for key, body in texts.items()
        },
        texts=texts,
        content=load_content(text("content.yaml")),
        scorecard=load_scorecard(text("scorecard.yaml")),
        definitions=load_definitions(text("definitions.yaml")),
        routing=load_routing(text("routing.yaml")),
        sla=load_sla(text("sla.yaml")),
        sending=load_sending(text("sending.yaml")),
    )


def load_content(text: str, *, file: str = "content.yaml") -> ContentShelf:
    """Read the content file; raise `FileError` with every mistake."""
    notes = Notes(file)
    fields = Fields(read(text, notes), notes)
    topics = {entry.key: as_text(entry.node) for entry in fields.map("topics").entries}
    items: dict[str, Item] = {}
    for child in fields.children("content"):
        item = _item(child, topics)
        if item.asset.key in items:
            child.wrong("key", f"`{item.asset.key}` stands here twice; keys are unique")
        items[item.asset.key] = item
    fields.close()
    notes.refuse_if_any()
    return ContentShelf(topics, tuple(items.values()))


def load_sending(text: str, *, file: str = "sending.yaml") -> SendingHours:
    """Read the sending rules; raise `FileError` with every mistake."""
    notes = Notes(file)
    fields = Fields(read(text, notes), notes)
    window = fields.need("window", as_words(parse_window), ALWAYS)
    cap = fields.need("cap", as_words(parse_cap), FrequencyCap())
    quiet = fields.get("quiet", _days, frozenset())
    fields.close()
    notes.refuse_if_any()
    closed = Window(window.days, window.opens, window.closes, window.zone, quiet)
    return SendingHours(closed, cap)


def _item(fields: Fields, topics: Mapping[str, str]) -> Item:
    item = Item(
        asset=_asset(fields),
        access=fields.get("access", as_one_of(Access), Access.OPEN),
        summary=fields.get("summary", as_text, ""),
        url=fields.get("url", as_text, ""),
        minutes=fields.get("minutes", as_int, 0),
    )
    for topic in item.asset.topics:
        if topic not in topics:
            fields.wrong("topics", f"`{topic}` is no topic; topics are {', '.join(topics)}")
    fields.close()
    return item


def _asset(fields: Fields) -> ContentOption:
    return ContentOption(
        key=fields.need("key", as_name, ""),
        title=fields.need("title", as_text, ""),
        topics=fields.need("topics", as_texts, ()),
        stage=fields.need("stage", as_one_of(BuyingStage), BuyingStage.LEARN),
        type=fields.need("type", as_one_of(AssetType), AssetType.ARTICLE),
        active_from=fields.get("active_from", as_date, None),
        active_through=fields.get("active_through", as_date, None),
        event_on=fields.get("date", as_date, None),
        replay_from=fields.get("replay_from", as_date, None),
    )


def _days(node: Node) -> frozenset[date]:
    nodes = node.nodes if isinstance(node, Items) else (node,)
    return frozenset(as_date(one) for one in nodes)
