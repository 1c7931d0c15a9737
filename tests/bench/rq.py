"""What the queue costs: the same send loop through RQ, one forking worker, and without it."""

from tests.bench.result import BenchResult, Pair, summed_up
from tests.bench.sending import office

GOAL = 0.75


def run(*, runs: int = 5, smoke: bool = False) -> BenchResult:
    """Send by turns through the queue and directly."""
    count = 100 if smoke else 3_000
    with office() as one:
        one.through_the_queue(one.plan(100))  # warm
        one.directly(one.plan(100))
        pairs = []
        for _ in range(1 if smoke else runs):
            reference = one.directly(one.plan(count))
            ours = one.through_the_queue(one.plan(count))
            pairs.append(Pair(ours, reference, ours / reference))
    return summed_up(
        "rq", pairs, unit="messages/s", reference_name="the same loop without RQ", goal=GOAL
    )
