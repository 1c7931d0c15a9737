"""The queue as we use it: JSON instead of pickle, and no orphaned horses."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from redis import Redis, exceptions
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from nurture.kernel.errors import Unavailable
from nurture.kernel.settings import Settings
from workers.lifeline import end_with_parent
from workers.valkey import recorded_url

DEFAULT_QUEUE = "default"
WORKER_TTL = 45
"""Seconds after which a killed worker is noticed; the queue's default is seven minutes."""

RESULT_TTL = 0
"""Results are rows in the database; the queue keeps none."""


def connect(url: str, *, patience: float | None = None) -> Redis:
    """Open a connection pool to Redis or Valkey: `redis://`, `rediss://` or `unix://`.

    A worker waits for jobs as long as it likes; whoever only asks says how long (seconds).
    """
    return Redis.from_url(
        url, health_check_interval=30, socket_connect_timeout=5, socket_timeout=patience
    )


@contextmanager
def explaining_the_queue(url: str) -> Iterator[None]:
    """Turn a queue that is away into a sentence, without the password in its address."""
    try:
        yield
    except (exceptions.ConnectionError, exceptions.TimeoutError) as error:
        parts = urlsplit(url)
        place = parts.path if parts.scheme == "unix" else f"{parts.hostname}:{parts.port or 6379}"
        raise Unavailable(
            f"The queue at {place} does not answer. Start Redis or Valkey there, "
            "or set NURTURE_REDIS_URL to where it runs."
        ) from error


def queue(connection: Redis, name: str = DEFAULT_QUEUE) -> Queue:
    """Open a queue whose messages are JSON: nothing that is read from it can run code."""
    return Queue(name, connection=connection, serializer=JSONSerializer)


class HorseWorker(Worker):
    """Fork per job, and kill the fork when its worker is killed.

    An orphan would go on sending while the sweeper hands its batch to somebody else. The journal
    makes that safe; this makes it rare.
    """

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Tie the horse's life to the worker's before it opens anything."""
        end_with_parent(self.pid or os.getppid(), signal.SIGKILL)
        super().main_work_horse(job, queue)


def make_worker(connection: Redis, names: Sequence[str] = (DEFAULT_QUEUE,)) -> HorseWorker:
    """Build a worker of these queues, in order of precedence; `work()` runs it."""
    return HorseWorker(
        [queue(connection, name) for name in names],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        default_result_ttl=RESULT_TTL,
        log_job_description=False,  # arguments may name people
    )


def queue_url(settings: Settings) -> str:
    """Name the queue's server: the one that is set, else the embedded one of `nurture up`."""
    found = settings.redis_url or recorded_url(settings.home)
    if found is None:
        raise Unavailable(
            "No queue is set. Set NURTURE_REDIS_URL, or start everything with `nurture up`."
        )
    return found
