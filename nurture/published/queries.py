"""What is in force, typed: read once per transaction, parsed once per process and version."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar, cast

from sqlalchemy import select

from campaigns.company import CompanyProfile, load_company
from campaigns.definitions import Definitions
from campaigns.fields import FieldSchema
from campaigns.forms import Pages, load_pages
from campaigns.library import (
    ContentShelf,
    SendingHours,
    load_content,
    load_definitions,
    load_routing,
    load_scorecard,
    load_sending,
    load_sla,
)
from campaigns.library_fields import schema_of
from campaigns.routing import Routing
from campaigns.scorecard import Scorecard
from campaigns.sla import Sla
from nurture.kernel.work import Work
from nurture.published.errors import NothingPublished
from nurture.published.model import LibraryFile
from nurture.published.tables import PublishedText

T = TypeVar("T")

READ = "published texts"
"""Under which a transaction's session remembers what it has read."""


def current(work: Work, file: LibraryFile) -> tuple[int, str]:
    """Give the number and the text in force, or refuse where there is none."""
    number, text = newest(work, file)
    if text is None:
        raise NothingPublished(file)
    return number, text


def newest(work: Work, file: LibraryFile) -> tuple[int, str | None]:
    """Give the number and the text in force, 0 and None where there is none.

    A transaction asks once: all of it follows the same version, unless it publishes one itself.
    """
    known: dict[LibraryFile, tuple[int, str | None]] = work.session.info.setdefault(READ, {})
    if file not in known:
        found = work.session.execute(
            select(PublishedText.number, PublishedText.text)
            .where(PublishedText.kind == str(file))
            .order_by(PublishedText.number.desc())
            .limit(1)
        ).first()
        known[file] = (0, None) if found is None else (found.number, found.text)
    return known[file]


def text_of(work: Work, file: LibraryFile) -> str:
    """Give the text in force; "" where there is none."""
    return newest(work, file)[1] or ""


def every_text(work: Work, file: LibraryFile) -> list[str]:
    """List all texts that were ever in force, the oldest first."""
    query = select(PublishedText.text).where(PublishedText.kind == str(file))
    return list(work.session.scalars(query.order_by(PublishedText.number)))


def read(work: Work, file: LibraryFile, parse: Callable[[str], T]) -> T:
    """Give what a function makes of the text in force; refuses where there is none.

    The same text is parsed once per process, so callers share the result and change nothing of it.
    """
    return cast("T", _parsed(parse, current(work, file)[1]))


def scorecard(work: Work) -> Scorecard:
    """Give the scorecard in force, with its version."""
    number, _ = current(work, LibraryFile.SCORECARD)
    return replace(read(work, LibraryFile.SCORECARD, load_scorecard), version=number)


def definitions(work: Work) -> Definitions:
    """Give the definitions in force, with their version."""
    number, _ = current(work, LibraryFile.DEFINITIONS)
    return replace(read(work, LibraryFile.DEFINITIONS, load_definitions), version=number)


def routing(work: Work) -> Routing:
    """Give the routing rules in force, with their version."""
    number, _ = current(work, LibraryFile.ROUTING)
    return replace(read(work, LibraryFile.ROUTING, load_routing), version=number)


def sla(work: Work) -> Sla:
    """Give the timers in force, with their version."""
    number, _ = current(work, LibraryFile.SLA)
    return replace(read(work, LibraryFile.SLA, load_sla), version=number)


def sending(work: Work) -> SendingHours:
    """Give the sending hours and the cap in force."""
    return read(work, LibraryFile.SENDING, load_sending)


def company(work: Work) -> CompanyProfile:
    """Give who sends."""
    return read(work, LibraryFile.COMPANY, load_company)


def fields(work: Work) -> FieldSchema:
    """Give every field of a lead: the built-in ones, and those that are declared."""
    texts = (LibraryFile.FIELDS, LibraryFile.PAGES, LibraryFile.COMPANY)
    return schema_of(*(text_of(work, file) for file in texts))


def pages(work: Work) -> Pages:
    """Give the pages and forms in force."""
    return load_pages(current(work, LibraryFile.PAGES)[1], fields(work))


def library(work: Work) -> ContentShelf:
    """Give the content library in force: its items and the words of their topics."""
    return read(work, LibraryFile.CONTENT, load_content)


@lru_cache(maxsize=64)
def _parsed(parse: Callable[[str], object], text: str) -> object:
    return parse(text)
