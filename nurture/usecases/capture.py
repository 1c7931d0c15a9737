"""People come in: known once, with or without permission, and with something that happens next."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path

from campaigns.vocabulary import Basis, JobName, SuppressionReason
from nurture import consent, leads
from nurture.kernel.database import CHUNK
from nurture.kernel.errors import Conflict
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work, Works
from nurture.leads import (
    CaptureResult,
    FieldPolicy,
    HostLists,
    ImportProgress,
    ImportState,
    ListOptions,
    ListPlan,
    NewLead,
    Origin,
    Outcome,
    ReadRow,
    Remark,
)
from nurture.usecases.pace import Pace

STALLED = timedelta(minutes=2)

Read = ReadRow | Remark


@dataclass(frozen=True, slots=True)
class House:
    """What an installation brings: its key for hashed addresses, and what new leads do next."""

    key: bytes
    settle_new: Callable[[Work, Sequence[LeadId]], None]
    """Classify, score, enrol or park; afterwards every one of these leads has a next action."""
    hosts: HostLists = field(default_factory=HostLists)


@dataclass(frozen=True, slots=True)
class Arrival:
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


Progress = Callable[[ImportProgress], None]


def capture_leads(
    work: Work,
    arrivals: Sequence[Arrival],
    *,
    origin: Origin,
    policy: FieldPolicy,
    house: House,
) -> CaptureResult:
    """Take people in: one lead per address, permission, suppression, then what happens next.

    A form (OVERWRITE) may renew a permission that was taken back; a list may not.
    """
    result = leads.capture(work, [one.lead for one in arrivals], origin=origin, policy=policy)

    grants = [
        consent.Grant(captured.lead_id, one.basis, one.evidence)
        for one, captured in zip(arrivals, result.rows, strict=True)
        if not one.opted_out
    ]
    consent.give(work, grants, renew=policy is FieldPolicy.OVERWRITE)
    consent.recall(work, result.created, key=house.key)
    _suppress(work, [one for one in arrivals if one.opted_out], house)

    house.settle_new(work, result.created)
    return result


def plan_import(works: Works, path: Path, options: ImportOptions, *, house: House) -> ListPlan:
    """Find out how a list is written and what its columns mean, from its source's last one."""
    with works.read("import") as work:
        remembered = leads.remembered_mapping(work, options.source)
    return leads.plan_list(path, options.reading, remembered=remembered, hosts=house.hosts)


def start_import(
    works: Works, path: Path, options: ImportOptions, *, house: House, actor: str
) -> int:
    """Write an import down; `run_import` does it, here and now or after a crash."""
    plan = plan_import(works, path, options, house=house)
    with works.begin(actor) as work:
        return _open(work, plan, options)


def promise_import(
    works: Works, path: Path, options: ImportOptions, *, house: House, actor: str
) -> int:
    """Write an import down and leave it to a worker."""
    plan = plan_import(works, path, options, house=house)
    with works.begin(actor) as work:
        import_id = _open(work, plan, options)
        work.later(JobName.IMPORT, {"import_id": import_id})
        return import_id


def run_import(
    works: Works,
    import_id: int,
    *,
    house: House,
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
    plan = _plan_again(run, house)
    rows, pace = leads.list_rows(plan, skip=run.done_rows), Pace(works, most=chunk)
    while batch := list(islice(rows, pace.rows)):
        with works.begin(leads.import_actor(import_id)) as work:
            pace.begin()
            _take(work, run, batch, house=house)
            run = leads.import_run(work, import_id)
        pace.end(len(batch))
        if progress:
            progress(run)
    with works.begin(leads.import_actor(import_id)) as work:
        leads.hold_run(work, import_id)
        leads.advance(work, run, leads.Step(), rejected=(), ended=True)
        return leads.import_run(work, import_id)


def resume_stalled(works: Works) -> int:
    """Promise imports again whose worker died; count them."""
    with works.begin("tick") as work:
        stalled = leads.stalled_imports(work, for_=STALLED)
        for import_id in stalled:
            work.later(JobName.IMPORT, {"import_id": import_id})
        return len(stalled)


def basis_of(row: ReadRow, basis: Basis) -> Basis:
    """Tell why we may write to one person of a list.

    Without a reason for the list nobody may be written to, whatever its columns say; with one, a
    column of opt-ins narrows it down to those who say yes.
    """
    if row.said_no or row.said_yes is False:
        return Basis.NONE
    return basis


def _suppress(work: Work, arrivals: Sequence[Arrival], house: House) -> None:
    if arrivals:
        consent.suppress(
            work,
            [one.lead.email for one in arrivals],
            reason=SuppressionReason.IMPORTED,
            key=house.key,
            evidence=arrivals[0].evidence,
        )


def _open(work: Work, plan: ListPlan, options: ImportOptions) -> int:
    source_id = leads.ensure_source(work, options.source)
    leads.remember_mapping(work, source_id, plan.mapping)
    total, _ = leads.repeated_addresses(plan)
    return leads.open_run(
        work,
        leads.NewRun(
            file_name=plan.path.name,
            path=str(plan.path),
            fingerprint=leads.fingerprint(plan.path),
            source_id=source_id,
            campaign=options.campaign,
            basis=options.basis,
            options=plan.settled(options.reading).to_json(),
            total_rows=total,
        ),
    )


def _plan_again(run: ImportProgress, house: House) -> ListPlan:
    path = Path(run.path)
    if not path.is_file() or leads.fingerprint(path) != run.fingerprint:
        raise Conflict(f"The file of import {run.id} is gone or another one: start a new import.")
    return leads.plan_list(path, ListOptions.from_json(run.options), hosts=house.hosts)


def _take(work: Work, run: ImportProgress, batch: Sequence[Read], *, house: House) -> None:
    """Import one stretch and count it, in one transaction."""
    leads.hold_run(work, run.id)
    good = [row for row in batch if isinstance(row, ReadRow)]
    bad = [row for row in batch if isinstance(row, Remark)]

    origin = Origin(source_id=run.source_id, campaign=run.campaign, import_id=run.id)
    arrivals = _arrivals(work, run, good)
    result = capture_leads(
        work, arrivals, origin=origin, policy=FieldPolicy.FILL_BLANKS, house=house
    )

    step = leads.Step(
        rows=len(batch),
        created=result.count(Outcome.CREATED),
        updated=result.count(Outcome.UPDATED),
        unchanged=result.count(Outcome.UNCHANGED),
        rejected=len(bad),
        opted_out=sum(row.said_no for row in good),
    )
    rejected = [leads.RejectRow(one.row, one.column, one.value, one.reason) for one in bad]
    leads.advance(work, run, step, rejected=rejected, ended=False)


def _arrivals(work: Work, run: ImportProgress, rows: Sequence[ReadRow]) -> list[Arrival]:
    keys = sorted({row.source for row in rows if row.source})
    sources = {key: leads.ensure_source(work, key) for key in keys}
    return [
        Arrival(
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
