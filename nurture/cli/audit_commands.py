"""`nurture audit` and `nurture publish`."""

import json
import sys
from pathlib import Path

import click

from campaigns.yamlfile import Problem
from nurture import runtime
from nurture.kernel.errors import Invalid
from nurture.reports.audit import run_audit
from nurture.usecases.publishing.check_library import LibraryRefused, counted, told
from nurture.usecases.publishing.publish import look_at, publish_library

ROOT = Path(__file__).resolve().parents[2]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One object per finding.")
def audit(*, as_json: bool) -> None:
    """Look for leads that nobody looks after; exit 1 if there are any."""
    with runtime.start().works.read("cli") as work:
        findings = run_audit(work)
    for one in findings:
        if as_json:
            rows = [{"lead": row.lead_id, "text": row.text} for row in one.rows]
            click.echo(json.dumps({"name": one.name, "sentence": one.sentence, "rows": rows}))
        else:
            click.echo(f"{one.name}  {one.sentence} ({len(one.rows)})")
            for row in one.rows[:10]:
                click.echo(f"      {row.text}")
    if findings:
        sys.exit(1)
    if not as_json:
        click.echo("Nobody is forgotten: every audit query returns no row.")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--check", "only_check", is_flag=True, help="Look it over, and publish nothing.")
def publish(folder: Path | None, *, only_check: bool) -> None:
    """Publish campaign files and the mails of templates/mail; the example by default.

    Every file, name and mail is looked over first: with one mistake nothing goes into force, and
    all are told, each with file and line. A mail that nothing uses is left out alone (exit 1).
    """
    here = runtime.start()
    library, mails = folder or ROOT / "campaigns" / "library", ROOT / "templates" / "mail"
    if not library.is_dir():
        raise Invalid(
            f"{library} is no folder: a library holds the files of "
            f"{ROOT / 'campaigns' / 'library'}."
        )
    if only_check:
        looked = look_at(here.works, library, mails=mails)
        _tell(looked.remarks, looked.refused)
        if looked.problems:
            raise LibraryRefused(looked.problems, done="Nothing was published.")
        click.echo("Looked over: all of it can go into force.")
        sys.exit(1 if looked.refused else 0)
    done = publish_library(here.works, library, mails=mails, links=here.links)
    _tell(done.remarks, done.refused)
    click.echo(
        f"In force: {done.assets} items, {done.mails} mails, {done.tracks} tracks, "
        f"{done.users} people."
    )
    if done.refused:
        sys.exit(1)


def _tell(remarks: tuple[Problem, ...], refused: tuple[Problem, ...]) -> None:
    if remarks:
        click.echo(f"{told(remarks)}\n\nRemarks stop nothing.\n")
    if refused:
        click.echo(
            f"{told(refused)}\n\n{counted(refused)} Nothing uses these mails: they alone are left "
            "out.\n",
            err=True,
        )
