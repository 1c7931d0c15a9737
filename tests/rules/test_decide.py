from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.conditions import ActivityAlias, Compare, EventCondition, Op, Value
from campaigns.decide import decide, enter
from campaigns.decision import Decision, DecisionKind, LeadSnapshot, Policy, Position
from campaigns.frequency_caps import CompetingTrack
from campaigns.timing import ALWAYS, Calendar, Duration, Window, allowed
from campaigns.track import (
    BranchStep,
    EmailStep,
    ExitStep,
    FactDate,
    GoalStep,
    HandoffStep,
    OnExhausted,
    Step,
    StreamHandover,
    StreamStep,
    TaskStep,
    Track,
    WaitStep,
    stage_goal,
)
from campaigns.vocabulary import ActivityKind, ExitReason, Receipt, Stage
from tests.rules.given import (
    OFFICE,
    TUESDAY,
    USUAL_CAP,
    clicked,
    days,
    facts,
    lead,
    policy,
    track,
    welcome,
)
from tests.rules.strategies import tracks

ONE_MAIL = track(EmailStep("hello", "welcome_mail"), ExitStep("end"))


def first(
    of: Track, who: LeadSnapshot, *, by: Policy | None = None, now: datetime = TUESDAY
) -> Decision:
    return decide(of, enter(of, at=TUESDAY), who, now=now, policy=by or policy())


def after(of: Track, *answers: tuple[LeadSnapshot, float]) -> Decision:
    """Decide again and again, each time at the position before, so many days after the start."""
    position = enter(of, at=TUESDAY)
    decision = None
    for who, day in answers:
        assert decision is None or decision.position is not None
        position = decision.position if decision and decision.position else position
        decision = decide(of, position, who, now=TUESDAY + days(day), policy=policy())
    assert decision is not None
    return decision


def at(step: str, **changes: object) -> Position:
    position = Position(step, due_at=TUESDAY, entered_at=TUESDAY, arrived_at=TUESDAY)
    return replace(position, **changes)  # type: ignore[arg-type]  # a test names real fields


def reasons(decision: Decision) -> list[Receipt]:
    return [happened.receipt for happened in decision.receipts]


def test_a_mail_is_planned_and_the_wait_behind_it_begins() -> None:
    decision = first(welcome(), lead())

    assert decision.kind is DecisionKind.PLAN
    assert decision.message is not None
    assert (decision.message.template, decision.message.serial) == ("welcome_mail", 1)
    assert decision.position is not None
    assert (decision.position.step, decision.position.due_at) == ("w1", TUESDAY + days(3))
    assert reasons(decision) == [Receipt.PLANNED, Receipt.WAITED]


def test_the_next_due_is_the_previous_due_plus_the_wait_however_late_the_tick() -> None:
    decision = first(welcome(), lead(), now=TUESDAY + days(0.01))

    assert decision.position is not None
    assert decision.position.due_at == TUESDAY + days(3)


def test_after_a_long_standstill_the_timetable_starts_again_from_now() -> None:
    decision = first(welcome(), lead(), now=TUESDAY + days(10))

    assert decision.position is not None
    assert decision.position.due_at == TUESDAY + days(13)


def test_a_branch_waits_for_the_click_with_an_end() -> None:
    decision = after(welcome(), (lead(), 0), (lead(), 3))

    assert decision.kind is DecisionKind.PLAN
    assert decision.message is not None
    assert decision.message.asset == "E1"
    assert decision.position is not None
    assert decision.position.step == "b1"
    assert decision.position.timeout_at == TUESDAY + days(8)
    assert decision.waiting_for == "clicked learn1"


def test_a_click_leads_on_from_the_moment_that_the_engine_names() -> None:
    waiting = at("b1", due_at=TUESDAY + days(4), timeout_at=TUESDAY + days(8))
    reader = lead(facts(clicked("learn1", at=TUESDAY + days(4))))

    decision = decide(welcome(), waiting, reader, now=TUESDAY + days(4), policy=policy())

    assert decision.position is not None
    assert (decision.position.step, decision.position.due_at) == ("w2", TUESDAY + days(11))


