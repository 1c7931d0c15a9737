"""What is wrong with one lead, one mail or one server stays with it."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from campaigns.vocabulary import ExitReason, MessageState
from nurture import mail, tasks, tracks
from nurture.adapters.mail_memory import MemoryTransport
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId
from nurture.kernel.work import Works
from nurture.leads.tables import Lead
from nurture.mail.tables import Message
from nurture.tracks.tables import Enrolment
from nurture.usecases.shared.bisect import MOST_BROKEN
from tests.usecases.intake import House, open_house


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


def spoil(intake: House, lead_ids: list[LeadId]) -> None:
    """Leave a stage in the rows that no version of the product knows."""
    with intake.works.begin("test") as work:
        work.session.execute(update(Lead).where(Lead.id.in_(lead_ids)).values(stage="martian"))


def test_one_lead_that_cannot_be_decided_never_stops_the_others(intake: House) -> None:
    _, bad, _ = intake.let_in("anna", "bert", "carl")
    spoil(intake, [bad])
    while intake.tick().due:
        pass
    intake.send()
    assert sorted(intake.sent) == ["anna@anna-works.example", "carl@carl-works.example"]


def test_a_lead_put_aside_has_a_receipt_and_somebody_who_looks(intake: House) -> None:
    bad, _ = intake.let_in("bert", "carl")
    spoil(intake, [bad])
    while intake.tick().due:
        pass
    with intake.works.read("test") as work:
        (stay,) = tracks.stays(work, bad)
        assert stay.exit_reason == ExitReason.ERROR
        assert "failed" in tracks.receipts(work, bad)[0].reason
        assert [one.queue for one in tasks.open_tasks(work, lead_id=bad)]


def test_a_general_fault_throws_nobody_out_who_happens_to_be_due_alone(
    intake: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    (anna,) = intake.let_in("anna")
    with monkeypatch.context() as broken:
        broken.setattr("nurture.usecases.journeys.advance.policy", no_policy)
        assert intake.tick().due == 1
        assert intake.tick().due == 0
        assert [one.ended_at for one in stays(intake, anna)] == [None]

    intake.clock.advance(timedelta(minutes=15))
    intake.tick()
    intake.send()
    assert intake.sent == ["anna@anna-works.example"]


def no_policy(*_: object, **__: object) -> None:
    message = "nothing is published"
    raise LookupError(message)


def stays(intake: House, lead_id: LeadId) -> list[tracks.TrackStay]:
    with intake.works.read("test") as work:
        return list(tracks.stays(work, lead_id))


def test_who_failed_alone_is_put_aside_once_others_go_through(intake: House) -> None:
    (bad,) = intake.let_in("bert")
    spoil(intake, [bad])
    intake.tick()
    assert [one.exit_reason for one in stays(intake, bad)] == [None]

    intake.clock.advance(timedelta(minutes=15))
    intake.let_in("anna")
    intake.tick()

    assert [one.exit_reason for one in stays(intake, bad)] == [ExitReason.ERROR]


def test_who_fails_alone_for_a_day_is_somebodys_task_and_stays_in_the_track(intake: House) -> None:
    (bad,) = intake.let_in("bert")
    spoil(intake, [bad])
    for _ in range(24 * 4 + 1):
        with intake.works.read("test") as work:
            assert tasks.open_tasks(work, lead_id=bad) == []
        assert intake.tick().due == 1
        intake.clock.advance(timedelta(minutes=15))
    with intake.works.read("test") as work:
        assert len(tasks.open_tasks(work, lead_id=bad)) == 1
    assert intake.tick().due == 0
    assert [one.exit_reason for one in stays(intake, bad)] == [None]


def test_good_leads_behind_a_crowd_of_broken_ones_get_their_turn(intake: House) -> None:
    bad = intake.let_in(*(f"a{number:02}" for number in range(MOST_BROKEN + 5)))
    intake.clock.advance(timedelta(seconds=1))
    good = [f"z{number}" for number in range(5)]
    intake.let_in(*good)
    spoil(intake, bad)

    intake.tick()
    intake.send()

    assert sorted(intake.sent) == [f"{one}@{one}-works.example" for one in good]
    ended = [stay.exit_reason for one in bad for stay in stays(intake, one)]
    assert ended.count(ExitReason.ERROR) == MOST_BROKEN
    intake.clock.advance(timedelta(minutes=15))
    intake.let_in("y")
    intake.tick()
    ended = [stay.exit_reason for one in bad for stay in stays(intake, one)]
    assert ended.count(ExitReason.ERROR) == len(bad)


def test_where_everybody_fails_nobody_is_put_out_of_a_track(intake: House) -> None:
    bad = intake.let_in(*(f"lead{number}" for number in range(MOST_BROKEN + 5)))
    spoil(intake, bad)
    assert intake.tick().due == len(bad)
    assert intake.tick().due == 0
    with intake.works.read("test") as work:
        ended = select(func.count()).where(Enrolment.ended_at.is_not(None))
        assert work.session.scalar(ended) == 0
    with intake.works.begin("test") as work:
        work.session.execute(update(Lead).values(stage="marketing"))
    intake.clock.advance(timedelta(minutes=20))
    intake.tick()
    intake.send()
    assert len(intake.sent) == len(bad)


def test_a_recipient_that_would_write_headers_is_dropped_alone(intake: House) -> None:
    intake.let_in("anna", "bert")
    intake.tick()
    with intake.works.begin("test") as work:
        work.session.execute(
            update(Message)
            .where(Message.recipient.like("bert%"))
            .values(recipient="bert@x.example\r\nBcc: all@x.example")
        )
    intake.send()
    assert intake.sent == ["anna@anna-works.example"]
    with intake.works.read("test") as work:
        lost = select(Message.recipient).where(
            Message.state.in_((MessageState.DROPPED, MessageState.REFUSED))
        )
        assert len(work.session.scalars(lost).all()) == 1


def test_mail_that_no_server_took_waits_a_moment_before_it_is_tried_again(intake: House) -> None:
    intake.let_in("anna")
    intake.tick()
    up, intake.transport = intake.transport, MemoryTransport(reachable=False)
    intake.send()
    with intake.works.begin("tick") as work:
        assert mail.batch_due(work) == []
    intake.transport = up
    intake.clock.advance(timedelta(seconds=15))
    intake.send()
    assert intake.sent == ["anna@anna-works.example"]
