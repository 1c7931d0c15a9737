"""Carry promises from the database to the queue; the queue may forget them, the sweep does not."""

from collections.abc import Sequence

from redis import Redis
from redis.exceptions import RedisError
from rq import Retry

from campaigns.vocabulary import JobName
from nurture import mail
from nurture.kernel import outbox
from nurture.kernel.errors import Unavailable
from nurture.kernel.outbox import OutboxJob
from nurture.kernel.work import Works
from workers.jobs import JOBS
from workers.queues import queue

JOB_TIMEOUT_SECONDS = 720
"""The 600 s that a server may take after the last line of a message, and two minutes more."""
AGAIN = {
    JobName.SEND: None,  # the reaper frees what a dead sender held, the sweep hands it on (S-03)
    JobName.ABSORB: Retry(max=2),
    JobName.IMPORT: Retry(max=2),
    JobName.CHECK: Retry(max=2),
    JobName.UNFOLD: Retry(max=2),
    JobName.COLLECT: None,  # a minute later it is asked for again
    JobName.LOOK_UP: None,  # likewise
}
"""Which jobs the queue runs again when their horse was killed: those that find only what is left.

Nobody but our own reaper knows what a killed sender has said to a mail server.
"""


def relay_once(works: Works, connection: Redis) -> int:
    """Enqueue open promises and close them; dying in between enqueues twice, which is once."""
    _answers(connection)
    with works.begin("relay") as work:
        promises = outbox.open_jobs(work)
        if promises:
            _enqueue(connection, promises)
            outbox.mark_relayed(work, [one.id for one in promises])
    return len(promises)


def send_off(works: Works, connection: Redis, *, batches: int, marketing: int | None = None) -> int:
    """Put what is due in batches, one at a time: the first is sent while the next is made.

    A share of marketing mail, as `mail.batch_due` knows it, is given out at once.
    """
    step, made = batches if marketing is not None else 1, 0
    while made < batches:
        with works.begin("tick") as work:
            new = len(mail.batch_due(work, batches=step, marketing=marketing))
        if new:
            relay_once(works, connection)
        made += new
        if new < step or marketing is not None:
            break
    return made


def _answers(connection: Redis) -> None:
    """Ask before a transaction is open: on SQLite everybody would wait for the queue with it."""
    try:
        connection.ping()
    except RedisError as error:
        raise Unavailable("The queue does not answer; promises wait in the database.") from error


def _enqueue(connection: Redis, promises: Sequence[OutboxJob]) -> None:
    jobs = queue(connection)
    seen: set[JobName] = set()
    try:
        for one in promises:
            arguments = one.payload if isinstance(one.payload, dict) else {}
            if not arguments and one.job in seen:
                continue  # a job that looks for its own work need not be told twice
            seen.add(one.job)
            jobs.enqueue(
                JOBS[one.job],
                kwargs=arguments,
                job_timeout=JOB_TIMEOUT_SECONDS,
                result_ttl=0,
                failure_ttl=86_400,
                retry=AGAIN[one.job],
            )
    except RedisError as error:
        raise Unavailable("The queue does not answer; promises wait in the database.") from error
