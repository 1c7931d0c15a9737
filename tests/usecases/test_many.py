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
from nurture.usecases import by_hand, many, promote
from nurture.usecases.by_hand import Out, Picked
from nurture.usecases.pace import Gait, Pace
from nurture.usecases.progress import next_actions_missing
from tests.usecases.house import RING, House, open_house, sent_message

KEY = b"k" * 32
MONTHLY = RING.replace("ring", "monthly", 1).replace("again: never", "again: after 30 d")


@pytest.fixture
def house(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))  # Tuesday, inside everybody's sending hours
    return open_house(works, clock, home, {})


def staff(house: House) -> list[UserId]:
    with house.works.read("test") as work:
        return [card.id for card in users.everybody(work)]


def inside(house: House, lead_id: LeadId) -> dict[str, str]:
    with house.works.read("test") as work:
        return {
            one.track_key: one.step for one in tracks.stays(work, lead_id) if one.ended_at is None
        }


def undone(house: House, act_id: int) -> dict[Out, int]:
    chosen = many.undo(house.works, act_id, actor="user:1", desk=house.here.desk)
    return {why: len(ones) for why, ones in chosen.left_out.items()}


class TwoRows(Pace):
    """Take two leads at a time."""

    def __init__(self, works: Works, gait: Gait) -> None:
        super().__init__(works, gait, most=2)

    def end(self, rows: int) -> None:
        """Stay as short as that."""
        assert rows <= self.rows


def put_in(house: House, lead_ids: list[LeadId], key: str) -> int:
    with house.works.begin("user:1") as work:
        track = tracks.get_track(work, key)
        return many.put_in_track(work, lead_ids, track=track, by="Mara")


def take_out(house: House, lead_ids: list[LeadId], key: str) -> int:
    with house.works.begin("user:1") as work:
        track = tracks.get_track(work, key)
        return many.take_out(work, lead_ids, track=track, desk=house.here.desk)


def stop(house: House, lead_ids: list[LeadId]) -> int:
    with house.works.begin("user:1") as work:
        return many.stop_mail(work, lead_ids, why="x", key=KEY, desk=house.here.desk)


def forgotten(house: House, lead_ids: list[LeadId]) -> list[LeadId]:
    with house.works.read("test") as work:
        return next_actions_missing(work, lead_ids)


def test_each_gets_the_owner_back_that_they_had_but_whom_somebody_gave_away_since(
    house: House,
) -> None:
    one, two, three = house.let_in("ada", "bob", "cem")
    first, second, third = staff(house)[:3]
    with house.works.begin("user:1") as work:
        leads.set_owner(work, [one], owner_id=first)
        leads.set_owner(work, [two], owner_id=None, queue="dealers")
    with house.works.begin("user:1") as work:
        act = many.assign(work, [one, two, three], owner_id=second)
    with house.works.begin("user:1") as work:
        leads.set_owner(work, [three], owner_id=third)

    assert undone(house, act) == {Out.CHANGED: 1}

    with house.works.read("test") as work:
        people = leads.by_ids(work, [one, two, three])
    assert [people[n].owner_id for n in (one, two, three)] == [first, None, third]
    assert people[two].queue == "dealers"


def test_whom_sales_got_since_keeps_who_has_it_in_hand(house: House) -> None:
    (scout,) = house.let_in("ada", country="AT")
    ready(house, scout)
    with house.works.read("test") as work:
        rep = handoff.open_of(work, [scout])[scout].owner_id
    assert rep is not None
    (one,) = house.let_in("bob", country="AT")
    with house.works.begin("user:1") as work:
        act = many.assign(work, [one], owner_id=rep)
    house.clock.advance(timedelta(minutes=2))
    ready(house, one)

    assert undone(house, act) == {Out.WITH_SALES: 1}

    with house.works.read("test") as work:
        assert handoff.open_of(work, [one])[one].owner_id == rep
        assert leads.get(work, one).owner_id == rep


def ready(house: House, lead_id: LeadId) -> None:
    with house.works.begin("test") as work:
        promote.make_ready(work, [lead_id], reason="Asked for it", notify=house.here.notify)


def test_who_was_put_in_a_track_is_out_of_it_again_unless_mail_has_left(house: House) -> None:
    written, waiting = house.let_in("ada", "bob")
    take_out(house, [written, waiting], "welcome")
    key = "keep_in_touch"
    act = put_in(house, [written, waiting], key)
    assert set(inside(house, written)) == {key}
    with house.works.begin("test") as work:
        run = {one.lead_id: one.id for one in tracks.stands(work, [written, waiting])}
        version = next(iter(mail.live_versions(work).values()))
        work.session.add(sent_message(written, run[written], version, at=work.now))

    with house.works.read("test") as work:
        chosen = many.weigh_undo(work, leads.act_parts(work, act))
    assert dict(chosen.left_out) == {Out.WRITTEN: (written,)}

    assert undone(house, act) == {Out.WRITTEN: 1}
    assert set(inside(house, written)) == {key}
    assert inside(house, waiting) == {}
    assert forgotten(house, [written, waiting]) == []
    put_in(house, [waiting], key)
    assert set(inside(house, waiting)) == {key}


