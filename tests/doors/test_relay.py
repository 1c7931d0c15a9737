"""What the database promised reaches the queue, as jobs that the queue may or may not run again."""

import pytest
from redis import Redis
from rq.job import Job

from campaigns.vocabulary import JobName
from nurture.kernel.work import Works
from workers.jobs import JOBS
from workers.queues import connect, queue
from workers.relay import AGAIN, relay_once
from workers.valkey import EmbeddedValkey


@pytest.fixture
def line(valkey: EmbeddedValkey) -> Redis:
    found = connect(valkey.url)
    found.flushall()
    return found


def jobs(line: Redis) -> dict[str | None, Job]:
    return {job.func_name: job for job in queue(line).jobs}


def test_the_queue_never_runs_a_send_job_again(works: Works, line: Redis) -> None:
    with works.begin("test") as work:
        work.later(JobName.SEND, {"batch": 1})
        work.later(JobName.IMPORT, {"import_id": 1})

    assert relay_once(works, line) == 2

    found = jobs(line)
    assert found[JOBS[JobName.SEND]].retries_left is None
    assert found[JOBS[JobName.IMPORT]].retries_left == 2


def test_of_every_job_it_is_said_whether_the_queue_may_run_it_again() -> None:
    assert AGAIN.keys() == JOBS.keys() == set(JobName)
