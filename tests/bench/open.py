"""How fast an open is answered and kept: our server against nginx's `empty_gif`."""

from tests.bench.result import BenchResult, summed_up
from tests.bench.web import SECONDS, TOKENS, contest

GOAL = 0.20


def run(*, runs: int = 5, smoke: bool = False) -> BenchResult:
    """Load both servers in turn, on the same core, with wrk on the other."""
    path = f"/o/{TOKENS.open}.gif"
    seconds = 1 if smoke else SECONDS
    with contest() as one:
        one.pair(path, seconds=1)
        pairs = [one.pair(path, seconds=seconds) for _ in range(1 if smoke else runs)]
    return summed_up("open", pairs, unit="requests/s", reference_name="nginx empty_gif", goal=GOAL)
