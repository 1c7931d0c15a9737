"""`nurture mail`: the stop switch, what was maybe delivered, and taking in what comes back."""

import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import click

from nurture import mail as domain
from nurture import runtime
from nurture.kernel import shared_values
from nurture.kernel.log import logger
from nurture.usecases.responses.inbound_mail import InboundMailResult, take_in


@click.group()
def mail() -> None:
    """Stop and start sending; list what was maybe delivered; take in what comes back."""


@mail.command()
def stop() -> None:
    """Stop all outgoing mail within five seconds."""
    with runtime.start().works.begin("cli") as work:
        shared_values.put(work, shared_values.SENDING_STOPPED, new=True)
    click.echo("Sending is stopped. `nurture mail start` lets it go on.")


@mail.command()
def start() -> None:
    """Let mail go out again."""
    with runtime.start().works.begin("cli") as work:
        shared_values.put(work, shared_values.SENDING_STOPPED, new=False)
    click.echo("Sending is on.")


@mail.command("in-doubt")
def in_doubt() -> None:
    """List mail that was maybe delivered and will not be sent again."""
    with runtime.start().works.read("cli") as work:
        lines = domain.in_doubt(work)
    for line in lines:
        mark = "\tpresumed delivered" if line.presumed else ""
        click.echo(f"{line.id}\t{line.recipient}\t{line.template}\t{line.reason}{mark}")
    click.echo(f"{len(lines)} maybe delivered.")


@mail.command()
@click.option(
    "--to",
    "recipient",
    default="",
    envvar=["ORIGINAL_RECIPIENT", "RECIPIENT"],
    help="The address that it was delivered to; Postfix sets it in the environment.",
)
def receive(recipient: str) -> None:
    """Take in one mail from standard input, as a pipe of a local mail server.

    Exits 0 when it is done, 75 when the server shall try again later.
    """
    try:
        raw = _from_stdin()
        here = runtime.start()
        outcome = take_in(here.works, raw, room=here.mailroom, recipient=recipient)
        if outcome is InboundMailResult.ASIDE:
            _keep(here.home / "aside", raw)
    except Exception as error:  # noqa: BLE001 - the outermost call of a process: the mail server keeps the mail
        logger().error("mail_comes_again", exc_info=error)
        sys.exit(os.EX_TEMPFAIL)
    click.echo(outcome)


def _from_stdin() -> bytes:
    """Read all of it, or the server would take us for broken; keep what anybody looks at."""
    stream: BinaryIO = sys.stdin.buffer
    raw = stream.read(domain.LONGEST_INCOMING)
    while stream.read(65_536):
        pass
    return raw


def _keep(folder: Path, raw: bytes) -> None:
    """Keep what a person must look at; no mailbox has it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{sha256(raw).hexdigest()[:32]}.eml"
    file.touch(mode=0o600)
    file.write_bytes(raw)
