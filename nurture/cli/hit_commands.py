"""`nurture hits`: judge old clicks and opens again after the rules have changed."""

from datetime import UTC, datetime

import click

from nurture import engagement, runtime
from nurture.usecases.responses import rejudge as usecase

SHOWN = 20
"""How many ids a line names."""


@click.group()
def hits() -> None:
    """Clicks and opens: judge old ones again by newer rules."""


@hits.command()
@click.option("--dry-run", is_flag=True, help="Tell what would change; write nothing.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="Only mail acted on since this day (UTC)."
)
def rejudge(*, dry_run: bool, since: datetime | None) -> None:
    """Tell people from machines again where older rules did; points and stages follow.

    Nobody is taken from sales: whom the agreement would not pass on any more is listed and
    becomes a task. A run that was ended goes on where it stood; a second one changes nothing.
    """
    here = runtime.start()
    from_then = None if since is None else since.replace(tzinfo=UTC)
    with here.works.read("cli") as work:
        old = engagement.judged_by_older(work, since=from_then)
    found = usecase.rejudge(
        here.works, journey=here.journey, since=from_then, dry_run=dry_run, progress=_say_progress
    )
    click.echo("", err=True)
    _say(found, old)
    if dry_run:
        click.echo("Nothing is written. Without --dry-run it is.")


def _say_progress(found: usecase.RejudgeOutcome) -> None:
    click.echo(f"\r{found.hits:,} hits", nl=False, err=True)


def _say(found: usecase.RejudgeOutcome, old: int) -> None:
    click.echo(
        f"{found.hits:,} hits of {found.messages:,} mails judged by rule set "
        f"{engagement.RULESET}; older rules had judged {old:,}."
    )
    click.echo(f"  person -> machine: {found.to_machine:,} of {found.hits:,} hits")
    click.echo(f"  machine -> person: {found.to_person:,} of {found.hits:,} hits")
    click.echo(f"  still a person's, proven no more: {found.unproven:,} of {found.hits:,} hits")
    click.echo(f"  leads for whom something changes: {found.leads:,} of {found.mailed:,}")
    click.echo(f"  points taken back: {found.points_back:g}; given: {found.points_given:g}")
    click.echo(f"  newly sales-ready: {_named(found.ready)}")
    click.echo(f"  newly ready for marketing: {_named(found.marketing)}")
    click.echo(
        f"  with sales, and would not be sales-ready any more: {len(found.with_sales):,}; "
        "they stay there, each with a task"
    )
    for one in found.with_sales:
        click.echo(f"    {one.lead_id}  {one.name}")
    if found.failed:
        click.echo(f"  could not be judged, the log says why: {_named(found.failed)} (mails)")


def _named(ids: tuple[int, ...]) -> str:
    some = ", ".join(map(str, ids[:SHOWN])) + (", ..." if len(ids) > SHOWN else "")
    return f"{len(ids):,} ({some})" if ids else "0"
