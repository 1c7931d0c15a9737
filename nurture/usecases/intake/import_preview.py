"""Tell what a list would do before anything is written (F3)."""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from campaigns.vocabulary import Basis
from nurture import consent, leads
from nurture.kernel.database import CHUNK
from nurture.kernel.types import EmailAddress, Json
from nurture.kernel.work import Work, Works
from nurture.leads import (
    CaptureOutcome,
    ListFile,
    ListPlan,
    NewLead,
    ReadRow,
    Remark,
    RepeatedRow,
    Survey,
)
from nurture.usecases.intake.take_in import (
    ImportOptions,
    IntakeContext,
    basis_of,
    batches,
    plan_import,
    survey_import,
)

SHOWN = 100
"""Rows of each kind that a dry run shows."""
SAMPLES = 10
KINDS = 8
"""Reasons that a dry run counts."""

Progress = Callable[[int, int], None]
"""Told how many rows are through, and how many there are."""

T = TypeVar("T")


def _to_nobody(_done: int, _total: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class ImportSample:
    """One row as it would come in."""

    row: int
    email: str
    name: str
    job: str
    company: str
    country: str
    interests: tuple[str, ...]
    outcome: CaptureOutcome


@dataclass(frozen=True, slots=True)
class ImportCheck:
    """What an import would do; counts are rows, nothing is written."""

    mapping: Mapping[str, str]
    """Heading -> what its column holds."""
    total_rows: int
    counts: Mapping[CaptureOutcome, int]
    rejected: int
    opted_out: int
    said_yes: int
    """Rows that say yes in the list's own column."""
    may_write: int
    """People who may be written to with the basis that was chosen."""
    refused: int
    """Rows whose people have told us before that they want no mail."""
    shared: int
    """Rows with a shared mailbox such as info@."""
    left_out: int
    """Cells that cannot be used, in rows that are taken."""
    reasons: Mapping[str, int]
    """Why rows are not taken, the most frequent reason first."""
    entering: int
    """New leads that go where somebody wants all new ones to go."""
    staying: Mapping[str, int]
    """Rows whose people do not go there, by the reason."""
    rejects: tuple[Remark, ...]
    remarks: tuple[Remark, ...]
    samples: tuple[ImportSample, ...]
    survey: Survey
    """How its columns are written, and what somebody must say before it comes in."""
    repeated: int
    """Rows whose address stands further up already."""
    repeats: tuple[Remark, ...]
    dead: int = 0
    """Rows whose domain takes no mail, as the name servers last said (F18)."""
    dead_rows: tuple[Remark, ...] = ()


def check_import(
    works: Works,
    file: ListFile,
    options: ImportOptions,
    *,
    intake: IntakeContext,
    progress: Progress = _to_nobody,
) -> ImportCheck:
    """Tell what an import would do, row by row, without writing anything."""
    plan, found = survey_import(plan_import(works, file, options, intake=intake))
    tally, done = _PreviewCounts(options, found), 0
    memory: dict[EmailAddress, dict[str, Json]] = {}
    for batch in batches(leads.list_rows(plan), CHUNK):
        good = [row for row in batch if isinstance(row, ReadRow)]
        with works.read("import") as work:
            people = [row.lead for row in good]
            outcomes = leads.preview(work, people, memory=memory, repeated=found.repeated)
            dead = leads.without_mail(work, [one.email for one in people])
            refused = _refused(work, [one.email for one in people], intake)
        tally.add_dead([row for row in good if row.lead.email in dead])
        tally.add(
            good, outcomes, [row for row in batch if isinstance(row, Remark)], refused=refused
        )
        done += len(batch)
        progress(done, found.total_rows)
    return tally.check(plan)


def _refused(
    work: Work, emails: Sequence[EmailAddress], intake: IntakeContext
) -> set[EmailAddress]:
    """Tell whom no list lets us write to: they are suppressed, or took their permission back."""
    known = leads.by_email(work, emails)
    gone = consent.taken_back(work, known.values())
    taken_back = {email for email, lead_id in known.items() if lead_id in gone}
    return taken_back | consent.refused_addresses(work, emails, key=intake.key)


def _sample(row: int, lead: NewLead, outcome: CaptureOutcome) -> ImportSample:
    name = " ".join(part for part in (lead.first_name, lead.last_name) if part)
    return ImportSample(
        row=row,
        email=lead.email,
        name=name,
        job=lead.job or "",
        company=lead.company or "",
        country=lead.country or "",
        interests=lead.interests,
        outcome=outcome,
    )


def _repeat(one: RepeatedRow) -> Remark:
    reason = f"The same address stands in row {one.first}: both make one lead."
    return Remark(one.row, "", one.address, reason)


NO_MAIL = "The domain takes no mail, say its name servers: ask for another address."
_SUMS = ("refused", "rejected", "opted_out", "yes", "write", "shared", "left", "entering")
_OWN = re.compile(r"“[^”]*”|[^\s@]+@[^\s@]+|\b[\w-]+(?:\.[\w-]+)+\b")
"""What a reason says of one row only: a quoted cell, an address, a host."""


def _kind(reason: str) -> str:
    """Take out of a reason what only one row has, so that alike ones are counted together."""
    return _OWN.sub("…", reason)


class _PreviewCounts:
    """Count what a dry run meets, and keep the first of each kind to show."""

    def __init__(self, options: ImportOptions, found: Survey) -> None:
        self._basis, self._entry, self._found = options.basis, options.entry, found
        self._twice: dict[str, list[bool]] = {}
        """Of an address in several rows: whether one says yes, whether one says no."""
        self._reasons: Counter[str] = Counter()
        self._staying: Counter[str] = Counter()
        self._counts = dict.fromkeys(CaptureOutcome, 0)
        self._sums = dict.fromkeys(_SUMS, 0)
        self._rejects: list[Remark] = []
        self._remarks: list[Remark] = []
        self._samples: list[ImportSample] = []
        self._dead, self._dead_rows = 0, list[Remark]()

    def add_dead(self, rows: Sequence[ReadRow]) -> None:
        self._dead += len(rows)
        found = [Remark(row.row, "", row.lead.email, NO_MAIL) for row in rows]
        _fill(self._dead_rows, found, SHOWN)

    def add(
        self,
        good: Sequence[ReadRow],
        outcomes: Sequence[CaptureOutcome],
        bad: Sequence[Remark],
        *,
        refused: Container[str],
    ) -> None:
        self._sums["rejected"] += len(bad)
        self._reasons.update(_kind(one.reason) for one in bad)
        _fill(self._rejects, bad, SHOWN)
        for row, outcome in zip(good, outcomes, strict=True):
            self._counts[outcome] += 1
            self._place(row, outcome)
            self._sums["opted_out"] += row.said_no
            self._sums["yes"] += row.said_yes is True
            self._count_mail(row, refused)
            self._sums["shared"] += row.lead.facts.get("role_address") is True
            self._sums["left"] += len(row.remarks)
            _fill(self._remarks, row.remarks, SHOWN)
            _fill(self._samples, [_sample(row.row, row.lead, outcome)], SAMPLES)

    def _count_mail(self, row: ReadRow, refused: Container[str]) -> None:
        """Count people who may be written to: a no further down, or from before, counts too."""
        yes = basis_of(row, self._basis) is not Basis.NONE
        no = row.said_no or row.lead.email in refused
        self._sums["refused"] += row.lead.email in refused
        if row.lead.email in self._found.repeated:
            both = self._twice.setdefault(row.lead.email, [False, False])
            both[:] = [both[0] or yes, both[1] or no]
        else:
            self._sums["write"] += yes and not no

    def _place(self, row: ReadRow, outcome: CaptureOutcome) -> None:
        """Tell who will not go where somebody wants all new leads to go, and why."""
        why = ""
        if outcome is not CaptureOutcome.CREATED:
            why = "known already: where they stand does not change"
        elif self._entry.track and row.said_no:
            why = "said no to mail"
        elif self._entry.track and basis_of(row, self._basis) is Basis.NONE:
            why = "no permission to write"
        if why:
            self._staying[why] += 1
        else:
            self._sums["entering"] += 1

    def check(self, plan: ListPlan) -> ImportCheck:
        both = sum(yes and not no for yes, no in self._twice.values())
        return ImportCheck(
            mapping=dict(plan.mapping),
            total_rows=self._found.total_rows,
            counts=self._counts,
            rejected=self._sums["rejected"],
            opted_out=self._sums["opted_out"],
            said_yes=self._sums["yes"],
            may_write=self._sums["write"] + both,
            refused=self._sums["refused"],
            survey=replace(self._found, repeated=frozenset(), repeats=()),
            repeated=self._found.repeated_rows,
            repeats=tuple(_repeat(one) for one in self._found.repeats[:SHOWN]),
            shared=self._sums["shared"],
            left_out=self._sums["left"],
            reasons=dict(self._reasons.most_common(KINDS)),
            entering=self._sums["entering"],
            staying=dict(self._staying.most_common()),
            rejects=tuple(self._rejects),
            remarks=tuple(self._remarks),
            samples=tuple(self._samples),
            dead=self._dead,
            dead_rows=tuple(self._dead_rows),
        )


def _fill(kept: list[T], new: Iterable[T], limit: int) -> None:
    kept.extend(islice(new, limit - len(kept)))