def test_without_a_click_the_other_way_is_taken_when_the_time_is_over() -> None:
    seen = replace(lead(), seen=frozenset({"E1"}), last_topics=("energy",))

    decision = after(welcome(), (lead(), 0), (lead(), 3), (seen, 8))

    assert decision.message is not None
    assert decision.message.step == "learn2"
    assert decision.message.asset == "Q1"


def test_a_click_in_an_earlier_run_of_the_track_does_not_count() -> None:
    waiting = at("b1", timeout_at=TUESDAY + days(5))
    old = lead(facts(clicked("learn1", at=TUESDAY - days(100))))

    decision = decide(welcome(), waiting, old, now=TUESDAY, policy=policy())

    assert decision.kind is DecisionKind.WAIT


def test_a_reply_before_the_question_is_no_answer_to_it() -> None:
    asks = track(
        BranchStep("b", EventCondition(ActivityAlias.SIGN), "end", "later", Duration(21, "d")),
        WaitStep("later", Duration(1, "d")),
        ExitStep("end"),
    )
    before = lead(facts(clicked(at=TUESDAY - days(1))))

    decision = first(asks, before)

    assert decision.kind is DecisionKind.WAIT


@pytest.mark.parametrize(
    ("who", "exit_", "receipt"),
    [
        (replace(lead(), suppressed=True), ExitReason.SUPPRESSED, Receipt.SKIPPED_SUPPRESSED),
        (
            replace(lead(), may_write=False),
            ExitReason.NO_PERMISSION,
            Receipt.SKIPPED_NO_PERMISSION,
        ),
        (lead(stage=Stage.SALES_READY), ExitReason.PROMOTED, Receipt.SKIPPED_STAGE),
        (lead(stage=Stage.DISQUALIFIED), ExitReason.DISQUALIFIED, Receipt.SKIPPED_STAGE),
    ],
)
def test_who_must_not_be_written_to_leaves_with_a_receipt(
    who: LeadSnapshot, exit_: ExitReason, receipt: Receipt
) -> None:
    decision = first(ONE_MAIL, who)

    assert (decision.kind, decision.exit) == (DecisionKind.EXIT, exit_)
    assert decision.message is None
    assert reasons(decision) == [receipt]


def test_a_reached_goal_ends_the_track_at_once() -> None:
    aiming = replace(ONE_MAIL, goal=Compare("stage", Op.EQ, "customer"))

    decision = first(aiming, lead(facts(stage="customer"), stage=Stage.CUSTOMER))

    assert (decision.kind, decision.exit) == (DecisionKind.EXIT, ExitReason.GOAL)
    assert stage_goal(Stage.CUSTOMER) == Compare("stage", Op.IN, ("customer",))


def test_a_paused_track_keeps_the_position() -> None:
    decision = first(ONE_MAIL, lead(), by=replace(policy(), paused=True))

    assert reasons(decision) == [Receipt.HELD_PAUSED]
    assert decision.position is not None
    assert decision.position.step == "hello"


def test_the_track_of_lower_priority_waits() -> None:
    busy = replace(lead(), rivals=(CompetingTrack("evaluate", 1),))

    decision = first(ONE_MAIL, busy)

    assert reasons(decision) == [Receipt.HELD_PRIORITY]
    assert (
        first(ONE_MAIL, replace(lead(), rivals=(CompetingTrack("later", 3),))).message is not None
    )


def test_the_cap_holds_the_mail_until_it_is_free() -> None:
    full = replace(lead(), sends=(TUESDAY - days(1),))

    decision = first(ONE_MAIL, full, by=policy(cap=USUAL_CAP))

    assert reasons(decision) == [Receipt.HELD_CAP]
    assert decision.position is not None
    assert decision.position.due_at == TUESDAY + days(2)


