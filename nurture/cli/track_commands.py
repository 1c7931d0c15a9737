"""`nurture tracks`: check, publish, list, pause and resume."""

import json
import sys
from pathlib import Path

import click

from campaigns.yamlfile import Problem
from nurture import runtime
from nurture import tracks as domain
from nurture.usecases.journeys import resume_track
from nurture.usecases.publishing.check_library import (
    LibraryRefused,
    check_tracks,
    counted,
    text_of,
    told,
)

FILE = click.Path(path_type=Path)


@click.group()
def tracks() -> None:
    """Check, publish, list, export, pause and resume tracks."""


@tracks.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
def check(files: tuple[Path, ...]) -> None:
    """Name every mistake by file, line, step and field; exit 1 when there is one.

    Mails, people, items, fields and the like are looked up in what is published and in FILES.
    """
    _look_at(files, done="Nothing was published.")
    click.echo(f"{len(files)} checked, nothing to mend.")


@tracks.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
def apply(files: tuple[Path, ...]) -> None:
    """Publish tracks; leads that are in one stay with the version that they started with."""
    texts = _look_at(files, done="Nothing has gone into force.")
    with runtime.start().works.begin("cli") as work:
        for name, words in texts.items():
            domain.publish(work, words, file=name)
    click.echo(f"{len(files)} published.")


def _look_at(files: tuple[Path, ...], *, done: str) -> dict[str, str]:
    """Read tracks; refuse them with every reason, and tell the remarks."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for path in files:
        words = text_of(path, path.name, problems)
        if words is not None:
            texts[path.name] = words
    remarks: list[Problem] = []
    if texts:
        found, remarks = check_tracks(runtime.start().works, texts)
        problems += found
    if len(texts) < len(files):
        raise LibraryRefused(tuple(problems), done=done)
    if problems:
        click.echo(f"{told(problems)}\n\n{counted(problems)} {done}")
        sys.exit(1)
    if remarks:
        click.echo(f"{told(remarks)}\n\nRemarks stop nothing.\n")
    return texts


@tracks.command()
@click.argument("track")
def export(track: str) -> None:
    """Print the text of the live version, comments and all."""
    with runtime.start().works.read("cli") as work:
        state = domain.get_track(work, track)
        click.echo(domain.texts(work, [state.version_id or 0])[state.version_id or 0], nl=False)


@tracks.command("list")
@click.option("--json", "as_json", is_flag=True, help="One object per track.")
def list_(*, as_json: bool) -> None:
    """List the tracks by priority, with how many leads are in each."""
    with runtime.start().works.read("cli") as work:
        rows = [(one, sum(domain.counts(work, one.id).values())) for one in domain.tracks(work)]
    for one, here in rows:
        if as_json:
            row = {
                "key": one.key,
                "name": one.name,
                "version": one.version,
                "leads": here,
                "paused": one.paused_at is not None,
            }
            click.echo(json.dumps(row))
        else:
            state = "paused" if one.paused_at else "running"
            click.echo(f"{one.key:<16} {one.name:<20} v{one.version}  {here:>7} leads  {state}")


@tracks.command()
@click.argument("track")
def pause(track: str) -> None:
    """Stop a track where it stands; nobody loses a place."""
    with runtime.start().works.begin("cli") as work:
        domain.pause(work, track)
    click.echo(f"“{track}” is paused.")


@tracks.command()
@click.argument("track")
@click.option(
    "--overdue",
    "how",
    type=click.Choice([one.value for one in domain.Overdue]),
    default="now",
    show_default=True,
    help="Steps that fell due meanwhile: do them, start waits anew, skip mails.",
)
def resume(track: str, how: str) -> None:
    """Let a track run again."""
    works = runtime.start().works
    with works.read("cli") as work:
        late = domain.overdue(work, track)
    resume_track.resume(works, track, domain.Overdue(how), actor="cli")
    click.echo(f"“{track}” runs again; {late} steps had fallen due ({how}).")
