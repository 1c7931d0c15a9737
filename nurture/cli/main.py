"""Put the groups together, and turn refusals into a sentence and an exit code."""

import sys

import click

from nurture.cli import (
    audit_commands,
    bench,
    database_commands,
    field_commands,
    hit_commands,
    key_commands,
    lead_commands,
    mail_commands,
    processes,
    track_commands,
    user_commands,
)
from nurture.kernel.database_errors import explaining_the_database
from nurture.kernel.errors import Refusal
from nurture.kernel.log import configure
from nurture.kernel.settings import load_settings, unknown_settings


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="nurture")
def nurture() -> None:
    """Nurture leads from the first touch to the hand-off to sales; nobody is forgotten."""


for group in (
    processes.demo,
    processes.up,
    processes.web,
    processes.worker,
    processes.tick,
    database_commands.database,
    lead_commands.leads,
    field_commands.fields,
    track_commands.tracks,
    mail_commands.mail,
    hit_commands.hits,
    user_commands.users,
    key_commands.keys,
    audit_commands.audit,
    audit_commands.publish,
    bench.bench,
):
    nurture.add_command(group)


def main() -> None:
    """Run the command; a refusal is a sentence on stderr and exit code 1."""
    try:
        configure(json=load_settings().log_format == "json")
        for sentence in unknown_settings():
            click.echo(sentence, err=True)
        with explaining_the_database():
            nurture(standalone_mode=True)
    except Refusal as refusal:
        click.echo(refusal.sentence, err=True)
        sys.exit(1)
