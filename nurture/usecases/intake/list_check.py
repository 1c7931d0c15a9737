"""Check a long list in a job; how far it is, and what it found, stand with the list."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

from pydantic import TypeAdapter

from campaigns.vocabulary import JobName
from nurture import leads
from nurture.kernel.errors import Conflict, Refusal
from nurture.kernel.types import Json
from nurture.kernel.work import Works
from nurture.leads import DraftRow, FileForm
from nurture.usecases.intake.import_preview import ImportCheck, check_import
from nurture.usecases.intake.stored_lists import StoredList
from nurture.usecases.intake.take_in import ImportOptions, IntakeContext

LONG_BYTES = 400_000
"""A list of more, some 5,000 rows, is checked by a worker: nobody waits for the page."""
EVERY = 0.5
"""Seconds between two notes of how far a check is."""
FAILED = (
    "The check failed, and the log says why. Choose the list once more, or ask who runs Nurture."
)


@dataclass(frozen=True, slots=True)
class ListCheckState:
    """How far a check is; `found` once it is through, `problem` if the list cannot be read."""

    done: int = 0
    total: int = 0
    found: ImportCheck | None = None
    problem: str = ""

    @property
    def percent(self) -> int:
        """Tell the share of rows that are through, 0 to 100."""
        return 100 * self.done // self.total if self.total else 0


def is_long(draft: DraftRow) -> bool:
    """Tell whether a list is too long to be checked while somebody waits."""
    return draft.size > LONG_BYTES


def promise_check(works: Works, name: str, options: ImportOptions, *, actor: str) -> None:
    """Leave the check of a list to a worker."""
    with works.begin(actor) as work:
        draft = leads.get_draft(work, name)
        if draft.form is not FileForm.TEXT:
            raise Conflict("This workbook is still being opened: wait until its columns show.")
        payload: dict[str, Json] = {"draft": name, "options": options.to_json()}
        leads.ask_worker(work, draft.id, JobName.CHECK, payload, asked=_asked(options))


def run_check(works: Works, name: str, options: ImportOptions, *, intake: IntakeContext) -> None:
    """Check a list and note what was found; once more does no harm, for nothing comes in."""
    asked = _asked(options)
    with works.read("import") as work:
        draft = leads.get_draft(work, name)
    try:
        found = check_import(
            works,
            StoredList(works, draft.file_id),
            options,
            intake=intake,
            progress=teller(works, draft.id, asked),
        )
    except Refusal as refusal:
        _note_problem(works, draft.id, asked, refusal.sentence)
        return
    except Exception:
        # The page stops waiting; whoever runs the job logs it, and may well try again.
        _note_problem(works, draft.id, asked, FAILED)
        raise
    with works.begin("import") as work:
        told = _FOUND.dump_python(found, mode="json")
        leads.note_found(work, draft.id, asked=asked, found=told, total=found.total_rows)


def check_state(draft: DraftRow, options: ImportOptions) -> ListCheckState | None:
    """Tell how far the check of a list is; None = nobody has asked for it with these answers."""
    if draft.asked != _asked(options):
        return None
    found = None if draft.found is None else _FOUND.validate_python(draft.found)
    return ListCheckState(draft.done, draft.total, found, draft.problem)


def teller(works: Works, draft_id: int, asked: str) -> Callable[[int, int], None]:
    """Give what notes how far a worker is, as often as somebody who waits may look."""
    noted = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal noted
        if monotonic() - noted > EVERY:
            with works.begin("import") as work:
                leads.note_progress(work, draft_id, asked=asked, done=done, total=total)
            noted = monotonic()

    return tell


_FOUND = TypeAdapter(ImportCheck)


def _note_problem(works: Works, draft_id: int, asked: str, problem: str) -> None:
    with works.begin("import") as work:
        leads.note_problem(work, draft_id, asked=asked, problem=problem)


def _asked(options: ImportOptions) -> str:
    told: Mapping[str, Json] = options.to_json()
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
