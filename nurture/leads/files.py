"""Files that somebody uploaded, in pieces: every host reads them, and none is whole in memory."""

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, insert, or_, select, tuple_, update

from nurture.kernel.work import Work
from nurture.leads.import_runs import ImportState
from nurture.leads.tables import ImportChunk, ImportDraft, ImportFile, ImportRun

PIECE = 262_144
"""Bytes of a piece: a few milliseconds of the only writer."""
HALF = timedelta(hours=1)
"""How long a file may come in; after that nobody brings its rest."""
ABANDONED = timedelta(days=7)
"""How long a list waits for its next answer."""
AT_ONCE = 8
"""Pieces that one transaction deletes."""


class FileForm(StrEnum):
    """How a file is written."""

    TEXT = "text"
    WORKBOOK = "workbook"


def open_file(work: Work, form: FileForm) -> int:
    """Begin a file; its pieces follow in transactions of their own."""
    row = ImportFile(form=form.value, size=None, kept_at=work.machine)
    work.session.add(row)
    work.session.flush()
    return row.id


def add_piece(work: Work, file_id: int, number: int, content: bytes) -> None:
    """Keep one piece; all are `PIECE` long but the last."""
    values = {"file_id": file_id, "number": number, "content": content}
    work.session.execute(insert(ImportChunk).values(values))


def close_file(work: Work, file_id: int, *, size: int) -> None:
    """Say that a file is whole; whatever keeps it is written in the same transaction."""
    work.session.execute(update(ImportFile).where(ImportFile.id == file_id).values(size=size))


def file_size(work: Work, file_id: int) -> int | None:
    """Tell the bytes of a file that is whole and still kept."""
    return work.session.scalar(select(ImportFile.size).where(ImportFile.id == file_id))


def piece(work: Work, file_id: int, number: int) -> bytes | None:
    """Read one piece."""
    return work.session.scalar(
        select(ImportChunk.content).where(
            ImportChunk.file_id == file_id, ImportChunk.number == number
        )
    )


def forget_files(work: Work) -> int:
    """Delete a stretch of what nobody needs any more; 0 = nothing is left to delete.

    An import needs its list until it is done or taken back, a draft for a week after the last word
    on it, and what is half here for an hour.
    """
    _release(work)
    doomed = select(ImportFile.id).where(*_needless(work)).order_by(ImportFile.id).limit(AT_ONCE)
    file_ids = list(work.session.scalars(doomed))
    if not file_ids:
        return 0
    key = (ImportChunk.file_id, ImportChunk.number)
    pieces = select(*key).where(ImportChunk.file_id.in_(file_ids)).limit(AT_ONCE)
    found = [tuple(row) for row in work.session.execute(pieces)]
    if found:
        work.session.execute(delete(ImportChunk).where(tuple_(*key).in_(found)))
        return len(found)
    work.session.execute(delete(ImportFile).where(ImportFile.id.in_(file_ids)))
    return len(file_ids)


def _release(work: Work) -> None:
    over = select(ImportRun.id).where(ImportRun.state != ImportState.RUNNING.value)
    work.session.execute(
        delete(ImportDraft).where(
            or_(
                ImportDraft.import_id.in_(over),
                ImportDraft.import_id.is_(None) & (ImportDraft.moved_at < work.machine - ABANDONED),
            )
        )
    )
    work.session.execute(
        update(ImportRun)
        .where(ImportRun.id.in_(over), ImportRun.file_id.is_not(None))
        .values(file_id=None)
    )


def _needless(work: Work) -> tuple[ColumnElement[bool], ...]:
    return (
        or_(ImportFile.size.is_not(None), ImportFile.kept_at < work.machine - HALF),
        ImportFile.id.not_in(select(ImportDraft.file_id)),
        ImportFile.id.not_in(select(ImportRun.file_id).where(ImportRun.file_id.is_not(None))),
    )
