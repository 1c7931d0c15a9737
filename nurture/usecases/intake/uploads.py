"""A list arrives: kept for every host, unfolded if it is a workbook, and left to a worker."""

import secrets
import shutil
from collections.abc import Iterable
from io import SEEK_END
from tempfile import TemporaryFile
from threading import BoundedSemaphore
from typing import IO

from campaigns.vocabulary import JobName
from nurture import leads
from nurture.kernel.errors import Conflict, Invalid, Refusal
from nurture.kernel.work import Work, Works
from nurture.leads import DraftRow, FileForm
from nurture.usecases.intake.list_check import FAILED, check_state, teller
from nurture.usecases.intake.stored_lists import StoredList, blocks_of, store
from nurture.usecases.intake.take_in import (
    GivenList,
    ImportOptions,
    IntakeContext,
    open_import,
    plan_import,
    refuse_unanswered,
)

SMALL = 500_000
"""Bytes of a workbook that is tried at once, so that nobody waits for a worker."""
_AT_ONCE = BoundedSemaphore(2)
"""Workbooks that one process of the web has opened at a time; a worker opens the others."""


def keep_upload(works: Works, upload: IO[bytes], shown: str, *, actor: str) -> str:
    """Keep an uploaded list; give the address of its draft, which nobody can guess or steer."""
    if not upload.read(1):
        raise Invalid("This file is empty: export it again with its headings.")
    upload.seek(0)
    form, blocks = _blocks(upload, shown)
    name = secrets.token_hex(12)

    def begin(work: Work, file_id: int) -> None:
        draft_id = leads.open_draft(work, name=name, shown=shown, file_id=file_id)
        if form is FileForm.WORKBOOK:
            leads.ask_worker(work, draft_id, JobName.UNFOLD, {"draft": name})

    store(works, blocks, form=form, actor=actor, then=begin)
    return name


def unfold(works: Works, name: str) -> int:
    """Put the text of its sheet in a workbook's place; tell how many bytes that is.

    Killed half-way, it begins anew: the text takes the workbook's place in one transaction.
    """
    with works.read("import") as work:
        draft = leads.get_draft(work, name)
    if draft.form is FileForm.TEXT:
        return draft.size
    try:
        _unfold(works, draft)
    except Refusal as refusal:
        _note_problem(works, draft, refusal.sentence)
    except Exception:
        _note_problem(works, draft, FAILED)
        raise
    with works.read("import") as work:
        return leads.get_draft(work, name).size


def begin_import(
    works: Works, name: str, options: ImportOptions, *, intake: IntakeContext, actor: str
) -> int:
    """Write the import of a draft down, once and for all, and leave it to a worker."""
    with works.read(actor) as work:
        draft = leads.get_draft(work, name)
    if draft.import_id is not None:
        return draft.import_id
    if draft.form is not FileForm.TEXT:
        raise Conflict("This workbook is still being opened: wait until its columns show.")
    plan = plan_import(works, StoredList(works, draft.file_id), options, intake=intake)
    checked = check_state(draft, options)
    found = checked.found.survey if checked is not None and checked.found is not None else None
    if found is None:
        found = leads.survey_list(plan)
    refuse_unanswered(found.questions)
    plan = plan.surveyed(found)
    with works.begin(actor) as work:
        held = leads.get_draft(work, name, hold=True)
        if held.import_id is not None:
            return held.import_id
        given = GivenList(draft.file_id, draft.shown, found.total_rows)
        import_id = open_import(work, plan, options, given=given)
        leads.note_import(work, draft.id, import_id)
        work.later(JobName.IMPORT, {"import_id": import_id})
        return import_id


def _blocks(upload: IO[bytes], shown: str) -> tuple[FileForm, Iterable[bytes]]:
    if not leads.is_workbook(shown):
        return FileForm.TEXT, blocks_of(upload)
    text = _opened(upload)
    if text is not None:
        return FileForm.TEXT, text
    upload.seek(0)
    return FileForm.WORKBOOK, blocks_of(upload)


def _opened(upload: IO[bytes]) -> list[bytes] | None:
    """Open a small workbook while somebody waits; None = it is a worker's."""
    if upload.seek(0, SEEK_END) > SMALL or not _AT_ONCE.acquire(blocking=False):
        return None
    try:
        return list(leads.sheet_text(upload, bounds=leads.WHILE_SOMEBODY_WAITS))
    except leads.TooLarge:
        return None
    finally:
        _AT_ONCE.release()


def _unfold(works: Works, draft: DraftRow) -> None:
    def put(work: Work, text: int) -> None:
        leads.put_text(work, draft.id, workbook=draft.file_id, text=text)

    # It has no name: nothing of it stays behind, whatever becomes of this process.
    with TemporaryFile() as workbook, StoredList(works, draft.file_id).open("rb") as kept:
        shutil.copyfileobj(kept, workbook)
        workbook.seek(0)
        text = leads.sheet_text(workbook, progress=teller(works, draft.id, draft.asked))
        store(works, text, form=FileForm.TEXT, actor="import", then=put)


def _note_problem(works: Works, draft: DraftRow, problem: str) -> None:
    with works.begin("import") as work:
        leads.note_problem(work, draft.id, asked=draft.asked, problem=problem)
