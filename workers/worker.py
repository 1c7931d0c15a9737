"""The process that runs jobs: a forking worker whose parent holds nothing open."""

import argparse
from collections.abc import Sequence

from nurture import mail, runtime, schema
from nurture.kernel.errors import Refusal
from nurture.kernel.log import configure
from nurture.kernel.settings import Settings, load_settings
from nurture.usecases.company import company
from nurture.usecases.policy import policy, topic_words
from workers import jobs
from workers.queues import DEFAULT_QUEUE, connect, make_worker, queue_url

WARM = jobs.JOBS
"""Named so that the parent has every job's code in memory before it forks."""


def warm(settings: Settings) -> None:
    """Read once what every horse would read: mails and rules; published versions never change.

    The connection is closed before the first fork: SQLite must not cross it. What is published
    later, each horse reads for itself. An installation that lacks its tables warms nothing.
    """
    here = runtime.start(settings)
    if schema.pending(here.works.engine):
        return
    try:
        with here.works.read("worker") as work:
            policy(work)
            topic_words(work)
            company(work, sender=settings.sender, postal=settings.postal_address)
            versions = mail.compiled(work, list(mail.live_versions(work).values()))
        for version, stored in versions.items():
            mail.warm(mail.compiled_mail(version, stored))
    except Refusal:
        pass  # nothing has been published yet
    finally:
        here.works.engine.dispose()


def main(arguments: Sequence[str]) -> int:
    """Run jobs: `python -m workers worker [QUEUE ...]`."""
    parser = argparse.ArgumentParser(prog="python -m workers worker", description=main.__doc__)
    parser.add_argument("queues", nargs="*", default=[DEFAULT_QUEUE])
    names = parser.parse_args(arguments).queues
    settings = load_settings()
    configure(json=settings.log_format == "json")  # the horses inherit it
    warm(settings)
    make_worker(connect(queue_url(settings)), names).work(logging_level="WARNING")
    return 0
