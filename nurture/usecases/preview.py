"""Tell what a list would do before anything is written (F3)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from campaigns.vocabulary import Basis
from nurture import leads
from nurture.kernel.database import CHUNK
from nurture.kernel.types import EmailAddress, Json
from nurture.kernel.work import Works
from nurture.leads import ListPlan, NewLead, Outcome, ReadRow, Remark
from nurture.usecases.capture import House, ImportOptions, basis_of, batches, plan_import

SHOWN = 100
"""Rows of each kind that a dry run shows."""
SAMPLES = 10

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sample:
    """One row as it would come in."""

    row: int
    lead: NewLead
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class ImportCheck:
    """What an import would do; counts are rows, nothing is written."""

    plan: ListPlan
    total_rows: int
    counts: Mapping[Outcome, int]
    rejected: int
    opted_out: int
    said_yes: int
    """Rows that say yes in the list's own column."""
    may_write: int
    """Rows whose people may be written to with the basis that was chosen."""
    shared: int
    """Rows with a shared mailbox such as info@."""
    left_out: int
    """Cells that cannot be used, in rows that are taken."""
    rejects: tuple[Remark, ...]
    remarks: tuple[Remark, ...]
    samples: tuple[Sample, ...]


def check_import(works: Works, path: Path, options: ImportOptions, *, house: House) -> ImportCheck:
    """Tell what an import would do, row by row, without writing anything."""
    plan = plan_import(works, path, options, house=house)
    total, repeated = leads.repeated_addresses(plan)
    tally = _Tally(options.basis)
    memory: dict[EmailAddress, dict[str, Json]] = {}
    for batch in batches(leads.list_rows(plan), CHUNK):
        good = [row for row in batch if isinstance(row, ReadRow)]
        with works.read("import") as work:
            people = [row.lead for row in good]
            outcomes = leads.preview(work, people, memory=memory, repeated=repeated)
        tally.add(good, outcomes, [row for row in batch if isinstance(row, Remark)])
    return tally.check(plan, total)


class _Tally:
    """Count what a dry run meets, and keep the first of each kind to show."""

    def __init__(self, basis: Basis) -> None:
        self._basis = basis
        self._counts = dict.fromkeys(Outcome, 0)
        self._sums = dict.fromkeys(("rejected", "opted_out", "yes", "write", "shared", "left"), 0)
        self._rejects: list[Remark] = []
        self._remarks: list[Remark] = []
        self._samples: list[Sample] = []

    def add(
        self, good: Sequence[ReadRow], outcomes: Sequence[Outcome], bad: Sequence[Remark]
    ) -> None:
        self._sums["rejected"] += len(bad)
        _fill(self._rejects, bad, SHOWN)
        for row, outcome in zip(good, outcomes, strict=True):
            self._counts[outcome] += 1
            self._sums["opted_out"] += row.said_no
            self._sums["yes"] += row.said_yes is True
            self._sums["write"] += basis_of(row, self._basis) is not Basis.NONE
            self._sums["shared"] += row.lead.facts.get("role_address") is True
            self._sums["left"] += len(row.remarks)
            _fill(self._remarks, row.remarks, SHOWN)
            _fill(self._samples, [Sample(row.row, row.lead, outcome)], SAMPLES)

    def check(self, plan: ListPlan, total: int) -> ImportCheck:
        return ImportCheck(
            plan=plan,
            total_rows=total,
            counts=self._counts,
            rejected=self._sums["rejected"],
            opted_out=self._sums["opted_out"],
            said_yes=self._sums["yes"],
            may_write=self._sums["write"],
            shared=self._sums["shared"],
            left_out=self._sums["left"],
            rejects=tuple(self._rejects),
            remarks=tuple(self._remarks),
            samples=tuple(self._samples),
        )


def _fill(kept: list[T], new: Iterable[T], limit: int) -> None:
    kept.extend(islice(new, limit - len(kept)))