def test_outside_sending_hours_the_mail_waits_and_says_so() -> None:
    saturday = TUESDAY + days(4)
    decision = decide(
        ONE_MAIL, enter(ONE_MAIL, at=saturday), lead(), now=saturday, policy=policy(window=OFFICE)
    )

    assert reasons(decision) == [Receipt.HELD_WINDOW, Receipt.PLANNED]
    assert decision.message is not None
    assert decision.message.not_before == datetime.fromisoformat("2026-01-13T09:00:00+00:00")
    assert allowed(decision.message.not_before, OFFICE, zone="UTC", calendar=Calendar())


def test_without_a_sender_nothing_is_planned() -> None:
    decision = first(ONE_MAIL, lead(), by=replace(policy(), sender_ready=False))

    assert reasons(decision) == [Receipt.HELD_NO_SENDER]


def test_what_is_exhausted_is_skipped_and_the_track_goes_on() -> None:
    full = replace(lead(), seen=frozenset({"E1", "Q1"}))

    decision = decide(welcome(), at("learn2"), full, now=TUESDAY, policy=policy())

    assert reasons(decision)[0] is Receipt.SKIPPED_EXHAUSTED
    assert decision.position is not None
    assert decision.position.step == "w2"


def test_the_end_names_the_track_that_follows() -> None:
    decision = decide(ONE_MAIL, at("end"), lead(), now=TUESDAY, policy=policy())

    assert (decision.kind, decision.after) == (DecisionKind.FINISH, "keep_in_touch")


def test_a_parked_end_names_the_time_instead() -> None:
    parks = track(ExitStep("end", snooze=Duration(365, "d")))

    decision = first(parks, lead())

    assert (decision.after, decision.snooze) == ("", Duration(365, "d"))


def test_a_track_whose_last_step_is_a_mail_finishes_when_it_has_left() -> None:
    short = track(EmailStep("hello", "welcome_mail"))

    planned = first(short, lead())

    assert planned.position is not None
    assert planned.position.step == ""
    finished = decide(short, planned.position, lead(), now=TUESDAY, policy=policy())
    assert finished.kind is DecisionKind.FINISH


CALL = TaskStep(
    "call",
    "telesales",
    Duration(1, "bd"),
    "call_about_questions",
    outcomes=(("has_question", "ready"), ("not_now", "end")),
)
CALLS = track(CALL, ExitStep("end"), HandoffStep("ready"), GoalStep("won"))


def test_a_call_is_asked_for_once_and_the_lead_waits_for_the_answer() -> None:
    decision = first(CALLS, lead())

    assert decision.kind is DecisionKind.TASK
    assert decision.task is not None
    assert decision.task.answers == ("has_question", "not_now")
    assert decision.position is not None
    assert decision.position.timeout_at == TUESDAY + days(14)


def test_the_answer_decides_where_the_lead_goes() -> None:
    answered = at("call", timeout_at=TUESDAY + days(14), outcome="has_question")

    decision = decide(CALLS, answered, lead(), now=TUESDAY, policy=policy())

    assert decision.kind is DecisionKind.HANDOFF
    assert reasons(decision) == [Receipt.BRANCHED, Receipt.HANDED_OFF]


def test_a_call_without_answer_ends_with_the_following_step() -> None:
    decision = after(CALLS, (lead(), 0), (lead(), 14))

    assert decision.kind is DecisionKind.FINISH


def stream(**changes: object) -> Step:
    handover = StreamHandover(EventCondition(ActivityKind.CLICKED, days=14, times=2), "evaluate")
    step = StreamStep(
        "s1",
        Duration(30, "d"),
        2,
        handover=handover,
        on_exhausted=OnExhausted("marketer", "what_next"),
    )
    return replace(step, **changes)  # type: ignore[arg-type]  # a test names real fields


def test_a_stream_sends_its_number_of_items_and_goes_on() -> None:
    streams = track(stream(), ExitStep("end"))
    had = replace(lead(), seen=frozenset({"E1"}))

    second = after(streams, (lead(), 0), (had, 30))
    last = after(streams, (lead(), 0), (had, 30), (had, 60))

    assert second.message is not None
    assert (second.message.serial, second.message.asset) == (2, "E3")
    assert last.kind is DecisionKind.FINISH


