"""People come in: known once, with or without permission, and with something that happens next."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Protocol

from campaigns.vocabulary import Basis, JobName, SuppressionReason
from nurture import consent, leads, users
from nurture.kernel.database import CHUNK, chunks
from nurture.kernel.errors import Invalid
from nurture.kernel.types import Json, LeadId, UserId
from nurture.kernel.work import Work, Works
from nurture.leads import (
    CaptureOutcome,
    CaptureResult,
    FieldPolicy,
    FileForm,
    HostLists,
    ImportProgress,
    ImportQuestion,
    ImportState,
    ListFile,
    ListOptions,
    ListPlan,
    NewLead,
    Origin,
    ReadRow,
    Remark,
    Survey,
)
from nurture.usecases.intake.entry_choice import EntryChoice, refuse_impossible
from nurture.usecases.intake.stored_lists import StoredList, blocks_of, store
from nurture.usecases.shared.batch_size import Pace
from nurture.usecases.shared.fact_words import schema_in_force
from nurture.usecases.shared.home_country import home_country_of
from nurture.usecases.shared.sending_company import company

STALLED = timedelta(minutes=2)

Read = ReadRow | Remark


class SettleNew(Protocol):
    """Begin the life of new leads (`arrive.settle_new`)."""

    def __call__(self, work: Work, lead_ids: Sequence[LeadId], /, *, entry: EntryChoice) -> None:
        """Leave none without a next action."""
        ...


def no_url(_number: int, _machine: datetime) -> str:
    """Stand in where nobody is asked to confirm an address."""
    raise Invalid("This process has no address for confirming: open it through the runtime.")


@dataclass(frozen=True, slots=True)
class IntakeContext:
    """What an installation brings: its key for hashed addresses, and what new leads do next."""

    key: bytes
    settle_new: SettleNew
    """Classify, score, enrol or park; afterwards every one of these leads has a next action."""
    hosts: HostLists = field(default_factory=HostLists)
    entry: EntryChoice = field(default_factory=EntryChoice)
    """What new leads do next, if not what the tracks' own conditions say."""
    confirm_url: Callable[[int, datetime], str] = no_url
    """Spells the link with which somebody confirms an address."""
    base_url: str = ""
    """Where our own people open what an alert tells them of."""


@dataclass(frozen=True, slots=True)
class NewArrival:
    """One person, and why we may write to them or must not."""

    lead: NewLead
    basis: Basis = Basis.NONE
    opted_out: bool = False
    evidence: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What somebody says about a list; by default nobody in it may be written to (F175)."""

    source: str = "import"
    campaign: str | None = None
    basis: Basis = Basis.NONE
    reading: ListOptions = field(default_factory=ListOptions)
    owner_id: UserId | None = None
    """Whose the new leads are; None = routing finds somebody once they are ready for sales."""
    cents_per_month: int | None = None
    """What the source costs; None = as before."""
    entry: EntryChoice = field(default_factory=EntryChoice)

    def to_json(self) -> dict[str, Json]:
        """Write it down for a job."""
        return {
            "source": self.source,
            "campaign": self.campaign,
            "basis": self.basis.value,
            "reading": self.reading.to_json(),
            "owner_id": self.owner_id,
            "cents_per_month": self.cents_per_month,
            "entry": self.entry.to_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> "ImportOptions":
        """Read what `to_json` wrote."""
        campaign, reading = value.get("campaign"), value.get("reading")
        cents = value.get("cents_per_month")
        return cls(
            source=str(value["source"]),
            campaign=None if campaign is None else str(campaign),
            basis=Basis(str(value["basis"])),
            reading=ListOptions.from_json(reading if isinstance(reading, dict) else {}),
            owner_id=_user(value.get("owner_id")),
            cents_per_month=cents if isinstance(cents, int) else None,
            entry=EntryChoice.from_json(value.get("entry")),
        )


@dataclass(frozen=True, slots=True)
class GivenList:
    """A list that is kept: the name that it had, and how many rows it has."""

    file_id: int
    name: str
    total_rows: int


Progress = Callable[[ImportProgress], None]


def capture_leads(
    work: Work,
    arrivals: Sequence[NewArrival],
    *,
    origin: Origin,
    policy: FieldPolicy,
    intake: IntakeContext,
) -> CaptureResult:
    """Take people in: one lead per address, permission, suppression, then what happens next.

    A form (OVERWRITE) may renew a permission that was taken back; a list may not.
    """
    result = leads.capture(work, [one.lead for one in arrivals], origin=origin, policy=policy)
    leads.note_hosts(work, [one.lead.email for one in arrivals])

    grants = [
        consent.Grant(captured.lead_id, one.basis, one.evidence)
        for one, captured in zip(arrivals, result.rows, strict=True)
        if not one.opted_out
    ]
    consent.give(work, grants, renew=policy is FieldPolicy.OVERWRITE)
    consent.recall(work, result.created, key=intake.key)
    _suppress(work, [one for one in arrivals if one.opted_out], intake)

    intake.settle_new(work, result.created, entry=intake.entry)
    return result


def plan_import(
    works: Works, file: ListFile, options: ImportOptions, *, intake: IntakeContext
) -> ListPlan:
    """Find out how a list is written and what its columns mean, from its source's last one."""
    with works.read("import") as work:
        remembered = leads.remembered_mapping(work, options.source)
        reading = _by_house(work, options.reading)
    return leads.plan_list(file, reading, remembered=remembered, hosts=intake.hosts)


