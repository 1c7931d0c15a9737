"""Bring texts into force."""

from collections.abc import Callable, Mapping

from sqlalchemy import insert

from campaigns.library import load_definitions, load_routing, load_scorecard, load_sending, load_sla
from campaigns.rejection_reasons import load_sent_back
from campaigns.yamlfile import FileError
from nurture.kernel.errors import Invalid
from nurture.kernel.work import Work
from nurture.published.model import LibraryFile
from nurture.published.queries import READ, newest
from nurture.published.tables import PublishedText

_READERS: Mapping[LibraryFile, Callable[[str], object]] = {
    LibraryFile.SCORECARD: load_scorecard,
    LibraryFile.DEFINITIONS: load_definitions,
    LibraryFile.ROUTING: load_routing,
    LibraryFile.SLA: load_sla,
    LibraryFile.SENDING: load_sending,
    LibraryFile.COMPANY: load_sent_back,
}


def publish(work: Work, file: LibraryFile, text: str) -> bool:
    """Make a text the one in force; tells whether that changes anything.

    A text that cannot be read is refused with its place.
    """
    number, before = newest(work, file)
    if before == text:
        return False
    _refuse_unreadable(file, text)

    row = {"kind": str(file), "number": number + 1, "text": text, "published_at": work.now}
    work.session.execute(insert(PublishedText), [row])
    work.session.info.pop(READ, None)
    return True


def _refuse_unreadable(file: LibraryFile, text: str) -> None:
    read = _READERS.get(file)
    if read is None:
        return
    try:
        read(text)
    except FileError as error:
        raise Invalid(str(error)) from error
