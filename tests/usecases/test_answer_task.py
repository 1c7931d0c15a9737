"""What people answer to tasks, and that no lead is left with nothing planned after it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from campaigns.rejection_reasons import RejectReason
from campaigns.vocabulary import ActivityKind, ExitReason, Stage
from nurture import consent, engagement, handoff, leads, lifecycle, mail, tasks, tracks, users
from nurture.kernel.clock import FrozenClock
from nurture.kernel.errors import Conflict, Invalid
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work, Works
from nurture.reports.audit import run_audit
from nurture.tasks import AlreadyAnswered, NewTask, TaskKind, TaskView
from nurture.usecases.desk import answer_task
from nurture.usecases.desk.answer_task import TaskAnswer, TaskChoice
from nurture.usecases.journeys import advance, enrolment
from nurture.usecases.sales import handoff_answers
from nurture.usecases.shared.track_exit import leave_tracks
from tests.usecases.intake import RING, House, open_house, sent_message


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


@pytest.fixture
def lead_id(intake: House) -> LeadId:
    """Let in somebody who is in no track and waits for nothing but what a test gives."""
    (found,) = intake.let_in("anna", phone="+4930231250")
    with intake.works.begin("test") as work:
        leave_tracks(work, [found], reason=ExitReason.REMOVED, words="test")
        tasks.drop(work, [found], outcome="test")
    return found


def actor(intake: House, handle: str) -> str:
    with intake.works.read("test") as work:
        return f"user:{users.by_handle(work, handle).id}"


def given(intake: House, lead_id: LeadId, kind: TaskKind, title: str = "Look") -> int:
    with intake.works.begin("test") as work:
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


def answer(intake: House, task_id: int, reply: TaskAnswer, *, by: str = "mara") -> TaskView:
    with intake.works.begin(actor(intake, by)) as work:
        return answer_task.answer(work, task_id, reply, journey=intake.here.journey, key=b"key")


def undo(intake: House, task_id: int, *, by: str = "mara") -> None:
    with intake.works.begin(actor(intake, by)) as work:
        answer_task.undo(work, task_id)


def called(intake: House, lead_id: LeadId) -> int:
    """Put the lead in a track that waits for a call; give the task."""
    with intake.works.begin("test") as work:
        tracks.publish(work, RING, file="ring.yaml")
        tracks.enrol(work, "ring", [lead_id], due_at=work.now, reason="test")
    intake.tick()
    with intake.works.read("test") as work:
        (task,) = tasks.open_tasks(work, lead_id=lead_id)
        assert (task.kind, task.script) == (TaskKind.CALL, "call_about_questions")
        return task.id


def choose_ring(intake: House, task_id: int) -> None:
    with intake.works.begin("test") as work:
        tracks.publish(work, RING, file="ring.yaml")
    answer(intake, task_id, TaskAnswer(TaskChoice.TRACK, track="ring"))


def step_of(work: Work, lead_id: LeadId) -> list[str]:
    return [one.step for one in tracks.stays(work, lead_id) if one.ended_at is None]


def stage(intake: House, lead_id: LeadId) -> Stage:
    with intake.works.read("test") as work:
        return lifecycle.stages(work, [lead_id])[lead_id]


def nobody_is_forgotten(intake: House) -> bool:
    intake.clock.advance(timedelta(hours=2))
    while intake.tick().due:
        pass
    with intake.works.read("test") as work:
        return "N01" not in {one.name for one in run_audit(work)}


def test_an_outcome_moves_the_waiting_lead_on_at_once_and_is_a_call_on_its_timeline(
    intake: House, lead_id: LeadId
) -> None:
    task_id = called(intake, lead_id)

    answer(intake, task_id, TaskAnswer("reached", note="No question open"), by="tom")
    intake.tick()

    with intake.works.read("test") as work:
        assert step_of(work, lead_id) == ["later"]
        call = next(
            one for one in engagement.timeline(work, lead_id, limit=50) if one.name == "reached"
        )
        assert call.kind is ActivityKind.CALLED
        assert call.detail["text"] == "No question open"


def test_a_question_on_the_phone_takes_the_lead_to_sales_once(
    intake: House, lead_id: LeadId
) -> None:
    task_id = called(intake, lead_id)

    answer(intake, task_id, TaskAnswer("has_question", note="Wants a price"), by="tom")
    intake.tick()

    assert stage(intake, lead_id) is Stage.SALES_READY
    with intake.works.read("test") as work:
        assert len(handoff.of_lead(work, lead_id)) == 1


def test_a_call_whose_track_went_on_without_it_is_closed(intake: House, lead_id: LeadId) -> None:
    task_id = called(intake, lead_id)

    intake.days(20)

    with intake.works.read("test") as work:
        task = tasks.get(work, task_id)
        assert (task.outcome, task.done_by) == ("the track went on", None)


def test_whom_sales_has_taken_over_needs_no_decision_of_marketing(
    intake: House, lead_id: LeadId
) -> None:
    decide = given(intake, lead_id, TaskKind.TRIAGE)
    hand = given(intake, lead_id, TaskKind.FOLLOW_UP, "Answer the question")

    answer(intake, hand, TaskAnswer(TaskChoice.READY, note="Asked for a price"))

    with intake.works.read("test") as work:
        assert tasks.get(work, decide).outcome == "promoted"
        assert tasks.open_tasks(work, lead_id=lead_id) == []


@pytest.mark.parametrize("choice", [TaskChoice.DONE, TaskChoice.NOT_POSSIBLE])
def test_who_has_nothing_else_planned_is_looked_at_again_after_an_answer(
    intake: House, lead_id: LeadId, choice: TaskChoice
) -> None:
    task_id = given(intake, lead_id, TaskKind.ASK, "Ask who decides")

    done = answer(intake, task_id, TaskAnswer(choice, note="It is Mr Hagen"))

    assert (done.outcome, done.note) == (choice, "It is Mr Hagen")
    with intake.works.read("test") as work:
        (rest,) = tasks.open_tasks(work, lead_id=lead_id)
        assert rest.kind is TaskKind.WAKE
        notes = [one.detail.get("text") for one in engagement.timeline(work, lead_id, limit=50)]
        assert f"Ask who decides: {str(choice).replace('_', ' ')}. It is Mr Hagen" in notes
    assert nobody_is_forgotten(intake)


def test_a_track_whose_choice_was_taken_back_can_be_chosen_again_until_it_wrote(
    intake: House, lead_id: LeadId
) -> None:
    task_id = given(intake, lead_id, TaskKind.TRIAGE)
    choose_ring(intake, task_id)
    intake.tick()
    with intake.works.read("test") as work:
        assert [one.kind for one in tasks.open_tasks(work, lead_id=lead_id)] == [TaskKind.CALL]

    undo(intake, task_id)

    with intake.works.read("test") as work:
        assert [one.id for one in tasks.open_tasks(work, lead_id=lead_id)] == [task_id]
    choose_ring(intake, task_id)
    with intake.works.begin("test") as work:
        (stand,) = tracks.stands(work, [lead_id])
        version = next(iter(mail.live_versions(work).values()))
        work.session.add(sent_message(lead_id, stand.id, version, at=work.now))

    undo(intake, task_id)

    with pytest.raises(Conflict, match="may not come back"):
        choose_ring(intake, task_id)


def test_the_first_answer_holds_and_the_second_learns_who_was_first_and_when(
    intake: House, lead_id: LeadId
) -> None:
    task_id = given(intake, lead_id, TaskKind.ASK)
    answer(intake, task_id, TaskAnswer(TaskChoice.DONE), by="mara")
    at = intake.clock.now()
    intake.clock.advance(timedelta(minutes=3))

    with pytest.raises(AlreadyAnswered, match="already answered: done") as refused:
        answer(intake, task_id, TaskAnswer(TaskChoice.NOT_POSSIBLE), by="jonas")

    assert (refused.value.by, refused.value.at) == (actor(intake, "mara"), at)


def test_of_two_who_press_at_the_same_moment_one_answers(
    fresh_works: Works, clock: FrozenClock, home: Path
) -> None:
    intake = open_house(fresh_works, clock, home, {})
    (lead_id,) = intake.let_in("anna")
    task_id = given(intake, lead_id, TaskKind.ASK)
    gate = Barrier(2)

    def press(by: str) -> str:
        gate.wait()
        try:
            return answer(intake, task_id, TaskAnswer(TaskChoice.DONE), by=by).done_by or ""
        except AlreadyAnswered as refused:
            return f"too late, it was {refused.by}"

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(press, ["mara", "jonas"]), reverse=True)

    assert told == [told[0], f"too late, it was {told[0]}"] or told == [
        f"too late, it was {told[1]}",
        told[1],
    ]
    with intake.works.read("test") as work:
        snoozed = [one for one in tasks.open_tasks(work, lead_id=lead_id) if one.kind == "wake"]
        assert len(snoozed) <= 1


def test_an_answer_that_a_task_does_not_offer_is_refused(intake: House, lead_id: LeadId) -> None:
    ask = given(intake, lead_id, TaskKind.ASK)
    with pytest.raises(Invalid, match="one of the answers"):
        answer(intake, ask, TaskAnswer(TaskChoice.SILENCE))


def test_a_decision_puts_the_lead_in_a_track(intake: House, lead_id: LeadId) -> None:
    task_id = given(intake, lead_id, TaskKind.TRIAGE)
    twin = given(intake, lead_id, TaskKind.TRIAGE, "The same once more")

    answer(intake, task_id, TaskAnswer(TaskChoice.TRACK, track="keep_in_touch"))

    with intake.works.read("test") as work:
        assert [one.track_key for one in tracks.stays(work, lead_id) if one.ended_at is None] == [
            "keep_in_touch"
        ]
        assert tasks.get(work, twin).outcome == "decided"
    assert nobody_is_forgotten(intake)


def test_a_track_that_does_not_take_the_lead_says_why_and_the_task_stays_open(
    intake: House, lead_id: LeadId
) -> None:
    task_id = given(intake, lead_id, TaskKind.TRIAGE)
    with pytest.raises(Conflict, match="may not come back"):
        answer(intake, task_id, TaskAnswer(TaskChoice.TRACK, track="welcome"))
    with pytest.raises(Invalid, match="Choose the track"):
        answer(intake, task_id, TaskAnswer(TaskChoice.TRACK))
    with intake.works.begin("test") as work:
        tracks.pause(work, "keep_in_touch")
    with pytest.raises(Conflict, match="is paused"):
        answer(intake, task_id, TaskAnswer(TaskChoice.TRACK, track="keep_in_touch"))

    with intake.works.read("test") as work:
        assert tasks.get(work, task_id).done_at is None


def test_a_decision_passes_the_lead_to_sales_with_a_reason(intake: House, lead_id: LeadId) -> None:
    task_id = given(intake, lead_id, TaskKind.TRIAGE)
    with pytest.raises(Invalid, match="why sales should call"):
        answer(intake, task_id, TaskAnswer(TaskChoice.READY))

    answer(intake, task_id, TaskAnswer(TaskChoice.READY, note="Met at the fair"))

    assert stage(intake, lead_id) is Stage.SALES_READY
    with pytest.raises(Conflict, match="others have been told"):
        undo(intake, task_id)


def test_a_decision_lets_the_lead_rest_until_a_day(intake: House, lead_id: LeadId) -> None:
    task_id = given(intake, lead_id, TaskKind.TRIAGE)
    with pytest.raises(Invalid, match="a day to come"):
        answer(intake, task_id, TaskAnswer(TaskChoice.REST, until=intake.clock.now().date()))

    answer(
        intake,
        task_id,
        TaskAnswer(TaskChoice.REST, until=date(2026, 6, 1), note="Budget in summer"),
    )

    with intake.works.read("test") as work:
        (rest,) = tasks.open_tasks(work, lead_id=lead_id)
        assert (rest.kind, rest.due_at.date(), rest.reason) == (
            TaskKind.WAKE,
            date(2026, 6, 1),
            "Budget in summer",
        )
    assert nobody_is_forgotten(intake)


def test_a_decision_closes_the_lead_for_a_reason_and_undoing_opens_all_again(
    intake: House, lead_id: LeadId
) -> None:
    task_id = given(intake, lead_id, TaskKind.TRIAGE)
    other = given(intake, lead_id, TaskKind.ASK, "Ask who decides")
    before = stage(intake, lead_id)
    with pytest.raises(Invalid, match="why this lead is not a fit"):
        answer(intake, task_id, TaskAnswer(TaskChoice.NOT_A_FIT))
    with pytest.raises(Invalid, match="never come back"):
        answer(intake, task_id, TaskAnswer(TaskChoice.NOT_A_FIT, reason=RejectReason.LATER))

    answer(intake, task_id, TaskAnswer(TaskChoice.NOT_A_FIT, reason=RejectReason.LEFT_COMPANY))

    assert stage(intake, lead_id) is Stage.DISQUALIFIED
    with intake.works.read("test") as work:
        assert tasks.get(work, other).outcome == handoff_answers.DISQUALIFIED
        assert [one.kind for one in tasks.open_tasks(work, lead_id=lead_id)] == [TaskKind.ASK]
    intake.clock.advance(timedelta(minutes=9))
    undo(intake, task_id)
    assert stage(intake, lead_id) is before
    with intake.works.read("test") as work:
        assert {one.id for one in tasks.open_tasks(work, lead_id=lead_id)} == {task_id, other}
    assert nobody_is_forgotten(intake)


def test_a_recycled_lead_that_was_closed_by_mistake_is_recycled_again(
    intake: House, lead_id: LeadId
) -> None:
    with intake.works.begin("test") as work:
        lifecycle.move(work, [lead_id], to=Stage.SALES_READY, reason="test")
        lifecycle.move(work, [lead_id], to=Stage.RECYCLED, reason="test")
    task_id = given(intake, lead_id, TaskKind.TRIAGE)
    answer(intake, task_id, TaskAnswer(TaskChoice.NOT_A_FIT, reason=RejectReason.NOT_OURS))

    undo(intake, task_id)

    assert stage(intake, lead_id) is Stage.RECYCLED


def test_a_decision_stops_all_mail_and_the_lead_is_still_looked_after(
    intake: House, lead_id: LeadId
) -> None:
    task_id = given(intake, lead_id, TaskKind.TRIAGE)

    answer(intake, task_id, TaskAnswer(TaskChoice.SILENCE, note="Said so on the phone"))

    with intake.works.read("test") as work:
        assert lead_id in consent.suppressed_now(work, [lead_id])
    assert nobody_is_forgotten(intake)


@pytest.mark.parametrize(
    "reply",
    [
        TaskAnswer(TaskChoice.TRACK, track="keep_in_touch"),
        TaskAnswer(TaskChoice.REST, until=date(2026, 6, 1)),
    ],
    ids=["track", "rest"],
)
def test_for_ten_minutes_a_decision_is_taken_back_with_what_followed(
    intake: House, lead_id: LeadId, reply: TaskAnswer
) -> None:
    task_id = given(intake, lead_id, TaskKind.TRIAGE)
    answer(intake, task_id, reply)
    intake.tick()
    intake.clock.advance(timedelta(minutes=10))

    undo(intake, task_id)

    with intake.works.read("test") as work:
        assert [one.id for one in tasks.open_tasks(work, lead_id=lead_id)] == [task_id]
        assert step_of(work, lead_id) == []
    answer(intake, task_id, TaskAnswer(TaskChoice.REST, until=date(2026, 7, 1)))
    assert nobody_is_forgotten(intake)


def test_after_ten_minutes_or_by_somebody_else_nothing_is_taken_back(
    intake: House, lead_id: LeadId
) -> None:
    task_id = given(intake, lead_id, TaskKind.ASK)
    answer(intake, task_id, TaskAnswer(TaskChoice.DONE))
    with pytest.raises(Conflict, match="cannot be taken back"):
        undo(intake, task_id, by="jonas")
    intake.clock.advance(timedelta(minutes=10, seconds=1))
    with pytest.raises(Conflict, match="ten minutes have passed"):
        undo(intake, task_id)


def test_who_is_put_in_a_track_by_hand_needs_no_decision_any_more(
    intake: House, lead_id: LeadId
) -> None:
    task_id = given(intake, lead_id, TaskKind.TRIAGE)
    with intake.works.begin(actor(intake, "mara")) as work:
        track = tracks.get_track(work, "keep_in_touch")
        enrolment.put_in_track(work, [lead_id], track=track, by="Mara")

    with intake.works.read("test") as work:
        assert tasks.get(work, task_id).outcome == "put in a track"
        assert advance.next_actions_missing(work, [lead_id]) == []
        assert leads.get(work, lead_id).name == "Anna"
