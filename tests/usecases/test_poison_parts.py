"""One lead for whom a part of the tick fails never stops that part for the others (S-08)."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from campaigns.vocabulary import ExitReason, MessageKind, Stage
from nurture import handoff, mail, scoring, tasks
from nurture.engagement import HitKind, MessageFacts, Patience, RawHit, insert_lines, to_line
from nurture.engagement.tables import Activity, Hit
from nurture.handoff.tables import Handoff
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId, MessageId
from nurture.kernel.work import Work, Works
from nurture.leads.tables import Lead
from nurture.scoring.tables import Score
from nurture.tasks.tables import Task
from nurture.usecases import evidence, listen, promote, sell
from nurture.usecases.apart import MOST_BROKEN
from nurture.usecases.track_exit import leave_tracks
from tests.usecases.house import House, open_house


@pytest.fixture
def house(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


def spoil(house: House, *lead_ids: LeadId) -> None:
    """Leave a stage in the rows that no version of the product knows."""
    with house.works.begin("test") as work:
        work.session.execute(update(Lead).where(Lead.id.in_(lead_ids)).values(stage="martian"))


def asked(house: House, lead_id: LeadId) -> list[str]:
    with house.works.read("test") as work:
        return [one.reason for one in tasks.open_tasks(work, lead_id=lead_id)]


def recheck(house: House) -> int:
    return promote.recheck_due(house.works, limit=100, notify=house.here.notify)


def test_definitions_are_checked_for_the_others(house: House) -> None:
    anna, bad, carl = house.let_in("anna", "bert", "carl")
    with house.works.begin("test") as work:
        scoring.recheck_by(work, dict.fromkeys([anna, bad, carl], work.now))
    spoil(house, bad)

    assert recheck(house) == 3

    with house.works.read("test") as work:
        query = select(Score.lead_id).where(Score.recheck_at <= work.now)
        assert list(work.session.scalars(query)) == []
        again = work.session.scalar(select(Score.recheck_at).where(Score.lead_id == bad))
    assert again == house.clock.instant + timedelta(days=1)
    assert any("Holding it against the definitions failed" in one for one in asked(house, bad))
    assert not any("failed" in one for one in asked(house, anna) + asked(house, carl))
    assert recheck(house) == 0


def test_where_the_check_fails_for_all_it_is_tried_again_soon_and_nobody_is_asked(
    house: House,
) -> None:
    bad = house.let_in(*(f"lead{number}" for number in range(MOST_BROKEN + 5)))
    with house.works.begin("test") as work:
        scoring.recheck_by(work, dict.fromkeys(bad, work.now))
    spoil(house, *bad)

    recheck(house)

    assert not any("failed" in one for lead_id in bad for one in asked(house, lead_id))
    with house.works.read("test") as work:
        moments = set(work.session.scalars(select(Score.recheck_at)))
    minutes = {(one - house.clock.instant) // timedelta(minutes=1) for one in moments if one}
    assert minutes == {15, 16}, "whom nobody tried comes first"


def test_who_is_checked_alone_and_fails_waits_for_a_quarter_of_an_hour_before_anybody_is_asked(
    house: House,
) -> None:
    (bad,) = house.let_in("bert")
    with house.works.begin("test") as work:
        scoring.recheck_by(work, {bad: work.now})
    spoil(house, bad)

    recheck(house)

    with house.works.read("test") as work:
        again = work.session.scalar(select(Score.recheck_at))
    assert again == house.clock.instant + timedelta(minutes=15)
    assert not any("failed" in one for one in asked(house, bad))

    for _ in range(24 * 4):
        house.clock.advance(timedelta(minutes=15))
        assert recheck(house) == 1
    assert any("failed" in one for one in asked(house, bad))
    assert recheck(house) == 0


def test_late_hand_offs_of_the_others_are_chased(house: House) -> None:
    good, bad = house.let_in("anna", "bert")
    with house.works.begin("test") as work:
        promote.make_ready(work, [good, bad], reason="for a test", notify=house.here.notify)
        assert handoff.open_leads(work, [good, bad]) == {good, bad}
    house.clock.advance(timedelta(days=2))
    spoil(house, bad)

    assert sell.chase(house.works, limit=100, notify=house.here.notify) == 2

    with house.works.read("test") as work:
        due = dict(work.session.execute(select(Handoff.lead_id, Handoff.chase_at)).all())
        kinds = [one.kind for one in handoff.events(work, _offer(work, good))]
    assert kinds[-1] in ("reminded", "escalated", "reassigned")
    assert due[bad] == house.clock.instant + timedelta(days=1)
    assert any("Chasing the hand-off failed" in one for one in asked(house, bad))


def _offer(work: Work, lead_id: LeadId) -> int:
    found = handoff.find_open(work, lead_id)
    assert found is not None
    return found.id


def test_the_others_wake(house: House) -> None:
    good, bad = house.let_in("anna", "bert")
    with house.works.begin("test") as work:
        leave_tracks(work, [good, bad], reason=ExitReason.REMOVED, words="for a test")
        wake_at = work.now + timedelta(days=1)
        tasks.park(
            work, [tasks.Parking(one, "rests", wake_at, queue="triage") for one in (good, bad)]
        )
    house.clock.advance(timedelta(days=2))
    spoil(house, bad)

    assert sell.wake(house.works, limit=100) == 2

    with house.works.read("test") as work:
        resting = select(Task.lead_id, Task.due_at).where(
            Task.kind == tasks.TaskKind.WAKE, Task.done_at.is_(None)
        )
        found = dict(work.session.execute(resting).all())
    assert found == {bad: house.clock.instant + timedelta(days=1)}
    assert any("Waking failed" in one for one in asked(house, bad))
    assert sell.wake(house.works, limit=100) == 0


def clicked(house: House, *lead_ids: LeadId) -> dict[LeadId, MessageId]:
    """Let people click in a mail each; the clicks are shipped, and nobody has looked at them."""
    found = {}
    with house.works.begin("test") as work:
        version = mail.live_versions(work)["welcome_by_interest"]
        for lead_id in lead_ids:
            new = mail.NewMessage(
                dedup_key=f"test-{lead_id}",
                kind=MessageKind.MARKETING,
                recipient="x@y.example",
                template_version_id=version,
                not_before=work.now,
                lead_id=lead_id,
            )
            mail.plan(work, [new])
            found[lead_id] = MessageId(mail.of_lead(work, lead_id)[0].id)
        insert_lines(
            work,
            [
                to_line(
                    RawHit(
                        kind=HitKind.CLICK,
                        message_id=message_id,
                        template_version=version,
                        link="0",
                        method="GET",
                        at=work.now,
                        machine_at=work.machine,
                        agent="chrome",
                        network="",
                        prefetch=False,
                    )
                )
                for message_id in found.values()
            ],
        )
    return found


def absorb(house: House, *, breaks: MessageId | None = None) -> int:
    def facts(work: Work, ids: Collection[MessageId]) -> Mapping[MessageId, MessageFacts]:
        if breaks in ids:
            message = "this message cannot be looked up"
            raise ValueError(message)
        return evidence.message_facts(work, ids)

    return listen.absorb(house.works, limit=100, facts=facts, patience=Patience())


def settle(house: House) -> None:
    listen.settle(
        house.works,
        limit=100,
        facts=evidence.message_facts,
        then=lambda work, settled: evidence.weigh_settled(work, settled, desk=house.here.desk),
    )


def test_clicks_of_the_others_are_weighed(house: House) -> None:
    anna, bad, carl = house.let_in("anna", "bert", "carl")
    clicked(house, anna, bad, carl)
    assert absorb(house) == 3
    house.clock.advance(timedelta(minutes=30))
    spoil(house, bad)

    settle(house)

    with house.works.read("test") as work:
        acts = set(work.session.scalars(select(Activity.lead_id)))
        waiting = list(work.session.scalars(select(Hit.settle_at).where(Hit.settled_at.is_(None))))
    assert acts == {anna, carl}
    assert waiting == [house.clock.instant + timedelta(days=1)]
    assert any("Weighing a click failed" in one for one in asked(house, bad))


def test_what_was_put_aside_is_weighed_once_it_is_mended(house: House) -> None:
    anna, bad = house.let_in("anna", "bert")
    clicked(house, anna, bad)
    absorb(house)
    house.clock.advance(timedelta(minutes=30))
    spoil(house, bad)
    settle(house)
    with house.works.begin("test") as work:
        work.session.execute(update(Lead).where(Lead.id == bad).values(stage=Stage.MARKETING))

    house.clock.advance(timedelta(days=1, minutes=1))
    settle(house)

    with house.works.read("test") as work:
        query = select(Activity.lead_id, func.count()).group_by(Activity.lead_id)
        assert dict(work.session.execute(query).all()) == {anna: 1, bad: 1}


def test_clicks_of_the_others_find_their_mail(house: House) -> None:
    anna, bad = house.let_in("anna", "bert")
    messages = clicked(house, anna, bad)

    absorb(house, breaks=messages[bad])

    with house.works.read("test") as work:
        settles = dict(work.session.execute(select(Hit.message_id, Hit.settle_at)).all())
    assert settles[messages[anna]] == house.clock.instant + Patience().settle
    assert settles[messages[bad]] == house.clock.instant + timedelta(days=1)
    assert any("Joining a click to its mail failed" in one for one in asked(house, bad))
