"""What people answer to tasks, and that no lead is left with nothing planned after it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from campaigns.sent_back import RejectReason
from campaigns.vocabulary import ActivityKind, ExitReason, Stage
from nurture import consent, engagement, handoff, leads, lifecycle, mail, tasks, tracks, users
from nurture.kernel.clock import FrozenClock
from nurture.kernel.errors import Conflict, Invalid
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work, Works
from nurture.reports.audit import run_audit
from nurture.tasks import AlreadyAnswered, NewTask, TaskKind, TaskView
from nurture.usecases import by_hand, progress, sell, todo
from nurture.usecases.todo import Choice, Reply
from nurture.usecases.track_exit import leave_tracks
from tests.usecases.house import RING, House, open_house, sent_message


@pytest.fixture
def house(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


@pytest.fixture
def lead_id(house: House) -> LeadId:
    """Let in somebody who is in no track and waits for nothing but what a test gives."""
    (found,) = house.let_in("anna", phone="+4930231250")
    with house.works.begin("test") as work:
        leave_tracks(work, [found], reason=ExitReason.REMOVED, words="test")
        tasks.drop(work, [found], outcome="test")
    return found


def actor(house: House, handle: str) -> str:
    with house.works.read("test") as work:
        return f"user:{users.by_handle(work, handle).id}"


def given(house: House, lead_id: LeadId, kind: TaskKind, title: str = "Look") -> int:
    with house.works.begin("test") as work:
        row = NewTask(
            dedup_key=f"test|{title}",
            kind=kind,
            title=title,
            reason="a test",
            due_at=work.now + timedelta(days=1),
            lead_id=lead_id,
            queue="marketing",
        )
        tasks.create(work, [row])
        return max(one.id for one in tasks.open_tasks(work, lead_id=lead_id))


def answer(house: House, task_id: int, reply: Reply, *, by: str = "mara") -> TaskView:
    with house.works.begin(actor(house, by)) as work:
        return todo.answer(work, task_id, reply, desk=house.here.desk, key=b"key")


def undo(house: House, task_id: int, *, by: str = "mara") -> None:
    with house.works.begin(actor(house, by)) as work:
        todo.undo(work, task_id)


def called(house: House, lead_id: LeadId) -> int:
    """Put the lead in a track that waits for a call; give the task."""
    with house.works.begin("test") as work:
        tracks.publish(work, RING, file="ring.yaml")
        tracks.enrol(work, "ring", [lead_id], due_at=work.now, reason="test")
    house.tick()
    with house.works.read("test") as work:
        (task,) = tasks.open_tasks(work, lead_id=lead_id)
        assert (task.kind, task.script) == (TaskKind.CALL, "call_about_questions")
        return task.id


def choose_ring(house: House, task_id: int) -> None:
    with house.works.begin("test") as work:
        tracks.publish(work, RING, file="ring.yaml")
    answer(house, task_id, Reply(Choice.TRACK, track="ring"))


def step_of(work: Work, lead_id: LeadId) -> list[str]:
    return [one.step for one in tracks.stays(work, lead_id) if one.ended_at is None]


def stage(house: House, lead_id: LeadId) -> Stage:
    with house.works.read("test") as work:
        return lifecycle.stages(work, [lead_id])[lead_id]


def nobody_is_forgotten(house: House) -> bool:
    house.clock.advance(timedelta(hours=2))
    while house.tick().due:
        pass
    with house.works.read("test") as work:
        return "N01" not in {one.name for one in run_audit(work)}


def test_an_outcome_moves_the_waiting_lead_on_at_once_and_is_a_call_on_its_timeline(
    house: House, lead_id: LeadId
) -> None:
    task_id = called(house, lead_id)

    answer(house, task_id, Reply("reached", note="No question open"), by="tom")
    house.tick()

    with house.works.read("test") as work:
        assert step_of(work, lead_id) == ["later"]
        call = next(
            one for one in engagement.timeline(work, lead_id, limit=50) if one.name == "reached"
        )
        assert call.kind is ActivityKind.CALLED
        assert call.detail["text"] == "No question open"


def test_a_question_on_the_phone_takes_the_lead_to_sales_once(
    house: House, lead_id: LeadId
) -> None:
    task_id = called(house, lead_id)

    answer(house, task_id, Reply("has_question", note="Wants a price"), by="tom")
    house.tick()

    assert stage(house, lead_id) is Stage.SALES_READY
    with house.works.read("test") as work:
        assert len(handoff.of_lead(work, lead_id)) == 1


def test_a_call_whose_track_went_on_without_it_is_closed(house: House, lead_id: LeadId) -> None:
    task_id = called(house, lead_id)

    house.days(20)

    with house.works.read("test") as work:
        task = tasks.get(work, task_id)
        assert (task.outcome, task.done_by) == ("the track went on", None)


def test_whom_sales_has_taken_over_needs_no_decision_of_marketing(
    house: House, lead_id: LeadId
) -> None:
    decide = given(house, lead_id, TaskKind.TRIAGE)
    hand = given(house, lead_id, TaskKind.FOLLOW_UP, "Answer the question")

    answer(house, hand, Reply(Choice.READY, note="Asked for a price"))

    with house.works.read("test") as work:
        assert tasks.get(work, decide).outcome == "promoted"
        assert tasks.open_tasks(work, lead_id=lead_id) == []


@pytest.mark.parametrize("choice", [Choice.DONE, Choice.NOT_POSSIBLE])
def test_who_has_nothing_else_planned_is_looked_at_again_after_an_answer(
    house: House, lead_id: LeadId, choice: Choice
) -> None:
    task_id = given(house, lead_id, TaskKind.ASK, "Ask who decides")

    done = answer(house, task_id, Reply(choice, note="It is Mr Hagen"))

    assert (done.outcome, done.note) == (choice, "It is Mr Hagen")
    with house.works.read("test") as work:
        (rest,) = tasks.open_tasks(work, lead_id=lead_id)
        assert rest.kind is TaskKind.WAKE
        notes = [one.detail.get("text") for one in engagement.timeline(work, lead_id, limit=50)]
        assert f"Ask who decides: {str(choice).replace('_', ' ')}. It is Mr Hagen" in notes
    assert nobody_is_forgotten(house)


def test_a_track_whose_choice_was_taken_back_can_be_chosen_again_until_it_wrote(
    house: House, lead_id: LeadId
) -> None:
    task_id = given(house, lead_id, TaskKind.TRIAGE)
    choose_ring(house, task_id)
    house.tick()
    with house.works.read("test") as work:
        assert [one.kind for one in tasks.open_tasks(work, lead_id=lead_id)] == [TaskKind.CALL]

    undo(house, task_id)

    with house.works.read("test") as work:
        assert [one.id for one in tasks.open_tasks(work, lead_id=lead_id)] == [task_id]
    choose_ring(house, task_id)
    with house.works.begin("test") as work:
        (stand,) = tracks.stands(work, [lead_id])
        version = next(iter(mail.live_versions(work).values()))
        work.session.add(sent_message(lead_id, stand.id, version, at=work.now))

    undo(house, task_id)

    with pytest.raises(Conflict, match="may not come back"):
        choose_ring(house, task_id)


def test_the_first_answer_holds_and_the_second_learns_who_was_first_and_when(
    house: House, lead_id: LeadId
) -> None:
    task_id = given(house, lead_id, TaskKind.ASK)
    answer(house, task_id, Reply(Choice.DONE), by="mara")
    at = house.clock.now()
    house.clock.advance(timedelta(minutes=3))

    with pytest.raises(AlreadyAnswered, match="already answered: done") as refused:
        answer(house, task_id, Reply(Choice.NOT_POSSIBLE), by="jonas")

    assert (refused.value.by, refused.value.at) == (actor(house, "mara"), at)


def test_of_two_who_press_at_the_same_moment_one_answers(
    fresh_works: Works, clock: FrozenClock, home: Path
) -> None:
    house = open_house(fresh_works, clock, home, {})
    (lead_id,) = house.let_in("anna")
    task_id = given(house, lead_id, TaskKind.ASK)
    gate = Barrier(2)

    def press(by: str) -> str:
        gate.wait()
        try:
            return answer(house, task_id, Reply(Choice.DONE), by=by).done_by or ""
        except AlreadyAnswered as refused:
            return f"too late, it was {refused.by}"

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(press, ["mara", "jonas"]), reverse=True)

    assert told == [told[0], f"too late, it was {told[0]}"] or told == [
        f"too late, it was {told[1]}",
        told[1],
    ]
    with house.works.read("test") as work:
        parked = [one for one in tasks.open_tasks(work, lead_id=lead_id) if one.kind == "wake"]
        assert len(parked) <= 1


def test_an_answer_that_a_task_does_not_offer_is_refused(house: House, lead_id: LeadId) -> None:
    ask = given(house, lead_id, TaskKind.ASK)
    with pytest.raises(Invalid, match="one of the answers"):
        answer(house, ask, Reply(Choice.SILENCE))


def test_a_decision_puts_the_lead_in_a_track(house: House, lead_id: LeadId) -> None:
    task_id = given(house, lead_id, TaskKind.TRIAGE)
    twin = given(house, lead_id, TaskKind.TRIAGE, "The same once more")

    answer(house, task_id, Reply(Choice.TRACK, track="keep_in_touch"))

    with house.works.read("test") as work:
        assert [one.track_key for one in tracks.stays(work, lead_id) if one.ended_at is None] == [
            "keep_in_touch"
        ]
        assert tasks.get(work, twin).outcome == "decided"
    assert nobody_is_forgotten(house)


def test_a_track_that_does_not_take_the_lead_says_why_and_the_task_stays_open(
    house: House, lead_id: LeadId
) -> None:
    task_id = given(house, lead_id, TaskKind.TRIAGE)
    with pytest.raises(Conflict, match="may not come back"):
        answer(house, task_id, Reply(Choice.TRACK, track="welcome"))
    with pytest.raises(Invalid, match="Choose the track"):
        answer(house, task_id, Reply(Choice.TRACK))
    with house.works.begin("test") as work:
        tracks.pause(work, "keep_in_touch")
    with pytest.raises(Conflict, match="is paused"):
        answer(house, task_id, Reply(Choice.TRACK, track="keep_in_touch"))

    with house.works.read("test") as work:
        assert tasks.get(work, task_id).done_at is None


def test_a_decision_passes_the_lead_to_sales_with_a_reason(house: House, lead_id: LeadId) -> None:
    task_id = given(house, lead_id, TaskKind.TRIAGE)
    with pytest.raises(Invalid, match="why sales should call"):
        answer(house, task_id, Reply(Choice.READY))

    answer(house, task_id, Reply(Choice.READY, note="Met at the fair"))

    assert stage(house, lead_id) is Stage.SALES_READY
    with pytest.raises(Conflict, match="others have been told"):
        undo(house, task_id)


def test_a_decision_lets_the_lead_rest_until_a_day(house: House, lead_id: LeadId) -> None:
    task_id = given(house, lead_id, TaskKind.TRIAGE)
    with pytest.raises(Invalid, match="a day to come"):
        answer(house, task_id, Reply(Choice.REST, until=house.clock.now().date()))

    answer(house, task_id, Reply(Choice.REST, until=date(2026, 6, 1), note="Budget in summer"))

    with house.works.read("test") as work:
        (rest,) = tasks.open_tasks(work, lead_id=lead_id)
        assert (rest.kind, rest.due_at.date(), rest.reason) == (
            TaskKind.WAKE,
            date(2026, 6, 1),
            "Budget in summer",
        )
    assert nobody_is_forgotten(house)


def test_a_decision_closes_the_lead_for_a_reason_and_undoing_opens_all_again(
    house: House, lead_id: LeadId
) -> None:
    task_id = given(house, lead_id, TaskKind.TRIAGE)
    other = given(house, lead_id, TaskKind.ASK, "Ask who decides")
    before = stage(house, lead_id)
    with pytest.raises(Invalid, match="why this lead is not a fit"):
        answer(house, task_id, Reply(Choice.NOT_A_FIT))
    with pytest.raises(Invalid, match="never come back"):
        answer(house, task_id, Reply(Choice.NOT_A_FIT, reason=RejectReason.LATER))

    answer(house, task_id, Reply(Choice.NOT_A_FIT, reason=RejectReason.LEFT_COMPANY))

    assert stage(house, lead_id) is Stage.DISQUALIFIED
    with house.works.read("test") as work:
        assert tasks.get(work, other).outcome == sell.DISQUALIFIED
        assert [one.kind for one in tasks.open_tasks(work, lead_id=lead_id)] == [TaskKind.ASK]
    house.clock.advance(timedelta(minutes=9))
    undo(house, task_id)
    assert stage(house, lead_id) is before
    with house.works.read("test") as work:
        assert {one.id for one in tasks.open_tasks(work, lead_id=lead_id)} == {task_id, other}
    assert nobody_is_forgotten(house)


def test_a_recycled_lead_that_was_closed_by_mistake_is_recycled_again(
    house: House, lead_id: LeadId
) -> None:
    with house.works.begin("test") as work:
        lifecycle.move(work, [lead_id], to=Stage.SALES_READY, reason="test")
        lifecycle.move(work, [lead_id], to=Stage.RECYCLED, reason="test")
    task_id = given(house, lead_id, TaskKind.TRIAGE)
    answer(house, task_id, Reply(Choice.NOT_A_FIT, reason=RejectReason.NOT_OURS))

    undo(house, task_id)

    assert stage(house, lead_id) is Stage.RECYCLED


def test_a_decision_stops_all_mail_and_the_lead_is_still_looked_after(
    house: House, lead_id: LeadId
) -> None:
    task_id = given(house, lead_id, TaskKind.TRIAGE)

    answer(house, task_id, Reply(Choice.SILENCE, note="Said so on the phone"))

    with house.works.read("test") as work:
        assert lead_id in consent.suppressed_now(work, [lead_id])
    assert nobody_is_forgotten(house)


@pytest.mark.parametrize(
    "reply",
    [Reply(Choice.TRACK, track="keep_in_touch"), Reply(Choice.REST, until=date(2026, 6, 1))],
    ids=["track", "rest"],
)
def test_for_ten_minutes_a_decision_is_taken_back_with_what_followed(
    house: House, lead_id: LeadId, reply: Reply
) -> None:
    task_id = given(house, lead_id, TaskKind.TRIAGE)
    answer(house, task_id, reply)
    house.tick()
    house.clock.advance(timedelta(minutes=10))

    undo(house, task_id)

    with house.works.read("test") as work:
        assert [one.id for one in tasks.open_tasks(work, lead_id=lead_id)] == [task_id]
        assert step_of(work, lead_id) == []
    answer(house, task_id, Reply(Choice.REST, until=date(2026, 7, 1)))
    assert nobody_is_forgotten(house)


def test_after_ten_minutes_or_by_somebody_else_nothing_is_taken_back(
    house: House, lead_id: LeadId
) -> None:
    task_id = given(house, lead_id, TaskKind.ASK)
    answer(house, task_id, Reply(Choice.DONE))
    with pytest.raises(Conflict, match="cannot be taken back"):
        undo(house, task_id, by="jonas")
    house.clock.advance(timedelta(minutes=10, seconds=1))
    with pytest.raises(Conflict, match="ten minutes have passed"):
        undo(house, task_id)


def test_who_is_put_in_a_track_by_hand_needs_no_decision_any_more(
    house: House, lead_id: LeadId
) -> None:
    task_id = given(house, lead_id, TaskKind.TRIAGE)
    with house.works.begin(actor(house, "mara")) as work:
        track = tracks.get_track(work, "keep_in_touch")
        by_hand.put_in_track(work, [lead_id], track=track, by="Mara")

    with house.works.read("test") as work:
        assert tasks.get(work, task_id).outcome == "put in a track"
        assert progress.next_actions_missing(work, [lead_id]) == []
        assert leads.get(work, lead_id).name == "Anna"
