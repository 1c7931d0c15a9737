"""Lists before they come in: what people said of them, and what a worker found in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from campaigns.vocabulary import JobName
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.leads.errors import NoSuchDraft
from nurture.leads.files import FileForm
from nurture.leads.tables import ImportDraft, ImportFile


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A list that may come in; `waits` while a worker is awaited, counts are rows."""

    id: int
    name: str
    shown: str
    file_id: int
    form: FileForm
    size: int
    told: Mapping[str, Json]
    waits: bool
    asked: str
    done: int
    total: int
    problem: str
    found: Json
    import_id: int | None


def open_draft(work: Work, *, name: str, shown: str, file_id: int) -> int:
    """Begin with a list that is whole."""
    row = ImportDraft(
        name=name, shown=shown[-200:], file_id=file_id, told={}, moved_at=work.machine
    )
    work.session.add(row)
    work.session.flush()
    return row.id


def get_draft(work: Work, name: str, *, hold: bool = False) -> DraftRow:
    """Find a list by its address; `hold` lets nobody else begin its import meanwhile."""
    statement = (
        select(ImportDraft, ImportFile)
        .join(ImportFile, ImportFile.id == ImportDraft.file_id)
        .where(ImportDraft.name == name)
    )
    if hold:
        statement = statement.with_for_update(of=ImportDraft)
    found = work.session.execute(statement).one_or_none()
    if found is None:
        raise NoSuchDraft("This list is not here any more. Upload it again.")
    draft, file = found
    return DraftRow(
        id=draft.id,
        name=draft.name,
        shown=draft.shown,
        file_id=file.id,
        form=FileForm(file.form),
        size=file.size or 0,
        told=draft.told if isinstance(draft.told, dict) else {},
        waits=bool(draft.job),
        asked=draft.asked,
        done=draft.done,
        total=draft.total,
        problem=draft.problem,
        found=draft.found,
        import_id=draft.import_id,
    )


def note_told(work: Work, draft_id: int, told: Mapping[str, Json]) -> None:
    """Keep what was said, so that each step may be left and found again."""
    _note(work, draft_id, told=dict(told))


def ask_worker(
    work: Work, draft_id: int, job: JobName, payload: dict[str, Json], *, asked: str = ""
) -> None:
    """Leave the next step to a worker, and say so until it is through."""
    _note(
        work,
        draft_id,
        job=job.value,
        payload=payload,
        asked=asked,
        done=0,
        total=0,
        problem="",
        found=None,
    )
    work.later(job, payload)


def note_progress(work: Work, draft_id: int, *, asked: str, done: int, total: int) -> None:
    """Tell how far a worker is; what is no longer asked for is not told."""
    _report(work, draft_id, asked, done=done, total=total)


def note_found(work: Work, draft_id: int, *, asked: str, found: Json, total: int) -> None:
    """Keep what a check found."""
    _report(work, draft_id, asked, found=found, done=total, total=total, job="")


def note_problem(work: Work, draft_id: int, *, asked: str, problem: str) -> None:
    """Say why a worker could not go on."""
    _report(work, draft_id, asked, problem=problem[:500], job="")


def put_text(work: Work, draft_id: int, *, workbook: int, text: int) -> bool:
    """Put a workbook's text in its place; False = somebody else was first."""
    statement = (
        update(ImportDraft)
        .where(ImportDraft.id == draft_id, ImportDraft.file_id == workbook)
        .values(file_id=text, job="", moved_at=work.machine)
    )
    return work.session.connection().execute(statement).rowcount == 1


def note_import(work: Work, draft_id: int, import_id: int) -> None:
    """Remember which import a list became: whoever asks again is led there."""
    statement = update(ImportDraft).where(ImportDraft.id == draft_id)
    work.session.execute(statement.values(import_id=import_id))


def ask_again(work: Work, *, for_: timedelta) -> int:
    """Promise once more what workers stand still with; the stretch of time is machine time."""
    statement = select(ImportDraft).where(
        ImportDraft.job != "", ImportDraft.moved_at < work.machine - for_
    )
    still = list(work.session.scalars(statement))
    for draft in still:
        work.later(JobName(draft.job), draft.payload)
        draft.moved_at = work.machine
    return len(still)


def _note(work: Work, draft_id: int, **values: object) -> None:
    statement = update(ImportDraft).where(ImportDraft.id == draft_id)
    work.session.execute(statement.values(moved_at=work.machine, **values))


def _report(work: Work, draft_id: int, asked: str, **values: object) -> None:
    """Write for a worker, as long as the answers that it works with are the wanted ones."""
    statement = update(ImportDraft).where(ImportDraft.id == draft_id, ImportDraft.asked == asked)
    work.session.execute(statement.values(moved_at=work.machine, **values))
