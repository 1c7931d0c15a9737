"""`nurture leads`: import a list, look at it, take it back."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict, Unpack

import click

from campaigns.vocabulary import Basis, Stage
from nurture import leads as domain
from nurture import runtime, users
from nurture.kernel.errors import Invalid, NotFound
from nurture.kernel.types import EmailAddress, LeadId
from nurture.kernel.work import Work
from nurture.leads import LEFT_OUT, Column, ImportProgress, ImportQuestion, ListOptions, Remark
from nurture.mail import written_to
from nurture.runtime import Runtime
from nurture.usecases.desk import lift_bounce as lifting
from nurture.usecases.desk.export_leads import csv_lines
from nurture.usecases.desk.find_leads import leads_that_meet
from nurture.usecases.intake import import_preview, stored_lists, take_in, undo_import
from nurture.usecases.intake.entry_choice import EntryChoice, refuse_impossible
from nurture.usecases.intake.import_preview import ImportCheck
from nurture.usecases.intake.take_in import ImportOptions
from nurture.usecases.publishing.first_run import refuse_before_publishing
from nurture.usecases.shared.sending_company import company

MAPPING_EXAMPLE = 'Write, for example, {"mapping": {"Mailadresse": "email"}}.'
COLUMN_ANSWERS = frozenset({Column.OPT_IN.value, Column.OPT_OUT.value, LEFT_OUT})
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


class ImportStatement(TypedDict):
    """What the options say of a list."""

    source: str
    campaign: str | None
    owner: str | None
    cost: float | None
    track: str
    snooze_until: datetime | None
    answer: tuple[str, ...]


@click.group()
def leads() -> None:
    """Leads: import, show, undo."""


@leads.command("import")
@click.argument("file", type=_file)
@click.option("--dry-run", is_flag=True, help="Tell what would happen; write nothing.")
@click.option(
    "--source", default="import", show_default=True, help="Key or name, such as fair/spring_fair."
)
@click.option("--mapping", type=_file, help="JSON with `mapping`: heading -> field.")
@click.option("--campaign", help="Such as spring_fair_2026.")
@click.option("--owner", metavar="HANDLE", help="Whose the new leads are; else routing says later.")
@click.option("--cost", type=click.FloatRange(min=0), help="What the source costs a month, EUR.")
@click.option(
    "--track", default="", help="Put the new leads in this track; else each track decides."
)
@click.option(
    "--park-until",
    "snooze_until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="No track yet: rest until this day.",
)
@click.option(
    "--answer",
    multiple=True,
    metavar="KEY=VALUE",
    help="What a list does not say itself; the import names the keys that it asks for.",
)
@click.option(
    "--basis",
    type=click.Choice([basis.value for basis in Basis]),
    default=Basis.NONE.value,
    show_default=True,
    help="Why we may write to these people.",
)
def import_(
    file: Path,
    *,
    dry_run: bool,
    basis: str,
    mapping: Path | None,
    **said: Unpack[ImportStatement],
) -> None:
    """Import a CSV or XLSX file of any usual encoding; a bad row never stops the rest."""
    here = runtime.start()
    with here.works.read("cli") as work:
        refuse_before_publishing(work)
    options = _options(here, said, basis=Basis(basis), reading=_reading(mapping))
    options = _answered(here, options, said["answer"])
    text = _as_text(file)
    if dry_run:
        check = import_preview.check_import(
            here.works, text, options, intake=here.intake, progress=_say_rows
        )
        click.echo("")
        _say_check(check, options)
        return
    try:
        import_id = take_in.start_import(here.works, text, options, intake=here.intake, actor="cli")
    except take_in.ImportQuestionsOpen as unanswered:
        _say_questions(unanswered.questions)
        one = unanswered.questions[0]
        raise Invalid(
            f"{unanswered.sentence} Run this again with one --answer for each question, such as "
            f"{_option(one, one.choices[0][0])}"
        ) from unanswered
    done = take_in.run_import(here.works, import_id, intake=here.intake, progress=_say_progress)
    stored_lists.forget(here.works)
    click.echo("")
    _say_done(done)


@leads.command()
@click.argument("import_id", type=int)
def undo(import_id: int) -> None:
    """Take an import back, as long as nobody in it had mail."""
    here = runtime.start()
    undone = undo_import.undo_import(here.works, import_id, written_to=written_to, actor="cli")
    click.echo(
        f"{undone.deleted} leads deleted, {undone.restored} as they were before, "
        f"{undone.kept} kept because they had mail meanwhile."
    )


@leads.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--find", default="", help="Part of a name, a firm or an address.")
@click.option(
    "--stage", type=click.Choice([stage.value for stage in Stage]), help="One stage only."
)
@click.option("--source", help="One source only, such as fair/spring_fair.")
@click.option("--country", help="One country only, such as DE.")
@click.option(
    "--where",
    multiple=True,
    help="A condition, such as “engagement >= 18” or “not job is student”; all must hold.",
)
def export(
    file: Path,
    *,
    find: str,
    stage: str | None,
    source: str | None,
    country: str | None,
    where: tuple[str, ...],
) -> None:
    """Write leads to a CSV file that an import understands and a spreadsheet may open."""
    with runtime.start().works.read("cli") as work:
        which = domain.LeadFilter(
            text=find,
            stages=(Stage(stage),) if stage else (),
            source_id=_source(work, source),
            countries=(country.upper(),) if country else (),
            meeting=leads_that_meet(work, "\n".join(where)) if where else None,
        )
        try:
            with file.open("w", encoding="utf-8", newline="") as written:
                written.writelines(csv_lines(work, which))
        except OSError as error:
            raise Invalid(
                f"{file} cannot be written: {error.strerror}. Name another file."
            ) from error
        click.echo(f"{domain.count(work, which)} leads in {file}.")


def _source(work: Work, key: str | None) -> int | None:
    if key is None:
        return None
    found = {one.key: one.id for one in domain.sources(work)}
    if key not in found:
        raise NotFound(f"There is no source {key}: give one of {', '.join(sorted(found))}.")
    return found[key]


@leads.command()
@click.argument("lead")
def show(lead: str) -> None:
    """Show one lead, by id or address: what we know, from where, and what changed."""
    with runtime.start().works.read("cli") as work:
        lead_id = _lead_id(work, lead)
        person = domain.get(work, lead_id)
        click.echo(f"{person.id}  {person.name}  <{person.email}>  {person.stage.value}")
        for name, value in sorted(domain.facts(work, [lead_id])[lead_id].items()):
            if value not in (None, "", ()):
                click.echo(f"  {name}: {_plain(value)}")
        for touch in domain.touches(work, lead_id):
            utm = domain.utm_words(domain.utm_of(touch.detail))
            way = f"{touch.source or 'an unknown way'}{f' ({utm})' if utm else ''}"
            click.echo(f"  {touch.at:%Y-%m-%d}  came by {way}")
        for change in domain.history(work, lead_id):
            click.echo(
                f"  {change.at:%Y-%m-%d}  {change.actor}: {change.field} "
                f"{change.old!s} -> {change.new!s}"
            )


@leads.command()
def dead() -> None:
    """List what servers called addresses dead with, and how many leads each concerns."""
    with runtime.start().works.read("cli") as work:
        found = lifting.groups(work)
    for one in found:
        click.echo(f"{len(one.lead_ids)}\t{one.last:%Y-%m-%d}\t{one.words}")
    leads_ = sum(len(one.lead_ids) for one in found)
    click.echo(f"{leads_} leads get no mail because of such answers.")
    if found:
        click.echo("`nurture leads lift --said 'WORDS' --why '...'` takes that back.")


@leads.command()
@click.argument("lead", nargs=-1)
@click.option("--said", default="", help="All whose address was called dead in these words.")
@click.option("--why", required=True, help="How you know; it stands in each lead's history.")
def lift(lead: tuple[str, ...], *, said: str, why: str) -> None:
    """Let leads be mailed again whose address was called dead, by id or address, or all by words.

    Never lifts a complaint, an unsubscribing, or what one of us said.
    """
    here = runtime.start()
    if bool(lead) == bool(said):
        raise click.UsageError("Name leads, or give --said with a server's words.")
    with here.works.begin("cli") as work:
        ids = lifting.said_like(work, said) if said else [_lead_id(work, one) for one in lead]
        done = lifting.lift(work, ids, why=why, journey=here.journey)
    for lead_id, reason in done.left.items():
        click.echo(f"{lead_id} stays: {reason}")
    click.echo(f"{len(done.freed)} may be mailed again.")


def _lead_id(work: Work, lead: str) -> LeadId:
    if lead.isdecimal():
        return LeadId(int(lead))
    address = EmailAddress(lead.strip().lower())
    found = domain.by_email(work, [address]).get(address)
    if found is None:
        raise domain.NoSuchLead(f"There is no lead with the address {lead}.")
    return found


def _plain(value: object) -> str:
    """Write a value as people do."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _options(
    here: Runtime, said: ImportStatement, *, basis: Basis, reading: ListOptions
) -> ImportOptions:
    if said["track"] and said["snooze_until"]:
        raise click.UsageError("Give --track or --park-until, not both.")
    until, cost = said["snooze_until"], said["cost"]
    with here.works.read("cli") as work:
        owner = users.by_handle(work, said["owner"]) if said["owner"] else None
        entry = EntryChoice(
            track=said["track"],
            until=until.date() if until else None,
            zone=owner.zone if owner else "UTC",
        )
        refuse_impossible(work, entry)
        source = domain.source_key(work, said["source"])
        topics = company(work, sender="", postal="").topics
    if not reading.topics:
        reading = replace(reading, topics=topics)
    return ImportOptions(
        source=source,
        campaign=said["campaign"],
        basis=basis,
        reading=reading,
        owner_id=owner.id if owner else None,
        entry=entry,
        cents_per_month=None if cost is None else round(cost * 100),
    )


