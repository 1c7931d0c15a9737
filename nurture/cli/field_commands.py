"""`nurture fields`: which fields a lead has, and what is wrong in a file of them."""

import sys
from pathlib import Path

import click

from campaigns.fields import GROUP_WORDS, FieldDefinition
from nurture import leads, published, runtime
from nurture.usecases.publishing.check_library import check_field_file, counted, told

FILE = click.Path(path_type=Path)


@click.group()
def fields() -> None:
    """List the fields of a lead, check a file of them, keep their indexes."""


@fields.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what Nurture works out itself.")
def list_fields(everything: bool) -> None:  # noqa: FBT001 - an option
    """List every field: its key, kind, label, and where it comes from."""
    with runtime.start().works.read("cli") as work:
        schema = published.fields(work)
    shown = [one for one in schema.fields.values() if everything or not one.derived]
    width = max(len(one.key) for one in shown)
    for one in shown:
        click.echo(f"{one.key:<{width}}  {one.kind:<9}  {one.full_label:<34}  {_about(one)}")


@fields.command()
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """Name every mistake of FILE, and the leads whose values a changed kind cannot hold."""
    problems = check_field_file(runtime.start().works, file)
    if problems:
        click.echo(f"{told(problems)}\n\n{counted(problems)} Nothing has gone into force.")
        sys.exit(1)
    click.echo("Nothing to mend. `nurture publish` brings it into force with its library.")


@fields.command()
def index() -> None:
    """Create the indexes of fields with `indexed: true`, drop the others; everything goes on."""
    here = runtime.start()
    with here.works.read("cli") as work:
        wanted = [one.key for one in published.fields(work).live if one.indexed and not one.column]
    new, gone = leads.keep_indexes(here.works.engine, wanted)
    for words, keys in (("Indexed", new), ("Not indexed any more", gone)):
        if keys:
            click.echo(f"{words}: {', '.join(keys)}.")
    if not new and not gone:
        click.echo("Every index is as the fields say.")


def _about(one: FieldDefinition) -> str:
    parts = ["built in" if one.built_in else "yours"]
    if one.derived:
        parts.append("worked out")
    if one.group in GROUP_WORDS:
        parts.append(GROUP_WORDS[one.group].lower())
    if one.options:
        parts.append(f"{len(one.options)} choices")
    parts += [word for word, true in (("retired", one.retired), ("indexed", one.indexed)) if true]
    return ", ".join(parts)
