"""What is done to many leads at once can be taken back for ten minutes, and says for whom not."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from campaigns.vocabulary import SuppressionReason
from nurture import consent, handoff, leads, mail, tasks, tracks, users
from nurture.kernel.clock import FrozenClock
from nurture.kernel.errors import Conflict
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work, Works
from nurture.usecases.desk import bulk_acts
from nurture.usecases.journeys import enrolment
from nurture.usecases.journeys.advance import next_actions_missing
from nurture.usecases.journeys.enrolment import BulkSelection, Out
from nurture.usecases.sales import promotion
from nurture.usecases.shared.batch_size import Pace, PaceBounds
from tests.usecases.intake import RING, House, open_house, sent_message

KEY = b"k" * 32
MONTHLY = RING.replace("ring", "monthly", 1).replace("again: never", "again: after 30 d")


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))  # Tuesday, inside everybody's sending hours
    return open_house(works, clock, home, {})


def staff(intake: House) -> list[UserId]:
    with intake.works.read("test") as work:
        return [card.id for card in users.everybody(work)]


def inside(intake: House, lead_id: LeadId) -> dict[str, str]:
    with intake.works.read("test") as work:
        return {
            one.track_key: one.step for one in tracks.stays(work, lead_id) if one.ended_at is None
        }


def undone(intake: House, act_id: int) -> dict[Out, int]:
    chosen = bulk_acts.undo(intake.works, act_id, actor="user:1", journey=intake.here.journey)
    return {why: len(ones) for why, ones in chosen.left_out.items()}


class TwoRows(Pace):
    """Take two leads at a time."""

    def __init__(self, works: Works, gait: PaceBounds) -> None:
        super().__init__(works, gait, most=2)

    def end(self, rows: int) -> None:
        """Stay as short as that."""
        assert rows <= self.rows


def put_in(intake: House, lead_ids: list[LeadId], key: str) -> int:
    with intake.works.begin("user:1") as work:
        track = tracks.get_track(work, key)
        return bulk_acts.put_in_track(work, lead_ids, track=track, by="Mara")


def take_out(intake: House, lead_ids: list[LeadId], key: str) -> int:
    with intake.works.begin("user:1") as work:
        track = tracks.get_track(work, key)
        return bulk_acts.take_out(work, lead_ids, track=track, journey=intake.here.journey)


def stop(intake: House, lead_ids: list[LeadId]) -> int:
    with intake.works.begin("user:1") as work:
        return bulk_acts.stop_mail(work, lead_ids, why="x", key=KEY, journey=intake.here.journey)


def forgotten(intake: House, lead_ids: list[LeadId]) -> list[LeadId]:
    with intake.works.read("test") as work:
        return next_actions_missing(work, lead_ids)


def test_each_gets_the_owner_back_that_they_had_but_whom_somebody_gave_away_since(
    intake: House,
) -> None:
    one, two, three = intake.let_in("ada", "bob", "cem")
    first, second, third = staff(intake)[:3]
    with intake.works.begin("user:1") as work:
        leads.set_owner(work, [one], owner_id=first)
        leads.set_owner(work, [two], owner_id=None, queue="dealers")
    with intake.works.begin("user:1") as work:
        act = bulk_acts.assign(work, [one, two, three], owner_id=second)
    with intake.works.begin("user:1") as work:
        leads.set_owner(work, [three], owner_id=third)

    assert undone(intake, act) == {Out.CHANGED: 1}

    with intake.works.read("test") as work:
        people = leads.by_ids(work, [one, two, three])
    assert [people[n].owner_id for n in (one, two, three)] == [first, None, third]
    assert people[two].queue == "dealers"


def test_whom_sales_got_since_keeps_who_has_it_in_hand(intake: House) -> None:
    (scout,) = intake.let_in("ada", country="AT")
    ready(intake, scout)
    with intake.works.read("test") as work:
        rep = handoff.open_of(work, [scout])[scout].owner_id
    assert rep is not None
    (one,) = intake.let_in("bob", country="AT")
    with intake.works.begin("user:1") as work:
        act = bulk_acts.assign(work, [one], owner_id=rep)
    intake.clock.advance(timedelta(minutes=2))
    ready(intake, one)

    assert undone(intake, act) == {Out.WITH_SALES: 1}

    with intake.works.read("test") as work:
        assert handoff.open_of(work, [one])[one].owner_id == rep
        assert leads.get(work, one).owner_id == rep


def ready(intake: House, lead_id: LeadId) -> None:
    with intake.works.begin("test") as work:
        promotion.make_ready(work, [lead_id], reason="Asked for it", notify=intake.here.notify)


def test_who_was_put_in_a_track_is_out_of_it_again_unless_mail_has_left(intake: House) -> None:
    written, waiting = intake.let_in("ada", "bob")
    take_out(intake, [written, waiting], "welcome")
    key = "keep_in_touch"
    act = put_in(intake, [written, waiting], key)
    assert set(inside(intake, written)) == {key}
    with intake.works.begin("test") as work:
        run = {one.lead_id: one.id for one in tracks.stands(work, [written, waiting])}
        version = next(iter(mail.live_versions(work).values()))
        work.session.add(sent_message(written, run[written], version, at=work.now))

    with intake.works.read("test") as work:
        chosen = bulk_acts.weigh_undo(work, leads.act_parts(work, act))
    assert dict(chosen.left_out) == {Out.WRITTEN: (written,)}

    assert undone(intake, act) == {Out.WRITTEN: 1}
    assert set(inside(intake, written)) == {key}
    assert inside(intake, waiting) == {}
    assert forgotten(intake, [written, waiting]) == []
    put_in(intake, [waiting], key)
    assert set(inside(intake, waiting)) == {key}


def test_who_was_taken_out_stands_where_they_stood_and_their_mail_waits_again(
    intake: House,
) -> None:
    (one,) = intake.let_in("ada")
    intake.tick()
    with intake.works.read("test") as work:
        before = mail.waiting_of(work, [stand.id for stand in tracks.stands(work, [one])])
    stood = inside(intake, one)
    assert before
    assert stood

    act = take_out(intake, [one], next(iter(stood)))
    assert inside(intake, one) == {}
    assert undone(intake, act) == {}

    assert inside(intake, one) == stood
    with intake.works.read("test") as work:
        assert mail.waiting_of(work, [stand.id for stand in tracks.stands(work, [one])]) == before
    assert forgotten(intake, [one]) == []


def test_do_not_mail_is_taken_back_with_permission_and_track_but_never_a_no_of_their_own(
    intake: House,
) -> None:
    one, two = intake.let_in("ada", "bob")
    stood = inside(intake, one)
    act = stop(intake, [one, two])
    with intake.works.begin("prospect") as work:
        consent.suppress_leads(work, [two], reason=SuppressionReason.UNSUBSCRIBED, key=KEY)

    assert undone(intake, act) == {Out.OWN_NO: 1}

    with intake.works.read("test") as work:
        assert set(consent.suppressed_now(work, [one, two])) == {two}
        assert consent.permitted(work, [one, two]) == {one}
    assert inside(intake, one) == stood
    assert inside(intake, two) == {}


@pytest.mark.parametrize("reason", [SuppressionReason.MANUAL, SuppressionReason.IMPORTED])
def test_a_no_that_was_said_after_the_act_outlives_its_undoing(
    intake: House, reason: SuppressionReason
) -> None:
    one, two = intake.let_in("ada", "bob")
    act = stop(intake, [one, two])
    intake.clock.advance(timedelta(minutes=1))
    with intake.works.begin("user:2") as work:
        consent.suppress_leads(work, [two], reason=reason, key=KEY, evidence={"why": "phoned"})

    assert undone(intake, act) == {Out.OWN_NO: 1}

    with intake.works.read("test") as work:
        assert set(consent.suppressed_now(work, [one, two])) == {two}
        assert consent.permitted(work, [one, two]) == {one}
    assert inside(intake, two) == {}


def test_a_preview_counts_who_goes_in_and_says_why_the_others_do_not(intake: House) -> None:
    been, new, there = intake.let_in("ada", "bob", "cem")
    with intake.works.begin("test") as work:
        tracks.publish(work, RING, file="ring.yaml")
        tracks.publish(work, MONTHLY, file="monthly.yaml")
    for key in ("ring", "monthly"):
        put_in(intake, [been], key)
        intake.clock.advance(timedelta(minutes=1))
        take_out(intake, [been], key)
        put_in(intake, [there], key)

    for key, why in (("ring", Out.NEVER_AGAIN), ("monthly", Out.NOT_YET)):
        with intake.works.read("test") as work:
            track = tracks.get_track(work, key)
            preview = enrolment.pick_for_track(work, [been, new, there], track=track)
        act = put_in(intake, [been, new, there], key)

        assert preview.lead_ids == (new,)
        assert preview.left_out == {why: (been,), Out.ALREADY: (there,)}
        with intake.works.read("test") as work:
            parts = leads.act_parts(work, act)
            assert list(leads.stood_before(work, act)) == [new]
        told = {one.why: one.first for one in bulk_acts.spared(parts)}
        assert told == {str(why): (been,), str(Out.ALREADY): (there,)}


@pytest.mark.parametrize("do", ["assign", "leave", "stop"])
def test_every_preview_of_an_act_on_many_equals_its_result(intake: House, do: str) -> None:
    one, two, three = intake.let_in("ada", "bob", "cem")
    owner = staff(intake)[0]
    take_out(intake, [one], "welcome")
    stop(intake, [two])
    with intake.works.begin("user:1") as work:
        leads.set_owner(work, [three], owner_id=owner)
    with intake.works.begin("user:1") as work:
        track = tracks.get_track(work, "welcome")
        pick: dict[str, Callable[[], BulkSelection]] = {
            "assign": lambda: enrolment.pick_for_owner(work, [one, two, three], owner_id=owner),
            "leave": lambda: enrolment.pick_to_take_out(work, [one, two, three], track=track),
            "stop": lambda: enrolment.pick_to_stop(work, [one, two, three]),
        }
        preview = pick[do]()
        if do == "assign":
            act = bulk_acts.assign(work, [one, two, three], owner_id=owner)
        elif do == "leave":
            act = bulk_acts.take_out(
                work, [one, two, three], track=track, journey=intake.here.journey
            )
        else:
            act = bulk_acts.stop_mail(
                work, [one, two, three], why="x", key=KEY, journey=intake.here.journey
            )
        assert set(leads.stood_before(work, act)) == set(preview.lead_ids)
        told = {one.why: one.count for one in bulk_acts.spared(leads.act_parts(work, act))}
    assert told == {str(why): len(ones) for why, ones in preview.left_out.items()}
    assert preview.left > 0


def to_call(intake: House, lead_id: LeadId) -> int:
    """Put the lead in a track that waits for a call; give the task."""
    take_out(intake, [lead_id], "welcome")
    with intake.works.begin("test") as work:
        tracks.publish(work, RING, file="ring.yaml")
    put_in(intake, [lead_id], "ring")
    intake.tick()
    (task_id,) = calls(intake, lead_id)
    return task_id


def calls(intake: House, lead_id: LeadId) -> list[int]:
    with intake.works.read("test") as work:
        found = tasks.open_tasks(work, lead_id=lead_id)
    return [one.id for one in found if one.kind is tasks.TaskKind.CALL]


@pytest.mark.parametrize("do", ["stop", "leave"])
def test_a_call_goes_with_its_track_and_comes_back_with_it(intake: House, do: str) -> None:
    (one,) = intake.let_in("ada")
    task_id = to_call(intake, one)
    intake.clock.advance(timedelta(minutes=1))

    act = stop(intake, [one]) if do == "stop" else take_out(intake, [one], "ring")
    assert calls(intake, one) == []

    assert undone(intake, act) == {}
    assert inside(intake, one) == {"ring": "call"}
    assert calls(intake, one) == [task_id]
    assert forgotten(intake, [one]) == []


def test_the_call_of_a_track_that_was_entered_by_mistake_is_on_no_list(intake: House) -> None:
    (one,) = intake.let_in("ada")
    take_out(intake, [one], "welcome")
    with intake.works.begin("test") as work:
        tracks.publish(work, RING, file="ring.yaml")
    act = put_in(intake, [one], "ring")
    intake.tick()
    assert calls(intake, one) != []

    assert undone(intake, act) == {}
    assert calls(intake, one) == []


def stop_in_stretches(intake: House, lead_ids: list[LeadId], *, fail_at: int | None = None) -> int:
    """Stop mail to many, a minute between the parts; one part fails if told so."""
    parts: list[int] = []

    def do(work: Work, some: Sequence[LeadId]) -> int:
        if len(parts) == fail_at:
            raise RuntimeError("the power is off")
        intake.clock.advance(timedelta(seconds=1))
        journey = intake.here.journey
        parts.append(bulk_acts.stop_mail(work, some, why="x", key=KEY, journey=journey))
        return parts[-1]

    try:
        return bulk_acts.in_chunks(intake.works, lead_ids, do, actor="user:1")
    except RuntimeError:
        return parts[0]


def suppressed(intake: House, lead_ids: list[LeadId]) -> int:
    with intake.works.read("test") as work:
        return len(consent.suppressed_now(work, lead_ids))


def test_a_long_act_is_done_in_parts_and_taken_back_as_one(
    intake: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nurture.usecases.desk.bulk_acts.Pace", TwoRows)
    ones = intake.let_in("ada", "bob", "cem", "dan", "eve")
    stood = {one: inside(intake, one) for one in ones}

    act = stop_in_stretches(intake, ones)

    with intake.works.read("test") as work:
        parts = leads.act_parts(work, act)
        assert [len(leads.stood_before(work, one.id)) for one in parts] == [2, 2, 1]
        assert set(bulk_acts.weigh_undo(work, parts).lead_ids) == set(ones)
    assert suppressed(intake, ones) == 5
    assert undone(intake, act) == {}
    assert suppressed(intake, ones) == 0
    assert {one: inside(intake, one) for one in ones} == stood
    with pytest.raises(Conflict, match="already"):
        undone(intake, act)


def test_an_act_that_broke_off_is_whole_as_far_as_it_came_and_can_be_taken_back(
    intake: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nurture.usecases.desk.bulk_acts.Pace", TwoRows)
    ones = intake.let_in("ada", "bob", "cem", "dan", "eve")

    act = stop_in_stretches(intake, ones, fail_at=2)

    assert suppressed(intake, ones) == 4
    with intake.works.begin("user:1") as work:  # as far as an undo came that broke off, too
        bulk_acts._undo_part(work, leads.get_act(work, act), intake.here.journey)
    assert suppressed(intake, ones) == 2
    with intake.works.read("test") as work:
        assert bulk_acts.whole(leads.act_parts(work, act)).undone_at is None
    assert undone(intake, act) == {}
    assert suppressed(intake, ones) == 0


def test_after_ten_minutes_or_once_it_was_done_nothing_is_taken_back(intake: House) -> None:
    (one,) = intake.let_in("ada")
    act = stop(intake, [one])
    undone(intake, act)
    with pytest.raises(Conflict, match="already"):
        undone(intake, act)
    late = stop(intake, [one])
    intake.clock.advance(timedelta(minutes=10, seconds=1))
    with pytest.raises(Conflict, match="Ten minutes"):
        undone(intake, late)
    with intake.works.read("test") as work:
        assert bulk_acts.undo_until(leads.act_parts(work, late), now=work.now) is None
        assert consent.suppression(work, one) is not None
