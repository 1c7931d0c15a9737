"""How fast a click is answered and kept: our server against nginx that only says `return 302`."""

from dataclasses import replace

from tests.bench.result import BenchResult, summed_up
from tests.bench.web import SECONDS, TOKENS, beside_flask, contest

GOAL = 0.20


def run(*, runs: int = 5, smoke: bool = False) -> BenchResult:
    """Load both servers in turn, on the same core, with wrk on the other."""
    path = f"/c/{TOKENS.click}/1"
    seconds = 1 if smoke else SECONDS
    with contest() as one:
        one.pair(path, seconds=1)
        pairs = [one.pair(path, seconds=seconds) for _ in range(1 if smoke else runs)]
        notes = () if smoke else (beside_flask(path, f"/flask{path}", one),)
    result = summed_up(
        "click", pairs, unit="requests/s", reference_name="nginx return 302", goal=GOAL
    )
    return replace(result, notes=notes)
