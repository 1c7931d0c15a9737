"""`nurture mail`: the stop switch and what was maybe delivered."""

import click

from nurture import mail as domain
from nurture import runtime
from nurture.kernel import shared


@click.group()
def mail() -> None:
    """Stop and start sending; list what was maybe delivered."""


@mail.command()
def stop() -> None:
    """Stop all outgoing mail within five seconds."""
    with runtime.start().works.begin("cli") as work:
        shared.put(work, shared.SENDING_STOPPED, new=True)
    click.echo("Sending is stopped. `nurture mail start` lets it go on.")


@mail.command()
def start() -> None:
    """Let mail go out again."""
    with runtime.start().works.begin("cli") as work:
        shared.put(work, shared.SENDING_STOPPED, new=False)
    click.echo("Sending is on.")


@mail.command("in-doubt")
def in_doubt() -> None:
    """List mail that was maybe delivered and will not be sent again."""
    with runtime.start().works.read("cli") as work:
        lines = domain.in_doubt(work)
    for line in lines:
        click.echo(f"{line.id}\t{line.recipient}\t{line.template}\t{line.reason}")
    click.echo(f"{len(lines)} maybe delivered.")
