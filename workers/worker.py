"""The process that runs jobs: a forking worker whose parent opens nothing."""

import argparse
from collections.abc import Sequence

from nurture.kernel.log import configure
from nurture.kernel.settings import load_settings
from workers import jobs
from workers.queues import DEFAULT_QUEUE, connect, make_worker, queue_url

WARM = jobs.JOBS
"""Named so that the parent has every job's code in memory before it forks."""


def main(arguments: Sequence[str]) -> int:
    """Run jobs: `python -m workers worker [QUEUE ...]`."""
    parser = argparse.ArgumentParser(prog="python -m workers worker", description=main.__doc__)
    parser.add_argument("queues", nargs="*", default=[DEFAULT_QUEUE])
    names = parser.parse_args(arguments).queues
    settings = load_settings()
    configure(json=settings.log_format == "json")  # the horses inherit it
    make_worker(connect(queue_url(settings)), names).work(logging_level="WARNING")
    return 0
