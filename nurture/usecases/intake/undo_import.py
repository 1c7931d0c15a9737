"""Take an import back, as long as nobody on its list was written to."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from nurture import consent, leads, mail
from nurture.kernel.database import CHUNK
from nurture.kernel.errors import Conflict
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work, Works
from nurture.leads import ImportProgress, ImportState

WrittenTo = Callable[[Work, Sequence[LeadId]], set[LeadId]]
"""Tell which of these leads had mail, or may have had."""


@dataclass(frozen=True, slots=True)
class ImportUndone:
    """What became of an import that was taken back; `kept` had mail meanwhile."""

    deleted: int
    restored: int
    kept: int


def undo_import(
    works: Works, import_id: int, *, written_to: WrittenTo, actor: str, chunk: int = CHUNK
) -> ImportUndone:
    """Take an import back, as long as none of its people was written to.

    A no that only this list said goes with it; one that anybody else said too stays. Killed
    half-way, it goes on when it is asked again; who was written to in the meantime stays.
    """
    with works.read(actor) as work:
        _refuse_if_written_to(work, import_id, written_to, chunk)
    with works.begin(actor) as work:
        _refuse_if_undone(leads.hold_run(work, import_id))
        leads.set_import_state(work, import_id, state=ImportState.UNDOING)
    deleted, kept = _delete_created(works, import_id, written_to, chunk)
    restored = _restore_changed(works, import_id, chunk)
    with works.begin(actor) as work:
        leads.set_import_state(work, import_id, state=ImportState.UNDONE)
    return ImportUndone(deleted, restored, kept)


def _refuse_if_written_to(work: Work, import_id: int, written_to: WrittenTo, chunk: int) -> None:
    """Look before anything is held; each stretch asks again when it is deleted."""
    run = leads.import_run(work, import_id)
    _refuse_if_undone(run)
    if run.state is ImportState.UNDOING:
        return
    number = 0
    for ids in (
        *_chunks(work, import_id, chunk, leads.created_by),
        *_chunks(work, import_id, chunk, leads.changed_by),
    ):
        number += len(written_to(work, ids))
    if number:
        raise Conflict(
            f"{number} people of this list have had mail from us: it cannot be taken back any more."
        )


def _refuse_if_undone(run: ImportProgress) -> None:
    if run.state is ImportState.UNDONE:
        raise Conflict("This import was taken back already.")


def _chunks(
    work: Work, import_id: int, chunk: int, query: Callable[..., list[LeadId]]
) -> Iterator[list[LeadId]]:
    after = 0
    while ids := query(work, import_id, after=after, limit=chunk):
        yield ids
        after = ids[-1]


def _delete_created(
    works: Works, import_id: int, written_to: WrittenTo, chunk: int
) -> tuple[int, int]:
    deleted = kept = after = 0
    while True:
        with works.begin(f"undo:{import_id}") as work:
            ids = leads.created_by(work, import_id, after=after, limit=chunk, hold=True)
            if not ids:
                return deleted, kept
            mail.hold_waiting(work, ids)  # nothing of theirs is claimed while they go
            stay = written_to(work, ids)
            leads.delete_leads(work, [lead_id for lead_id in ids if lead_id not in stay])
        deleted, kept, after = deleted + len(ids) - len(stay), kept + len(stay), ids[-1]


def _restore_changed(works: Works, import_id: int, chunk: int) -> int:
    restored = after = 0
    while True:
        with works.begin(f"undo:{import_id}") as work:
            ids = leads.changed_by(work, import_id, after=after, limit=chunk)
            restored += len(leads.restore(work, import_id, ids)) if ids else 0
            taken = consent.take_back(work, import_id, limit=chunk)
            refusals = consent.take_back_refusals(work, import_id, limit=chunk)
        if not (ids or taken or refusals):
            return restored
        after = ids[-1] if ids else after
