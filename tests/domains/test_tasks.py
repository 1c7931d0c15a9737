from datetime import timedelta

import pytest

from nurture import tasks
from nurture.kernel.clock import FrozenClock
from nurture.kernel.errors import Conflict, Invalid, NotFound
from nurture.kernel.work import Work, Works
from nurture.tasks import NewTask, SnoozeRequest, TaskKind
from tests.domains.sales import a_lead, a_user


def call(work: Work, key: str = "call:1") -> NewTask:
    return NewTask(
        dedup_key=key,
        kind=TaskKind.CALL,
        title="Call them",
        reason="a question is open",
        due_at=work.now + timedelta(days=1),
        queue="telesales",
        outcomes={"reached": "d2", "not_now": "end"},
    )


def test_the_same_task_twice_is_one(work: Work) -> None:
    assert tasks.create(work, [call(work)]) == 1
    assert tasks.create(work, [call(work), call(work, "call:2")]) == 1
    assert len(tasks.open_tasks(work, queue="telesales")) == 2


def test_a_task_for_nobody_is_refused(work: Work) -> None:
    with pytest.raises(Invalid, match="person or a queue"):
        tasks.snooze(work, [SnoozeRequest(a_lead(work, "a@mill.example"), "rests", work.now)])


def test_the_first_answer_holds_and_names_the_next_step(work: Work) -> None:
    tasks.create(work, [call(work)])
    (task,) = tasks.open_tasks(work, queue="telesales")

    answered = tasks.done(work, task.id, outcome="reached")

    assert answered.next_step == "d2"
    assert tasks.open_tasks(work, queue="telesales") == []
    with pytest.raises(Conflict, match="already answered: reached"):
        tasks.done(work, task.id, outcome="not_now")


def test_an_outcome_that_the_step_does_not_know_is_refused(work: Work) -> None:
    tasks.create(work, [call(work)])
    (task,) = tasks.open_tasks(work, queue="telesales")

    with pytest.raises(Invalid, match="not_now, reached"):
        tasks.done(work, task.id, outcome="maybe")
    with pytest.raises(NotFound):
        tasks.done(work, task.id + 1, outcome="reached")


def test_a_parked_lead_wakes_once_and_not_before_its_date(works: Works, clock: FrozenClock) -> None:
    with works.begin("test") as work:
        lead_id = a_lead(work, "a@mill.example")
        owner = a_user(work, "tom")
        snoozed = SnoozeRequest(lead_id, "no budget", work.now + timedelta(days=30), owner_id=owner)
        assert tasks.snooze(work, [snoozed, snoozed]) == 1
        assert tasks.resume_due(work, limit=10) == []
    clock.advance(timedelta(days=30))
    with works.begin("tick") as work:
        (woken,) = tasks.resume_due(work, limit=10)
        assert (woken.lead_id, woken.reason, woken.owner_id) == (lead_id, "no budget", owner)
        assert tasks.resume_due(work, limit=10) == []


def test_parkings_show_on_their_lead_only(work: Work) -> None:
    lead_id = a_lead(work, "a@mill.example")
    tasks.snooze(
        work, [SnoozeRequest(lead_id, "rests", work.now + timedelta(days=1), queue="marketing")]
    )

    assert tasks.open_tasks(work, queue="marketing") == []
    assert [one.reason for one in tasks.open_tasks(work, lead_id=lead_id)] == ["rests"]
    assert tasks.next_due(work, [lead_id]) == {lead_id: work.now + timedelta(days=1)}


def test_dropping_what_is_idle_leaves_calls_open(work: Work) -> None:
    lead_id = a_lead(work, "a@mill.example")
    tasks.snooze(work, [SnoozeRequest(lead_id, "rests", work.now, queue="marketing")])
    follow_up = NewTask("f", TaskKind.FOLLOW_UP, "Answer", "asked", work.now, lead_id, queue="x")
    tasks.create(work, [follow_up])

    assert tasks.drop_idle(work, [lead_id], outcome="promoted") == 1
    assert [one.kind for one in tasks.due(work, limit=5)] == [TaskKind.FOLLOW_UP]
    assert tasks.drop(work, [lead_id], outcome="gone") == 1
