"""Start everything, or one role of it; the workers run as programs of their own."""

import os
import sys
from typing import NoReturn

import click


def _run(*argv: str) -> NoReturn:
    """Become a role's program: whatever is said to this process, such as SIGTERM, it hears."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", *argv])  # noqa: S606 - our own programs


@click.command(
    context_settings={"ignore_unknown_options": True},
    add_help_option=False,
    options_metavar="[--once] [--days N] [--seed N] [--home DIR] [--port N] [--keep]",
)
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="")
def demo(options: tuple[str, ...]) -> None:
    """Play the example company; --once plays 90 days and exits."""
    _run("workers", "demo", *options)


@click.command()
def up() -> None:
    """Start everything from the settings in one terminal."""
    _run("workers", "up")


@click.command()
def web() -> None:
    """Serve pages, clicks and opens."""
    _run("nurture.web.serve")


@click.command()
@click.argument("queues", nargs=-1)
def worker(queues: tuple[str, ...]) -> None:
    """Run jobs of the queues (all of them by default)."""
    _run("workers", "worker", *queues)


@click.command()
def tick() -> None:
    """Find what is due and move it on."""
    _run("workers", "tick")