def _reading(mapping: Path | None) -> ListOptions:
    if mapping is None:
        return ListOptions()
    try:
        told = json.loads(mapping.read_text("utf-8"))
    except ValueError as error:
        raise Invalid(f"{mapping.name} is no JSON: {error}. {MAPPING_EXAMPLE}") from error
    if not isinstance(told, dict):
        raise Invalid(f"{mapping.name} holds no mapping. {MAPPING_EXAMPLE}")
    return ListOptions.from_json(told)


def _answered(here: Runtime, options: ImportOptions, told: tuple[str, ...]) -> ImportOptions:
    """Add answers: what a column holds is kept with the columns, all else beside them."""
    pairs = [one.rpartition("=") for one in told]
    if wrong := [
        one for one, (key, _, value) in zip(told, pairs, strict=True) if not (key and value)
    ]:
        raise Invalid(f"“{wrong[0]}” is no answer: write KEY=VALUE, such as “Status: Warm=mail”.")
    answers = {key.strip(): value.strip() for key, _, value in pairs}
    columns = {key: value for key, value in answers.items() if value in COLUMN_ANSWERS}
    with here.works.read("cli") as work:
        remembered = domain.remembered_mapping(work, options.source)
    known = {heading: column for heading, column in remembered.items() if column}
    reading = options.reading
    mapping = {**known, **(reading.mapping or {}), **columns} if columns else reading.mapping
    others = {key: value for key, value in answers.items() if key not in columns}
    return replace(
        options, reading=replace(reading, mapping=mapping, answers={**reading.answers, **others})
    )


