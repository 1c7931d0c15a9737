"""Check a long list in a job; how far it is, and what it found, stand beside the list."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from pydantic import TypeAdapter

from campaigns.vocabulary import JobName
from nurture.kernel.errors import Refusal
from nurture.kernel.types import Json
from nurture.kernel.work import Works
from nurture.usecases.capture import House, ImportOptions
from nurture.usecases.preview import ImportCheck, check_import

LONG_BYTES = 400_000
"""A list of more, some 5,000 rows, is checked by a worker: nobody waits for the page."""
EVERY = 0.5
"""Seconds between two notes of how far a check is."""
FAILED = (
    "The check failed, and the log says why. Choose the list once more, or ask who runs Nurture."
)


@dataclass(frozen=True, slots=True)
class CheckState:
    """How far a check is; `found` once it is through, `problem` if the list cannot be read."""

    asked: str
    """What was said of the list: after a change of mind a check is no longer the one wanted."""
    done: int = 0
    total: int = 0
    found: ImportCheck | None = None
    problem: str = ""

    @property
    def percent(self) -> int:
        """Tell the share of rows that are through, 0 to 100."""
        return 100 * self.done // self.total if self.total else 0


def is_long(path: Path) -> bool:
    """Tell whether a list is too long to be checked while somebody waits."""
    return path.stat().st_size > LONG_BYTES


def promise_check(works: Works, path: Path, options: ImportOptions, *, actor: str) -> None:
    """Leave the check of a list to a worker."""
    _note(path, CheckState(_asked(options)))
    with works.begin(actor) as work:
        work.later(JobName.CHECK, {"path": str(path), "options": options.to_json()})


def run_check(works: Works, path: Path, options: ImportOptions, *, house: House) -> None:
    """Check a list and note what was found; once more does no harm, for nothing is written."""
    state, noted = CheckState(_asked(options)), 0.0

    def tell(done: int, total: int) -> None:
        nonlocal noted
        if monotonic() - noted > EVERY:
            _note(path, replace(state, done=done, total=total))
            noted = monotonic()

    try:
        found = check_import(works, path, options, house=house, progress=tell)
    except Refusal as refusal:
        _note(path, replace(state, problem=refusal.sentence))
        return
    except Exception:
        # The page stops waiting; whoever runs the job logs it, and may well try again.
        _note(path, replace(state, problem=FAILED))
        raise
    rows = found.total_rows
    _note(path, replace(state, done=rows, total=rows, found=found))


def check_state(path: Path, options: ImportOptions) -> CheckState | None:
    """Tell how far the check of a list is; None = nobody has asked for it with these answers."""
    place = _place(path)
    if not place.is_file():
        return None
    state = _STATE.validate_json(place.read_bytes())
    return state if state.asked == _asked(options) else None


_STATE = TypeAdapter(CheckState)


def _note(path: Path, state: CheckState) -> None:
    """Replace the note as a whole: whoever reads meanwhile sees the one before it."""
    fresh = _place(path).with_suffix(".new")
    fresh.write_bytes(_STATE.dump_json(state))
    fresh.replace(_place(path))


def _place(path: Path) -> Path:
    return path.with_suffix(".check")


def _asked(options: ImportOptions) -> str:
    told: Mapping[str, Json] = options.to_json()
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
