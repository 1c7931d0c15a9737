"""How much memory importing, ticking, sending and serving take, and how it grows with leads."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.bench.instance import Instance, instance
from tests.bench.result import BenchResult, Pair, summed_up
from tests.bench.sending import surroundings
from tests.bench.served import served

LIMIT_MB = 300
SIZES = (10_000, 100_000)
ROLES = ("import", "tick", "send")
EMBEDDED = "import on SQLite"
ROOT = Path(__file__).resolve().parents[2]


def run(*, runs: int = 1, smoke: bool = False) -> BenchResult:
    """Do everything twice in processes of its own: for few leads, and for ten times as many."""
    del runs  # a peak is no rate: once says it
    found: list[dict[str, float]] = []
    for size in (20,) if smoke else SIZES:
        with instance("postgresql") as one:
            found.append(_peaks(one, size, ROLES))
            web = served(one, smoke=smoke)
            found[-1] |= {"web, first round": web.first_round, "web": web.whole}
        with instance("sqlite") as one:
            found[-1][EMBEDDED] = _peaks(one, size, ROLES[:1])[ROLES[0]]
    worst = max(found[-1].values())
    growth = [f"{role} {found[0][role]:.0f} -> {found[-1][role]:.0f} MB" for role in found[0]]
    result = summed_up(
        "memory",
        [Pair(worst, LIMIT_MB, LIMIT_MB / worst)],
        unit="MB at the peak",
        reference_name="what a process may use",
        goal=1.0,
    )
    return replace(result, notes=(", ".join(growth),))


def _peaks(one: Instance, size: int, roles: Sequence[str]) -> dict[str, float]:
    people = one.home / "people.csv"
    with people.open("w") as file:
        file.write("E-Mail,First name,Company,Country\n")
        file.writelines(
            f"lead{n}@firm{n % 500}.example,Name{n},Firm {n % 500},DE\n" for n in range(size)
        )
    return {name: size for role in roles for name, size in _peak(one, role, people).items()}


def _peak(one: Instance, role: str, people: Path) -> dict[str, float]:
    """Run a role to its end; it tells the largest resident sizes that it and its helper had."""
    command = [sys.executable, "-m", "tests.bench.peak", role, str(people)]
    env = surroundings(one.here.settings, "redis://127.0.0.1:1")
    done = subprocess.run(
        command, cwd=ROOT, env=env, check=True, capture_output=True, text=True, timeout=3_600
    )
    return {name: size / 1_024 for name, size in json.loads(done.stdout.splitlines()[-1]).items()}
