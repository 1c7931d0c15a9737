import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from campaigns.vocabulary import Stage
from nurture.kernel.clock import FrozenClock
from nurture.kernel.work import Work, Works
from nurture.reports import audit_summary
from nurture.reports.audit import QUERIES
from nurture.reports.audit_summary import AuditSummary
from nurture.reports.findings import AuditRow
from tests.domains.sales import a_lead
from workers.watch import EVERY, Watcher, watch

SECOND = timedelta(seconds=1)


def _fails(_work: Work) -> list[AuditRow]:
    raise LookupError


def last(works: Works) -> AuditSummary | None:
    with works.read("test") as work:
        return audit_summary.last_check(work)


def test_one_tick_checks_and_the_others_wait_for_their_minute(
    works: Works, clock: FrozenClock
) -> None:
    assert last(works) is None
    assert watch(works, who="first")
    assert not watch(works, who="first")
    assert not watch(works, who="second")

    found = last(works)
    assert found == AuditSummary(broken={}, checks=len(QUERIES), at=clock.now(), running=True)
    clock.advance(EVERY + SECOND)
    assert watch(works, who="second")


def test_what_it_finds_is_counted_for_each_promise(works: Works, clock: FrozenClock) -> None:
    with works.begin("test") as work:
        for name in ("ada", "bob"):
            a_lead(work, f"{name}@mill.example", stage=Stage.RECYCLED)
    clock.advance(timedelta(hours=2))

    watch(works, who="tick")

    found = last(works)
    assert found is not None
    assert found.broken == {"Q11": 2, "N01": 2}


def test_a_check_that_fails_leaves_the_last_result_to_grow_old(
    works: Works, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch(works, who="tick")
    clock.advance(audit_summary.FRESH)
    broken = (replace(QUERIES[0], find=_fails), *QUERIES[1:])
    monkeypatch.setattr("nurture.reports.audit.QUERIES", broken)
    with pytest.raises(LookupError):
        watch(works, who="tick")

    found = last(works)
    assert found is not None
    assert found.running
    clock.advance(SECOND)
    found = last(works)
    assert found is not None
    assert not found.running


def test_nothing_waits_for_a_check_and_only_one_runs(
    fresh_works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = fresh_works  # two threads, each with a transaction of its own
    go_on = threading.Event()

    def slow(_work: Work) -> list[AuditRow]:
        go_on.wait(20)
        return []

    monkeypatch.setattr("nurture.reports.audit.QUERIES", (replace(QUERIES[0], find=slow),))
    watcher = Watcher()
    assert watcher.look(works, who="tick")
    assert not watcher.look(works, who="tick")
    assert last(works) is None

    go_on.set()
    assert watcher.thread is not None
    watcher.thread.join(20)
    assert last(works) is not None