def test_a_lead_who_warms_up_moves_to_the_other_track() -> None:
    handover = lead(facts(clicked("a"), clicked("b")))

    decision = first(track(stream(), ExitStep("end")), handover)

    assert (decision.kind, decision.exit) == (DecisionKind.FINISH, ExitReason.MOVED)
    assert decision.after == "evaluate"


def test_a_stream_that_ran_dry_asks_a_person_once() -> None:
    streams = track(stream(), ExitStep("end"))
    all_had = replace(lead(), seen=frozenset({"E1", "E3", "Q1", "Q4"}))

    asked = first(streams, all_had)
    then = after(streams, (all_had, 0), (all_had, 1))

    assert reasons(asked) == [Receipt.SKIPPED_EXHAUSTED, Receipt.TASK_CREATED]
    assert then.kind is DecisionKind.FINISH


ENDS = track(
    WaitStep("w30", FactDate("contract_ends", -30)),
    EmailStep("m30", "a_month_left"),
    WaitStep("w14", FactDate("contract_ends", -14)),
    BranchStep("b", Compare("country", Op.EQ, "DE"), "m14", "m14"),
    EmailStep("m14", "two_weeks_left"),
    WaitStep("w3", FactDate("contract_ends", -3)),
    EmailStep("m3", "three_days_left"),
    ExitStep("end"),
)


def mails(of: Track, who: LeadSnapshot, *, days_long: int = 60) -> list[tuple[str, int]]:
    """List the mails that a lead gets and on which day after the start, looked at daily."""
    position: Position | None = enter(of, at=TUESDAY)
    sent: list[tuple[str, int]] = []
    for day in range(days_long):
        for _ in range(10):
            if position is None or position.due_at > TUESDAY + days(day):
                break
            decision = decide(of, position, who, now=TUESDAY + days(day), policy=policy())
            position = decision.position
            if decision.message is not None:
                sent.append((decision.message.template, day))
    return sent


def test_a_wait_for_a_date_that_is_not_set_holds_nobody_up() -> None:
    naps = track(WaitStep("nap", FactDate("wake_date", -14)), ExitStep("end"))
    dated = lead(facts(wake_date=date(2026, 3, 1)))

    assert first(naps, lead()).kind is DecisionKind.FINISH
    waiting = first(naps, dated).position
    assert waiting is not None
    assert waiting.due_at == datetime.fromisoformat("2026-02-15T00:00:00+00:00")


@pytest.mark.parametrize(
    "written",
    [
        date(2026, 2, 10),
        datetime(2026, 2, 10, 9, 0, tzinfo=UTC),
        "2026-02-10",
        "10.02.2026",
        "10.2.2026",
        "2026/02/10",
        "2026-02-10T09:00:00+01:00",
        "10 February 2026",
        "10. Februar 2026",
        "Feb 10, 2026",
        " 2026-02-10 ",
    ],
)
def test_any_fact_that_holds_a_date_is_waited_for(written: Value) -> None:
    dated = lead(facts(contract_ends=written))

    assert mails(ENDS, dated) == [
        ("a_month_left", 5),
        ("two_weeks_left", 21),
        ("three_days_left", 32),
    ]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (None, "contract_ends is not set"),
        ("", "contract_ends is not set"),
        ("  ", "contract_ends is not set"),
        ("next spring", "contract_ends “next spring” is no date"),
        ("31.02.2026", "contract_ends “31.02.2026” is no date"),
        ("01/02/2026", "contract_ends “01/02/2026” is no date"),
        (14, "contract_ends “14” is no date"),
    ],
)
def test_without_a_date_the_mails_that_hang_on_it_are_left_out_with_the_reason(
    written: Value, why: str
) -> None:
    undated = lead(facts(contract_ends=written))

    assert mails(ENDS, undated) == []
    left = [one for one in first(ENDS, undated).receipts if one.receipt is Receipt.SKIPPED_DATE]
    assert [one.step for one in left] == ["m30", "m14", "m3"]
    assert {one.reason for one in left} == {f"left out: {why}"}