def survey_import(plan: ListPlan) -> tuple[ListPlan, Survey]:
    """Read a list once, and tell how it is read from then on."""
    found = leads.survey_list(plan)
    return plan.surveyed(found), found


def start_import(
    works: Works, path: Path, options: ImportOptions, *, intake: IntakeContext, actor: str
) -> int:
    """Keep a list and write its import down; `run_import` does it, at once or after a crash."""
    plan, found = survey_import(plan_import(works, path, options, intake=intake))
    refuse_unanswered(found.questions)

    def begin(work: Work, file_id: int) -> int:
        given = GivenList(file_id, path.name, found.total_rows)
        return open_import(work, plan, options, given=given)

    with path.open("rb") as stream:
        return store(works, blocks_of(stream), form=FileForm.TEXT, actor=actor, then=begin)


def refuse_unanswered(questions: Sequence[ImportQuestion]) -> None:
    """Refuse to begin as long as somebody must say what a list means."""
    if questions:
        raise ImportQuestionsOpen(questions)


class ImportQuestionsOpen(Invalid):
    """A list does not say what it means, and only somebody who knows it can."""

    def __init__(self, questions: Sequence[ImportQuestion]) -> None:
        """Keep the questions; page and command ask them in its own way."""
        named = ", ".join(dict.fromkeys(f"“{one.column}”" for one in questions))
        super().__init__(f"Nothing has come in yet: say first how to read {named}.")
        self.questions = tuple(questions)


def open_import(work: Work, plan: ListPlan, options: ImportOptions, *, given: GivenList) -> int:
    """Write an import down: what was said of the list, and how it is read from now on."""
    if options.owner_id is not None:
        users.get(work, options.owner_id)
    refuse_impossible(work, options.entry)
    source_id = leads.ensure_source(work, options.source)
    if options.cents_per_month is not None:
        leads.set_cost(work, source_id, cents_per_month=options.cents_per_month)
    leads.remember_mapping(work, source_id, plan.mapping)
    return leads.open_run(
        work,
        leads.NewRun(
            file_name=given.name,
            file_id=given.file_id,
            source_id=source_id,
            campaign=options.campaign,
            basis=options.basis,
            options={
                **plan.settled(options.reading).to_json(),
                "owner_id": options.owner_id,
                "entry": options.entry.to_json(),
            },
            total_rows=given.total_rows,
        ),
    )


def run_import(
    works: Works,
    import_id: int,
    *,
    intake: IntakeContext,
    chunk: int = CHUNK,
    progress: Progress | None = None,
) -> ImportProgress:
    """Import what is not imported yet, a stretch of rows per transaction.

    `done_rows` moves in the transaction that writes the leads of a stretch, so whoever dies between
    two stretches, or in one, leaves a run that goes on exactly where it was.
    """
    with works.read("import") as work:
        run = leads.import_run(work, import_id)
    if run.state is not ImportState.RUNNING:
        return run
    plan = _plan_again(works, run, intake)
    if not run.done_rows:
        _note_repeats(works, plan, import_id)
    intake = replace(intake, entry=EntryChoice.from_json(run.options.get("entry")))
    rows, pace = leads.list_rows(plan, skip=run.done_rows), Pace(works, most=chunk)
    while batch := list(islice(rows, pace.rows)):
        with works.begin(leads.import_actor(import_id)) as work:
            pace.begin()
            _take(work, run, batch, intake=intake)
            run = leads.import_run(work, import_id)
        pace.end(len(batch))
        if progress:
            progress(run)
    with works.begin(leads.import_actor(import_id)) as work:
        leads.hold_run(work, import_id)
        leads.advance(work, run, leads.ImportStep(), rejected=(), ended=True)
        return leads.import_run(work, import_id)


