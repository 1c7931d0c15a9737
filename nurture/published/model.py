"""The files of a library that are published whole."""

from enum import StrEnum


class LibraryFile(StrEnum):
    """A file whose newest text is in force; its name without `.yaml`."""

    SCORECARD = "scorecard"
    DEFINITIONS = "definitions"
    ROUTING = "routing"
    SLA = "sla"
    SENDING = "sending"
    COMPANY = "company"
    FIELDS = "fields"
    PAGES = "pages"
    CONTENT = "content"