def _say_questions(questions: Sequence[ImportQuestion]) -> None:
    click.echo("")
    if questions:
        click.echo("Before this list comes in, say how to read it:")
    for one in questions:
        shown = f" ({', '.join(one.examples[:4])})" if one.examples else ""
        click.echo(f"  {one.column}{shown}: {one.words}")
        for value, words in one.choices:
            click.echo(f"    {_option(one, value)}  {words}")


def _option(asked: ImportQuestion, value: str) -> str:
    """Write an answer as it is typed."""
    return f"--answer {shlex.quote(f'{asked.key}={value}')}"


def _as_text(file: Path) -> Path:
    """Give the list as plain text; that of a workbook lives as long as this command."""
    if not domain.is_workbook(file.name):
        return file
    folder = Path(click.get_current_context().with_resource(TemporaryDirectory()))
    text = folder / file.with_suffix(".csv").name
    with file.open("rb") as workbook, text.open("wb") as written:
        written.writelines(domain.sheet_text(workbook))
    return text


def _say_progress(run: ImportProgress) -> None:
    click.echo(f"\r{run.percent:3d} %  {run.done_rows} of {run.total_rows} rows", nl=False)


def _say_rows(done: int, total: int) -> None:
    click.echo(f"\r{done} of {total} rows checked", nl=False)


def _say_done(run: ImportProgress) -> None:
    click.echo(
        f"Import {run.id}: {run.created} created, {run.updated} updated, "
        f"{run.unchanged} unchanged, {run.rejected} rejected, {run.opted_out} opted out."
    )
    if run.repeated:
        click.echo(f"{run.repeated} rows have an address that stands further up in the list.")


def _say_check(check: ImportCheck, options: ImportOptions) -> None:
    _say_counts(check)
    _say_questions(check.survey.questions)
    click.echo(f"{check.opted_out} opted out, {check.may_write} may be written to.")
    if check.said_yes and not check.may_write:
        click.echo(f"{check.said_yes} rows say yes themselves: give --basis to use that.")
    if options.entry.track:
        click.echo(f"{check.entering} new leads can go in the track {options.entry.track}.")
    elif options.entry.until:
        click.echo(f"{check.entering} new leads rest until {options.entry.until}.")
    else:
        click.echo(f"The tracks decide about {check.entering} new leads.")
    for why, number in check.staying.items():
        click.echo(f"  {number} not: {why}")
    for why, number in check.reasons.items():
        click.echo(f"  {number} {'row is' if number == 1 else 'rows are'} not taken: {why}")
    click.echo("Columns:")
    for heading, column in check.mapping.items():
        click.echo(f"  {heading} -> {column or 'left out'}")
    _say_rows_of(check)


def _say_rows_of(check: ImportCheck) -> None:
    if check.repeated:
        click.echo(f"{check.repeated} rows have an address that stands further up.")
    shown = (
        ("Rejected", check.rejects),
        ("Cells left out", check.remarks),
        ("Addresses that stand twice", check.repeats),
    )
    for title, remarks in shown:
        _say_remarks(title, remarks)


def _say_counts(check: ImportCheck) -> None:
    if not check.total_rows:
        click.echo("The list has headings and no rows below them: export it again.")
    counts = ", ".join(f"{number} {outcome.value}" for outcome, number in check.counts.items())
    click.echo(f"{check.total_rows} rows: {counts}, {check.rejected} rejected. Nothing is written.")


def _say_remarks(title: str, remarks: tuple[Remark, ...]) -> None:
    if remarks:
        click.echo(f"{title} (the first {len(remarks)}):")
    for remark in remarks:
        click.echo(f"  row {remark.row}, {remark.column or 'whole row'}: {remark.reason}")
