"""What the company published: one text per file of its library, in versions that never change."""

from nurture.published.errors import NothingPublished
from nurture.published.model import LibraryFile
from nurture.published.queries import (
    company,
    current,
    definitions,
    every_text,
    fields,
    library,
    pages,
    read,
    routing,
    scorecard,
    sending,
    sla,
    text_of,
)
from nurture.published.service import publish

__all__ = [
    "LibraryFile",
    "NothingPublished",
    "company",
    "current",
    "definitions",
    "every_text",
    "fields",
    "library",
    "pages",
    "publish",
    "read",
    "routing",
    "scorecard",
    "sending",
    "sla",
    "text_of",
]
