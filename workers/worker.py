"""The process that runs jobs: a forking worker whose parent holds nothing open."""

import argparse
import gc
import threading
from collections.abc import Sequence

from nurture import schema
from nurture.kernel.database import passing
from nurture.kernel.database_errors import explaining_the_database
from nurture.kernel.errors import Refusal
from nurture.kernel.log import configure
from nurture.usecases.delivery import recorder
from workers import jobs
from workers.queues import DEFAULT_QUEUE, connect, explaining_the_queue, make_worker, queue_url

WARM = jobs.JOBS
"""Named so that the parent has every job's code in memory before it forks."""


def warm() -> None:
    """Do once what every horse would do again: read mails and rules, word the statements.

    No connection is open when it returns: SQLite must not cross a fork. What is published later,
    each horse reads for itself. An installation that lacks its tables warms nothing.
    """
    here = jobs.opened()
    try:
        if schema.pending(here.works.engine):
            return
        post = here.post()
        with here.works.begin("worker") as work:
            recorder.rehearse(work, post=post)
    except Exception as error:
        # Nothing has been published, no mail server is set, or the database is away for now.
        if not isinstance(error, Refusal) and not passing(error):
            raise
    finally:
        here.works.engine.dispose()


@explaining_the_database()
def main(arguments: Sequence[str]) -> int:
    """Run jobs: `python -m workers worker [QUEUE ...]`."""
    parser = argparse.ArgumentParser(prog="python -m workers worker", description=main.__doc__)
    parser.add_argument("queues", nargs="*", default=[DEFAULT_QUEUE])
    names = parser.parse_args(arguments).queues
    settings = jobs.opened().settings
    configure(json=settings.log_format == "json")  # the horses inherit it
    schema.await_tables(jobs.opened().works.engine, threading.Event().wait)
    warm()
    gc.collect()
    gc.freeze()  # what a horse never looks at, it need not copy
    url = queue_url(settings)
    with explaining_the_queue(url):
        make_worker(connect(url), jobs.JOBS.values(), names).work(logging_level="WARNING")
    return 0
