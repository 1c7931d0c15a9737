"""Promises to the queue: kept ones go, open ones stay."""

from datetime import timedelta

from sqlalchemy import insert

from campaigns.vocabulary import JobName
from nurture.kernel import outbox
from nurture.kernel.clock import FrozenClock
from nurture.kernel.tables import OutboxEntry
from nurture.kernel.work import Works

OLD = timedelta(days=3)


def promised(works: Works, *, times: int) -> list[int]:
    with works.begin("test") as work:
        for number in range(times):
            work.later(JobName.SEND, {"batch": number})
    with works.begin("relay") as work:
        return [one.id for one in outbox.open_jobs(work)]


def test_kept_promises_go_after_two_days_and_open_ones_never(
    works: Works, clock: FrozenClock
) -> None:
    kept = promised(works, times=3)
    with works.begin("relay") as work:
        outbox.mark_relayed(work, kept)
        assert outbox.forget_relayed(work) == 0
    clock.advance(OLD)
    open_ones = promised(works, times=2)

    with works.begin("tick") as work:
        assert outbox.forget_relayed(work, limit=2) == 2
        assert outbox.forget_relayed(work) == 1
        assert [one.id for one in outbox.open_jobs(work)] == open_ones
    clock.advance(OLD)
    with works.begin("tick") as work:
        assert outbox.forget_relayed(work) == 0


def test_a_job_of_a_newer_version_stands_in_nobodys_way(works: Works) -> None:
    with works.begin("test") as work:
        row = {"payload": None, "created_at": work.machine}
        work.session.execute(insert(OutboxEntry), [row | {"job": "fly"}, row | {"job": "absorb"}])
    with works.begin("relay") as work:
        assert [one.job for one in outbox.open_jobs(work)] == [JobName.ABSORB]
        assert outbox.waiting(work) == 2