@pytest.mark.parametrize(
    ("ends_in", "sent"),
    [
        (-5, []),
        (2, []),
        (3, [("three_days_left", 0)]),
        (10, [("three_days_left", 7)]),
        (14, [("two_weeks_left", 0), ("three_days_left", 11)]),
        (40, [("a_month_left", 10), ("two_weeks_left", 26), ("three_days_left", 37)]),
    ],
)
def test_a_mail_whose_day_has_passed_is_left_out(ends_in: int, sent: list[tuple[str, int]]) -> None:
    ends = (TUESDAY + days(ends_in)).date()

    assert mails(ENDS, lead(facts(contract_ends=ends))) == sent


def test_a_mail_after_another_one_in_the_same_breath_is_left_out_too() -> None:
    both = track(
        EmailStep("now", "hello"),
        WaitStep("w", FactDate("contract_ends", -3)),
        EmailStep("late", "bye"),
    )

    assert mails(both, lead()) == [("hello", 0)]


def test_a_date_that_is_put_off_while_a_lead_waits_is_waited_for_anew() -> None:
    soon = lead(facts(contract_ends=(TUESDAY + days(40)).date()))
    later = lead(facts(contract_ends=(TUESDAY + days(70)).date()))

    moved = after(ENDS, (soon, 0), (later, 10))

    assert moved.message is None
    assert moved.position is not None
    assert moved.position.due_at.date() == (TUESDAY + days(40)).date()


def test_the_fact_picks_the_variant_and_the_last_one_is_the_fallback() -> None:
    email = EmailStep("why", "by_reason", ("price", "default"), "sent_back_reason")
    varied = track(email, ExitStep("end"))

    chosen = first(varied, lead(facts(sent_back_reason="price"))).message
    fallen_back = first(varied, lead(facts(sent_back_reason="left_company"))).message

    assert chosen is not None
    assert fallen_back is not None
    assert (chosen.variant, fallen_back.variant) == ("price", "default")


def test_a_circle_without_waits_is_left_and_looked_at_again() -> None:
    circle = track(
        BranchStep("a", Compare("x", Op.SET), "b", "b"),
        BranchStep("b", Compare("x", Op.SET), "a", "a"),
    )

    decision = first(circle, lead())

    assert decision.kind is DecisionKind.WAIT
    assert decision.position is not None
    assert decision.position.due_at > TUESDAY


def test_every_decision_leaves_a_receipt_even_when_asked_too_early() -> None:
    decision = decide(
        ONE_MAIL, enter(ONE_MAIL, at=TUESDAY), lead(), now=TUESDAY - days(1), policy=policy()
    )

    assert reasons(decision) == [Receipt.WAITED]


@given(of=tracks(), window=st.sampled_from([OFFICE, ALWAYS]), capped=st.booleans())
def test_any_track_comes_to_its_end_with_receipts_and_one_mail_at_a_time(
    of: Track, window: Window, *, capped: bool
) -> None:
    by = policy(window=window, cap=USUAL_CAP if capped else None)
    who, now = lead(), TUESDAY
    position: Position | None = enter(of, at=now)
    for _ in range(400):
        assert position is not None
        decision = decide(of, position, who, now=now, policy=by)
        assert decision.receipts
        if decision.position is None:
            return
        assert decision.position.serial == position.serial + (decision.message is not None)
        if decision.message is not None:
            leaves = decision.message.not_before
            assert leaves >= now
            assert allowed(leaves, window, zone="UTC", calendar=Calendar())
            who = replace(who, sends=(*who.sends, leaves), seen=who.seen | {decision.message.asset})
        assert decision.position.due_at >= position.due_at
        position, now = decision.position, max(now, decision.position.due_at)
    pytest.fail("the lead never left the track")
