import socket
import urllib.request

import pytest
from sqlalchemy import func, select

from campaigns.vocabulary import JobName
from nurture.kernel.clock import FrozenClock
from nurture.kernel.tables import OutboxEntry
from nurture.kernel.work import Work, Works
from tests.support.sockets import OutsideWorldError
from workers.queues import connect
from workers.valkey import EmbeddedValkey

SOME_JOB = next(iter(JobName))


def promised(works: Works) -> int:
    with works.read("test") as work:
        return work.session.scalar(select(func.count()).select_from(OutboxEntry)) or 0


@pytest.mark.parametrize("time", ["first", "second"])
def test_what_one_test_writes_no_other_test_sees(works: Works, time: str) -> None:
    assert promised(works) == 0, time

    with works.begin("test") as work:
        work.later(SOME_JOB)

    assert promised(works) == 1


def test_a_refusal_takes_back_its_own_writes_only(works: Works) -> None:
    with works.begin("test") as work:
        work.later(SOME_JOB)

    with pytest.raises(LookupError), works.begin("test") as work:
        work.later(SOME_JOB)
        work.session.flush()
        raise LookupError

    assert promised(works) == 1


def test_an_open_work_carries_the_frozen_time(work: Work, clock: FrozenClock) -> None:
    assert work.now == clock.instant


def test_a_fresh_database_has_the_schema_and_commits(fresh_works: Works) -> None:
    with fresh_works.begin("test") as work:
        work.later(SOME_JOB)

    assert promised(fresh_works) == 1


def test_the_outside_world_cannot_be_reached() -> None:
    with pytest.raises(OutsideWorldError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(OutsideWorldError):
        urllib.request.urlopen("http://example.org/", timeout=1)


def test_the_embedded_queue_answers_and_survives_a_crash(valkey: EmbeddedValkey) -> None:
    with connect(valkey.url) as queue:
        queue.set("promise", "kept")
        queue.execute_command("WAITAOF", 1, 0, 5000)
        valkey.kill()
        valkey.start()

        assert queue.get("promise") == b"kept"