def test_who_was_taken_out_stands_where_they_stood_and_their_mail_waits_again(
    house: House,
) -> None:
    (one,) = house.let_in("ada")
    house.tick()
    with house.works.read("test") as work:
        before = mail.waiting_of(work, [stand.id for stand in tracks.stands(work, [one])])
    stood = inside(house, one)
    assert before
    assert stood

    act = take_out(house, [one], next(iter(stood)))
    assert inside(house, one) == {}
    assert undone(house, act) == {}

    assert inside(house, one) == stood
    with house.works.read("test") as work:
        assert mail.waiting_of(work, [stand.id for stand in tracks.stands(work, [one])]) == before
    assert forgotten(house, [one]) == []


def test_do_not_mail_is_taken_back_with_permission_and_track_but_never_a_no_of_their_own(
    house: House,
) -> None:
    one, two = house.let_in("ada", "bob")
    stood = inside(house, one)
    act = stop(house, [one, two])
    with house.works.begin("prospect") as work:
        consent.suppress_leads(work, [two], reason=SuppressionReason.UNSUBSCRIBED, key=KEY)

    assert undone(house, act) == {Out.OWN_NO: 1}

    with house.works.read("test") as work:
        assert set(consent.suppressed_now(work, [one, two])) == {two}
        assert consent.permitted(work, [one, two]) == {one}
    assert inside(house, one) == stood
    assert inside(house, two) == {}


@pytest.mark.parametrize("reason", [SuppressionReason.MANUAL, SuppressionReason.IMPORTED])
def test_a_no_that_was_said_after_the_act_outlives_its_undoing(
    house: House, reason: SuppressionReason
) -> None:
    one, two = house.let_in("ada", "bob")
    act = stop(house, [one, two])
    house.clock.advance(timedelta(minutes=1))
    with house.works.begin("user:2") as work:
        consent.suppress_leads(work, [two], reason=reason, key=KEY, evidence={"why": "phoned"})

    assert undone(house, act) == {Out.OWN_NO: 1}

    with house.works.read("test") as work:
        assert set(consent.suppressed_now(work, [one, two])) == {two}
        assert consent.permitted(work, [one, two]) == {one}
    assert inside(house, two) == {}


def test_a_preview_counts_who_goes_in_and_says_why_the_others_do_not(house: House) -> None:
    been, new, there = house.let_in("ada", "bob", "cem")
    with house.works.begin("test") as work:
        tracks.publish(work, RING, file="ring.yaml")
        tracks.publish(work, MONTHLY, file="monthly.yaml")
    for key in ("ring", "monthly"):
        put_in(house, [been], key)
        house.clock.advance(timedelta(minutes=1))
        take_out(house, [been], key)
        put_in(house, [there], key)

    for key, why in (("ring", Out.NEVER_AGAIN), ("monthly", Out.NOT_YET)):
        with house.works.read("test") as work:
            track = tracks.get_track(work, key)
            preview = by_hand.pick_for_track(work, [been, new, there], track=track)
        act = put_in(house, [been, new, there], key)

        assert preview.lead_ids == (new,)
        assert preview.left_out == {why: (been,), Out.ALREADY: (there,)}
        with house.works.read("test") as work:
            parts = leads.act_parts(work, act)
            assert list(leads.stood_before(work, act)) == [new]
        told = {one.why: one.first for one in many.spared(parts)}
        assert told == {str(why): (been,), str(Out.ALREADY): (there,)}


@pytest.mark.parametrize("do", ["assign", "leave", "stop"])
def test_every_preview_of_an_act_on_many_equals_its_result(house: House, do: str) -> None:
    one, two, three = house.let_in("ada", "bob", "cem")
    owner = staff(house)[0]
    take_out(house, [one], "welcome")
    stop(house, [two])
    with house.works.begin("user:1") as work:
        leads.set_owner(work, [three], owner_id=owner)
    with house.works.begin("user:1") as work:
        track = tracks.get_track(work, "welcome")
        pick: dict[str, Callable[[], Picked]] = {
            "assign": lambda: by_hand.pick_for_owner(work, [one, two, three], owner_id=owner),
            "leave": lambda: by_hand.pick_to_take_out(work, [one, two, three], track=track),
            "stop": lambda: by_hand.pick_to_stop(work, [one, two, three]),
        }
        preview = pick[do]()
        if do == "assign":
            act = many.assign(work, [one, two, three], owner_id=owner)
        elif do == "leave":
            act = many.take_out(work, [one, two, three], track=track, desk=house.here.desk)
        else:
            act = many.stop_mail(work, [one, two, three], why="x", key=KEY, desk=house.here.desk)
        assert set(leads.stood_before(work, act)) == set(preview.lead_ids)
        told = {one.why: one.count for one in many.spared(leads.act_parts(work, act))}
    assert told == {str(why): len(ones) for why, ones in preview.left_out.items()}
    assert preview.left > 0


