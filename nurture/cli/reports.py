"""`nurture audit` and `nurture publish`."""

import json
import sys
from pathlib import Path

import click

from nurture import runtime
from nurture.kernel.errors import Invalid
from nurture.reports.audit import run_audit
from nurture.usecases.publish import publish_library

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
@click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False
)
def publish(folder: Path | None) -> None:
    """Publish campaign files and the mails of templates/mail; the example by default."""
    here = runtime.start()
    library = folder or ROOT / "campaigns" / "library"
    try:
        done = publish_library(
            here.works, library, mails=ROOT / "templates" / "mail", links=here.links
        )
    except FileNotFoundError as error:
        raise Invalid(
            f"{error.filename} is missing: a library holds the files of "
            f"{ROOT / 'campaigns' / 'library'}. Copy what you do not change from there."
        ) from error
    click.echo(
        f"In force: {done.assets} items, {done.mails} mails, {done.tracks} tracks, "
        f"{done.users} people."
    )
