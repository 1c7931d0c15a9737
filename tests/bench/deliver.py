"""End to end: planned message to accepted and recorded, through RQ, against smtp-source."""

from dataclasses import replace

from tests.bench.result import BenchResult, Pair, summed_up
from tests.bench.sending import office
from tests.bench.smtp import source_rate

GOAL = 0.30


def run(*, runs: int = 5, smoke: bool = False) -> BenchResult:
    """Send the welcome mail with one worker process and four connections."""
    count = 100 if smoke else 10_000
    with office() as one:
        size = one.size()
        one.through_the_queue(one.plan(100 if smoke else 500))  # warm
        pairs = []
        for _ in range(1 if smoke else runs):
            planned = one.plan(count)
            reference = source_rate(one.port, count, size=size)
            ours = one.through_the_queue(planned)
            pairs.append(Pair(ours, reference, ours / reference))
    result = summed_up(
        "deliver", pairs, unit="messages/s", reference_name="smtp-source -s 4", goal=GOAL
    )
    return replace(result, notes=(f"mails of {size} bytes on both sides",))
