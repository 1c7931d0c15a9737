"""`nurture bench`: measure, each figure against its reference in the same run."""

import importlib
import json
import sys
from pathlib import Path

import click

from nurture.kernel.errors import Unavailable

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "bench"
NAMES = ("compose", "smtp", "rq", "deliver", "click", "open", "tick", "intake", "memory")


@click.command(help=f"Measure NAME..., or all: {', '.join(NAMES)}.")
@click.argument("names", nargs=-1, type=click.Choice(NAMES), metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="One object per figure.")
@click.option("--runs", default=5, show_default=True, help="Repetitions; the median counts.")
@click.option("--smoke", is_flag=True, help="The smallest size, to see that the harness works.")
def bench(names: tuple[str, ...], *, as_json: bool, runs: int, smoke: bool) -> None:
    """Print each figure as soon as it is measured; a missing tool ends it with exit code 1."""
    if not FOLDER.is_dir():
        raise Unavailable("There are no benchmarks here; they come with the source tree.")
    sys.path.insert(0, str(ROOT))  # benchmarks are no part of what is installed
    missing = importlib.import_module("tests.bench.result").MissingTool
    for name in names or NAMES:
        try:
            result = importlib.import_module(f"tests.bench.{name}").run(runs=runs, smoke=smoke)
        except missing as error:
            raise Unavailable(str(error)) from error
        click.echo(json.dumps(result.to_json()) if as_json else str(result))
