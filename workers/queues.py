"""The queue as we use it: JSON instead of pickle, and no orphaned horses."""

import os
import signal
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from redis import Redis, exceptions
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from nurture.kernel.errors import Forbidden, Unavailable
from nurture.kernel.settings import Settings
from workers.lifeline import end_with_parent
from workers.valkey import recorded_url

DEFAULT_QUEUE = "default"
WORKER_TTL = 25
"""Seconds after which a killed worker is noticed; the queue's default is seven minutes.

An idle worker reports ten seconds sooner than that, a busy one as often as `WATCHED_EVERY` says.
"""
WATCHED_EVERY = 5

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


class RegisteredJob(Job):
    """A job as the queue holds it, of which only a registered function is ever looked up or run.

    RQ imports any name that an entry of the queue gives: `os.system` as well as ours, as the job
    itself or as a callback. Whoever can write to the queue could run any code in the worker.
    """

    functions: ClassVar[Collection[str]] = frozenset()
    """The full names that may run, such as `workers.jobs.send`."""

    @property
    def func(self) -> Callable[..., Any]:
        """Give the function that the entry names, if it is one of ours."""
        if self.func_name not in self.functions or self.instance is not None:
            raise Forbidden(
                f"The queue asked for “{self.func_name}”, which is not a job of Nurture: not run. "
                "Check who else can write to the queue at NURTURE_REDIS_URL."
            )
        found: Callable[..., Any] = super().func
        return found

    def restore(self, raw_data: Any) -> None:  # noqa: ANN401 - as RQ passes it
        """Read an entry without its callbacks and webhooks: we set none, so they are not ours."""
        super().restore(raw_data)
        self._success_callback_name = self._failure_callback_name = None
        self._stopped_callback_name = None
        self.webhooks = []


def only(functions: Collection[str]) -> type[RegisteredJob]:
    """Make the kind of job that may run these functions and no others."""
    return type("RegisteredJob", (RegisteredJob,), {"functions": frozenset(functions)})


def queue(connection: Redis, name: str = DEFAULT_QUEUE) -> Queue:
    """Open a queue whose messages are JSON: reading one cannot run code, as a pickle could."""
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


def make_worker(
    connection: Redis, functions: Collection[str], names: Sequence[str] = (DEFAULT_QUEUE,)
) -> HorseWorker:
    """Build a worker of these queues, in order of precedence; `work()` runs it.

    `functions` are the full names of what it may run; an entry that names another one fails.
    """
    return HorseWorker(
        [queue(connection, name) for name in names],
        connection=connection,
        job_class=only(functions),
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        job_monitoring_interval=WATCHED_EVERY,
        default_result_ttl=RESULT_TTL,
        log_job_description=False,  # arguments may name people
    )


def seen_workers(connection: Redis) -> dict[str, datetime]:
    """Tell when each worker last reported to the queue, by role, host and process."""
    found = {}
    for one in Worker.all(connection=connection):
        if one.last_heartbeat is not None:
            found[f"worker@{one.hostname}:{one.pid}"] = one.last_heartbeat.replace(tzinfo=UTC)
    return found


def queue_url(settings: Settings) -> str:
    """Name the queue's server: the one that is set, else the embedded one of `nurture up`."""
    found = settings.redis_url or recorded_url(settings.home)
    if found is None:
        raise Unavailable(
            "No queue is set. Set NURTURE_REDIS_URL, or start everything with `nurture up`."
        )
    return found
