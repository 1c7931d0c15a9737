"""What the queue may run: open the runtime, one use case, one log line."""

from functools import lru_cache

from campaigns.vocabulary import JobName
from nurture import runtime
from nurture.kernel.log import logger
from nurture.runtime import Runtime
from nurture.usecases import capture, deliver, evidence, listen

ABSORB_LIMIT = 2_000


@lru_cache(maxsize=1)
def _runtime() -> Runtime:
    """Open in the work-horse, after the fork; SQLite and sockets must not cross it."""
    return runtime.start()


def send(batch: int) -> None:
    """Send one batch of messages."""
    here = _runtime()
    done = deliver.deliver(here.works, batch, post=here.post())
    logger().info("sent", batch=batch, **{str(event): n for event, n in done.counts.items()})


def absorb() -> None:
    """Join new hits to their messages and leads."""
    here = _runtime()
    count = listen.absorb(
        here.works, limit=ABSORB_LIMIT, facts=evidence.message_facts, patience=here.patience
    )
    logger().info("absorbed", count=count)


def import_(import_id: int) -> None:
    """Run or resume one import."""
    here = _runtime()
    done = capture.run_import(here.works, import_id, house=here.house)
    logger().info("imported", import_id=import_id, done=done.done_rows, total=done.total_rows)


JOBS = {
    JobName.SEND: "workers.jobs.send",
    JobName.ABSORB: "workers.jobs.absorb",
    JobName.IMPORT: "workers.jobs.import_",
}
"""Every job that the database may promise, and the function that keeps the promise."""