def to_call(house: House, lead_id: LeadId) -> int:
    """Put the lead in a track that waits for a call; give the task."""
    take_out(house, [lead_id], "welcome")
    with house.works.begin("test") as work:
        tracks.publish(work, RING, file="ring.yaml")
    put_in(house, [lead_id], "ring")
    house.tick()
    (task_id,) = calls(house, lead_id)
    return task_id


def calls(house: House, lead_id: LeadId) -> list[int]:
    with house.works.read("test") as work:
        found = tasks.open_tasks(work, lead_id=lead_id)
    return [one.id for one in found if one.kind is tasks.TaskKind.CALL]


@pytest.mark.parametrize("do", ["stop", "leave"])
def test_a_call_goes_with_its_track_and_comes_back_with_it(house: House, do: str) -> None:
    (one,) = house.let_in("ada")
    task_id = to_call(house, one)
    house.clock.advance(timedelta(minutes=1))

    act = stop(house, [one]) if do == "stop" else take_out(house, [one], "ring")
    assert calls(house, one) == []

    assert undone(house, act) == {}
    assert inside(house, one) == {"ring": "call"}
    assert calls(house, one) == [task_id]
    assert forgotten(house, [one]) == []


def test_the_call_of_a_track_that_was_entered_by_mistake_is_on_no_list(house: House) -> None:
    (one,) = house.let_in("ada")
    take_out(house, [one], "welcome")
    with house.works.begin("test") as work:
        tracks.publish(work, RING, file="ring.yaml")
    act = put_in(house, [one], "ring")
    house.tick()
    assert calls(house, one) != []

    assert undone(house, act) == {}
    assert calls(house, one) == []


def stop_in_stretches(house: House, lead_ids: list[LeadId], *, fail_at: int | None = None) -> int:
    """Stop mail to many, a minute between the parts; one part fails if told so."""
    parts: list[int] = []

    def do(work: Work, some: Sequence[LeadId]) -> int:
        if len(parts) == fail_at:
            raise RuntimeError("the power is off")
        house.clock.advance(timedelta(seconds=1))
        desk = house.here.desk
        parts.append(many.stop_mail(work, some, why="x", key=KEY, desk=desk))
        return parts[-1]

    try:
        return many.in_stretches(house.works, lead_ids, do, actor="user:1")
    except RuntimeError:
        return parts[0]


def suppressed(house: House, lead_ids: list[LeadId]) -> int:
    with house.works.read("test") as work:
        return len(consent.suppressed_now(work, lead_ids))


def test_a_long_act_is_done_in_parts_and_taken_back_as_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nurture.usecases.many.Pace", TwoRows)
    ones = house.let_in("ada", "bob", "cem", "dan", "eve")
    stood = {one: inside(house, one) for one in ones}

    act = stop_in_stretches(house, ones)

    with house.works.read("test") as work:
        parts = leads.act_parts(work, act)
        assert [len(leads.stood_before(work, one.id)) for one in parts] == [2, 2, 1]
        assert set(many.weigh_undo(work, parts).lead_ids) == set(ones)
    assert suppressed(house, ones) == 5
    assert undone(house, act) == {}
    assert suppressed(house, ones) == 0
    assert {one: inside(house, one) for one in ones} == stood
    with pytest.raises(Conflict, match="already"):
        undone(house, act)


def test_an_act_that_broke_off_is_whole_as_far_as_it_came_and_can_be_taken_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nurture.usecases.many.Pace", TwoRows)
    ones = house.let_in("ada", "bob", "cem", "dan", "eve")

    act = stop_in_stretches(house, ones, fail_at=2)

    assert suppressed(house, ones) == 4
    with house.works.begin("user:1") as work:  # as far as an undo came that broke off, too
        many._undo_part(work, leads.get_act(work, act), house.here.desk)
    assert suppressed(house, ones) == 2
    with house.works.read("test") as work:
        assert many.whole(leads.act_parts(work, act)).undone_at is None
    assert undone(house, act) == {}
    assert suppressed(house, ones) == 0


def test_after_ten_minutes_or_once_it_was_done_nothing_is_taken_back(house: House) -> None:
    (one,) = house.let_in("ada")
    act = stop(house, [one])
    undone(house, act)
    with pytest.raises(Conflict, match="already"):
        undone(house, act)
    late = stop(house, [one])
    house.clock.advance(timedelta(minutes=10, seconds=1))
    with pytest.raises(Conflict, match="Ten minutes"):
        undone(house, late)
    with house.works.read("test") as work:
        assert many.undo_until(leads.act_parts(work, late), now=work.now) is None
        assert consent.suppression(work, one) is not None
