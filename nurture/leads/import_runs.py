"""Files on their way in: how far each one is, and which rows were not taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, insert, select, update

from campaigns.vocabulary import Basis
from nurture.kernel.database import insert_ignoring
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.leads.errors import ImportStateConflict, NoSuchImport
from nurture.leads.tables import ImportReject, ImportRepeat, ImportRun, SourceRecord


class ImportState(StrEnum):
    """Where a file stands; a killed run stays `running` and goes on where it was."""

    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class NewRun:
    """A file that is to be imported."""

    file_name: str
    file_id: int
    source_id: int
    campaign: str | None
    basis: Basis
    options: Mapping[str, Json]
    total_rows: int


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is; counts are rows."""

    id: int
    file_name: str
    file_id: int | None
    source_id: int | None
    source: str | None
    campaign: str | None
    basis: Basis
    options: Mapping[str, Json]
    state: ImportState
    total_rows: int
    done_rows: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    opted_out: int
    repeated: int
    actor: str
    started_at: datetime
    ended_at: datetime | None

    @property
    def percent(self) -> int:
        """Tell the share of rows that are through, 0 to 100."""
        return 100 if not self.total_rows else 100 * self.done_rows // self.total_rows


@dataclass(frozen=True, slots=True)
class ImportStep:
    """What one stretch of a file did; counts are rows."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    opted_out: int = 0


@dataclass(frozen=True, slots=True)
class RejectRow:
    """A row that was not taken; rows count as a spreadsheet does, the headings being 1."""

    row: int
    column: str
    value: str
    reason: str


def open_run(work: Work, new: NewRun) -> int:
    """Write down a file that is to be imported."""
    run = ImportRun(
        file_name=new.file_name[-200:],
        file_id=new.file_id,
        source_id=new.source_id,
        campaign=new.campaign,
        mapping=dict(new.options),
        basis=new.basis.value,
        state=ImportState.RUNNING.value,
        total_rows=new.total_rows,
        actor=work.actor,
        started_at=work.now,
        moved_at=work.machine,
    )
    work.session.add(run)
    work.session.flush()
    return run.id


def import_run(work: Work, import_id: int) -> ImportProgress:
    """Tell how far an import is."""
    found = [_progress(run, source) for run, source in work.session.execute(_runs(import_id))]
    if not found:
        raise NoSuchImport(f"There is no import {import_id}.")
    return found[0]


def imports(work: Work, *, limit: int = 50) -> list[ImportProgress]:
    """List imports, the latest first."""
    statement = _runs(None).order_by(ImportRun.id.desc()).limit(limit)
    return [_progress(run, source) for run, source in work.session.execute(statement)]


def rejects(work: Work, import_id: int, *, after_row: int = 0, limit: int = 100) -> list[RejectRow]:
    """List rows that were not taken, in the order of the file."""
    statement = (
        select(ImportReject)
        .where(ImportReject.import_id == import_id, ImportReject.row > after_row)
        .order_by(ImportReject.row)
        .limit(limit)
    )
    return [
        RejectRow(row.row, row.column, row.value, row.reason)
        for row in work.session.scalars(statement)
    ]


def note_repeats(
    work: Work, import_id: int, repeats: Sequence[tuple[int, int]], *, number: int
) -> None:
    """Write down rows whose address stood further up, and how many there are in all."""
    rows = [{"import_id": import_id, "row": row, "first": first} for row, first in repeats]
    insert_ignoring(work.session, ImportRepeat, rows)
    counted = update(ImportRun).where(ImportRun.id == import_id).values(repeated=number)
    work.session.execute(counted)


def repeated_rows(work: Work, import_id: int, *, limit: int = 100) -> list[tuple[int, int]]:
    """List rows whose address stood further up, with the row that had it first."""
    statement = (
        select(ImportRepeat.row, ImportRepeat.first)
        .where(ImportRepeat.import_id == import_id)
        .order_by(ImportRepeat.row)
        .limit(limit)
    )
    return [(row, first) for row, first in work.session.execute(statement)]


def hold_run(work: Work, import_id: int) -> ImportProgress:
    """Lock an import, so that two workers never take the same rows."""
    statement = select(ImportRun.id).where(ImportRun.id == import_id).with_for_update()
    work.session.execute(statement)
    work.session.expire_all()
    return import_run(work, import_id)


def advance(
    work: Work, run: ImportProgress, step: ImportStep, *, rejected: Sequence[RejectRow], ended: bool
) -> None:
    """Count one stretch, in the transaction that wrote its leads."""
    statement = update(ImportRun).where(
        ImportRun.id == run.id,
        ImportRun.done_rows == run.done_rows,
        ImportRun.state == ImportState.RUNNING.value,
    )
    values: dict[str, object] = {
        "done_rows": run.done_rows + step.rows,
        "moved_at": work.machine,
        "created": run.created + step.created,
        "updated": run.updated + step.updated,
        "unchanged": run.unchanged + step.unchanged,
        "rejected": run.rejected + step.rejected,
        "opted_out": run.opted_out + step.opted_out,
    }
    if ended:
        values |= {"state": ImportState.DONE.value, "ended_at": work.now}
    if work.session.connection().execute(statement.values(values)).rowcount != 1:
        raise ImportStateConflict("This import runs elsewhere already: look at its page.")
    if rejected:
        rows = [
            {
                "import_id": run.id,
                "row": one.row,
                "column": one.column[:120],
                "value": one.value[:200],
                "reason": one.reason[:300],
            }
            for one in rejected
        ]
        work.session.execute(insert(ImportReject), rows)


def stalled_imports(work: Work, *, for_: timedelta) -> list[int]:
    """List imports that began and stand still; the stretch of time is machine time."""
    statement = select(ImportRun.id).where(
        ImportRun.state == ImportState.RUNNING.value, ImportRun.moved_at < work.machine - for_
    )
    return list(work.session.scalars(statement.order_by(ImportRun.id)))


def set_import_state(work: Work, import_id: int, *, state: ImportState) -> None:
    """Move an import on; whoever asks has checked that it may."""
    ended = work.now if state is ImportState.UNDONE else None
    statement = update(ImportRun).where(ImportRun.id == import_id)
    values: dict[str, object] = {"state": state.value}
    if ended:
        values["ended_at"] = ended
    work.session.execute(statement.values(values))


def _runs(import_id: int | None) -> Select[ImportRun, str]:
    statement = select(ImportRun, SourceRecord.key).outerjoin(
        SourceRecord, SourceRecord.id == ImportRun.source_id
    )
    return statement if import_id is None else statement.where(ImportRun.id == import_id)


def _progress(run: ImportRun, source: str | None) -> ImportProgress:
    return ImportProgress(
        id=run.id,
        file_name=run.file_name,
        file_id=run.file_id,
        source_id=run.source_id,
        source=source,
        campaign=run.campaign,
        basis=Basis(run.basis),
        options=run.mapping if isinstance(run.mapping, dict) else {},
        state=ImportState(run.state),
        total_rows=run.total_rows,
        done_rows=run.done_rows,
        created=run.created,
        updated=run.updated,
        unchanged=run.unchanged,
        rejected=run.rejected,
        opted_out=run.opted_out,
        repeated=run.repeated,
        actor=run.actor,
        started_at=run.started_at,
        ended_at=run.ended_at,
    )
