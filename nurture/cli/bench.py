"""`nurture bench`: measure, each figure against its reference in the same run."""

import importlib
import json
import sys
from pathlib import Path

import click

NAMES = ("compose", "smtp", "rq", "deliver", "click", "open", "tick", "intake", "memory")
ROOT = Path(__file__).resolve().parents[2]


@click.command()
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One object per figure.")
@click.option("--runs", default=5, show_default=True, help="Repetitions; the median counts.")
@click.option("--smoke", is_flag=True, help="The smallest size, to see that the harness works.")
def bench(names: tuple[str, ...], *, as_json: bool, runs: int, smoke: bool) -> None:
    """Measure NAME..., or everything that there is a measurement for."""
    if not (ROOT / "tests" / "bench").is_dir():
        click.echo("There are no benchmarks in this installation; they come with the source tree.")
        sys.exit(1)
    sys.path.insert(0, str(ROOT))
    present = [name for name in NAMES if (ROOT / "tests" / "bench" / f"{name}.py").exists()]
    for name in names or present:
        if name not in present:
            raise click.UsageError(
                f"No benchmark is called “{name}”. There are: {', '.join(present)}."
            )
        result = importlib.import_module(f"tests.bench.{name}").run(runs=runs, smoke=smoke)
        click.echo(json.dumps(result.to_json()) if as_json else str(result))
