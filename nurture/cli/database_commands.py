"""`nurture db`: bring the tables up to date, or tell whether they are."""

import sys

import click

from nurture import runtime, schema


@click.group("db")
def database() -> None:
    """Bring the tables up to date, or tell whether they are."""


@database.command()
def upgrade() -> None:
    """Bring the tables to what this version needs."""
    schema.upgrade(runtime.start().works.engine)
    click.echo("The database is up to date.")


@database.command()
def check() -> None:
    """Tell whether the tables are what this version needs; exit 1 if not."""
    if schema.pending(runtime.start().works.engine):
        click.echo("The database is behind. Run `nurture db upgrade`.")
        sys.exit(1)
    click.echo("The database is up to date.")