def resume_stalled(works: Works) -> int:
    """Promise imports and checks again whose worker died; count them."""
    with works.begin("tick") as work:
        stalled = leads.stalled_imports(work, for_=STALLED)
        for import_id in stalled:
            work.later(JobName.IMPORT, {"import_id": import_id})
        return len(stalled) + leads.ask_again(work, for_=STALLED)


def basis_of(row: ReadRow, basis: Basis) -> Basis:
    """Tell why we may write to one person of a list.

    Without a reason for the list nobody may be written to, whatever its columns say; with one, a
    column of opt-ins narrows it down to those who say yes.
    """
    if row.said_no or row.said_yes is False:
        return Basis.NONE
    return basis


def _suppress(work: Work, arrivals: Sequence[NewArrival], intake: IntakeContext) -> None:
    if arrivals:
        consent.suppress(
            work,
            [one.lead.email for one in arrivals],
            reason=SuppressionReason.IMPORTED,
            key=intake.key,
            evidence=arrivals[0].evidence,
        )


def _by_house(work: Work, reading: ListOptions) -> ListOptions:
    """Add the fields in force, and the country where the company itself is called."""
    home = home_country_of(company(work, sender="", postal=""))
    return replace(
        reading,
        country=reading.country or next(iter(home), None),
        fields=schema_in_force(work),
    )


def _user(value: Json) -> UserId | None:
    return UserId(value) if isinstance(value, int) else None


def _plan_again(works: Works, run: ImportProgress, intake: IntakeContext) -> ListPlan:
    if run.file_id is None:
        raise leads.ImportStateConflict(
            f"The list of import {run.id} is not kept any more: start a new import."
        )
    kept = StoredList(works, run.file_id)
    return leads.plan_list(kept, ListOptions.from_json(run.options), hosts=intake.hosts)


def _note_repeats(works: Works, plan: ListPlan, import_id: int) -> None:
    """Write down which rows stand twice, a stretch at a time; once more does no harm."""
    found = leads.survey_list(plan)
    if not found.repeated_rows:
        return
    for batch in chunks(found.repeats, CHUNK):
        with works.begin(leads.import_actor(import_id)) as work:
            rows = [(one.row, one.first) for one in batch]
            leads.note_repeats(work, import_id, rows, number=found.repeated_rows)


def _take(work: Work, run: ImportProgress, batch: Sequence[Read], *, intake: IntakeContext) -> None:
    """Import one stretch and count it, in one transaction."""
    leads.hold_run(work, run.id)
    good = [row for row in batch if isinstance(row, ReadRow)]
    bad = [row for row in batch if isinstance(row, Remark)]

    origin = Origin(
        source_id=run.source_id,
        campaign=run.campaign,
        import_id=run.id,
        owner_id=_user(run.options.get("owner_id")),
    )
    arrivals = _arrivals(work, run, good)
    result = capture_leads(
        work, arrivals, origin=origin, policy=FieldPolicy.FILL_BLANKS, intake=intake
    )

    step = leads.ImportStep(
        rows=len(batch),
        created=result.count(CaptureOutcome.CREATED),
        updated=result.count(CaptureOutcome.UPDATED),
        unchanged=result.count(CaptureOutcome.UNCHANGED),
        rejected=len(bad),
        opted_out=sum(row.said_no for row in good),
    )
    rejected = [leads.RejectRow(one.row, one.column, one.value, one.reason) for one in bad]
    leads.advance(work, run, step, rejected=rejected, ended=False)


def _arrivals(work: Work, run: ImportProgress, rows: Sequence[ReadRow]) -> list[NewArrival]:
    keys = sorted({row.source for row in rows if row.source})
    sources = {key: leads.ensure_source(work, key) for key in keys}
    return [
        NewArrival(
            lead=leads.from_source(row.lead, sources[row.source]) if row.source else row.lead,
            basis=basis_of(row, run.basis),
            opted_out=row.said_no,
            evidence={"import": run.id, "row": row.row, "file": run.file_name},
        )
        for row in rows
    ]


def batches(rows: Iterator[Read], size: int) -> Iterator[list[Read]]:
    while batch := list(islice(rows, size)):
        yield batch
