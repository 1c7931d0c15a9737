"""What our own pages show while the database is away: the last published ones, on this host's disk.

Nothing of any lead stands there: a page from the cache asks everything and shows nobody's data.
"""

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from campaigns.company import CompanyProfile, load_company
from campaigns.forms import Pages, load_pages, to_ask
from campaigns.library_fields import schema_of
from campaigns.vocabulary import BuyingStage
from nurture import content, published
from nurture.content import AssetCard
from nurture.kernel.errors import NotFound
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.published import LibraryFile
from nurture.usecases.requests.published_forms import Open

FILE = "pages.json"
KEPT = (LibraryFile.PAGES, LibraryFile.COMPANY, LibraryFile.FIELDS)
DAYS = ("active_from", "active_through", "event_on", "replay_from")


@dataclass(frozen=True, slots=True)
class PageCache:
    """The published pages with their items, and whose they are."""

    pages: Pages
    assets: dict[str, AssetCard]
    firm: CompanyProfile | None


def put(work: Work, home: Path) -> None:
    """Bring this host's copy up to what is published; the same again writes nothing."""
    whole = {str(file): _text(work, file) for file in KEPT}
    told = json.dumps({**whole, "assets": [_plain(one) for one in content.assets(work)]})
    path = home / FILE
    if path.exists() and path.read_text(encoding="utf-8") == told:
        return
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(told, encoding="utf-8")
    # Whole or not at all: a reader never sees half a page.
    fresh.replace(path)


def take(home: Path) -> PageCache | None:
    """Give what this host keeps; None where nothing was ever published to it."""
    path = home / FILE
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def open_page(page_cache: PageCache, slug: str, *, recognised: bool = False) -> Open:
    """Open a page as a stranger would; whom a link names is not asked for the address."""
    page = page_cache.pages.pages.get(slug)
    if page is None:
        raise NotFound("There is no such page. The link may be incomplete.")
    form = page_cache.pages.forms.get(page.form)
    fields = to_ask(form, {}, recognised=recognised) if form is not None else ()
    asset = page_cache.assets.get(page.asset)
    return Open(page, form, fields, recognised=False, asset=asset, consent=page_cache.pages.consent)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> PageCache:
    told = json.loads(path.read_text(encoding="utf-8"))
    # A copy of an earlier version has no fields.
    schema = schema_of(told.get("fields", ""), told["pages"], told["company"])
    return PageCache(
        pages=load_pages(told["pages"], schema),
        assets={one["key"]: _card(one) for one in told["assets"]},
        firm=load_company(told["company"]) if told["company"] else None,
    )


def _text(work: Work, kind: LibraryFile) -> str:
    try:
        return published.current(work, kind)[1]
    except NotFound:
        return ""


def _plain(card: AssetCard) -> dict[str, Json]:
    days = {name: day.isoformat() if (day := getattr(card, name)) else None for name in DAYS}
    return {**asdict(card), "topics": list(card.topics), "stage": card.stage.value, **days}


def _card(told: dict[str, object]) -> AssetCard:
    days = {name: date.fromisoformat(str(day)) if (day := told[name]) else None for name in DAYS}
    topics = told["topics"]
    assert isinstance(topics, list)
    card = AssetCard(**{**told, **days})  # type: ignore[arg-type] # its own fields, as it wrote them
    return replace(
        card, topics=tuple(str(one) for one in topics), stage=BuyingStage(str(told["stage"]))
    )
