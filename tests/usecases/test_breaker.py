"""A mail server in trouble is left alone, asked carefully, then used again (S-09)."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from campaigns.vocabulary import MessageKind, MessageState, SuppressionReason
from nurture import consent, mail
from nurture.adapters.mail_memory import Fate, MemoryTransport
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import Json
from nurture.kernel.work import Works
from nurture.mail import MessageEvent, Recorded
from nurture.mail.breaker import FIRST_PROBE
from nurture.mail.rules import HANG_UPS
from nurture.mail.tables import Message
from tests.usecases.intake import House, open_house

NAMES = [f"reader{number}@firm.example" for number in range(40)]


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


def plan(intake: House, *names: str) -> None:
    """Plan mails to nobody in particular: what is tested is the sending."""
    content: Json = {
        "id": 1,
        "title": "T",
        "teaser": "t",
        "type": "article",
        "topic": "x",
        "minutes": 1,
        "url": "http://x.example",
    }
    with intake.works.begin("test") as work:
        version = mail.live_versions(work)["requested_file"]
        mail.plan(
            work,
            [
                mail.NewMessage(
                    dedup_key=name.partition("@")[0],
                    kind=MessageKind.REQUESTED,
                    recipient=name,
                    template_version_id=version,
                    not_before=work.now,
                    context={"lead": {"first_name": "R"}, "content": content},
                )
                for name in names
            ],
        )


def server(intake: House, fate: Fate | None, *names: str) -> None:
    intake.transport = MemoryTransport(dict.fromkeys(names, fate) if fate else {})


def counts(intake: House) -> dict[str, int]:
    with intake.works.read("test") as work:
        query = select(Message.state, func.count()).group_by(Message.state)
        return dict(work.session.execute(query).all())


def state(intake: House) -> mail.Breaker:
    with intake.works.read("test") as work:
        return mail.read_breaker(work)


def test_a_server_that_never_answers_is_left_alone_after_five(intake: House) -> None:
    plan(intake, *NAMES)
    server(intake, Fate.DROPPED_AFTER_DOT, *NAMES)

    intake.send()

    assert counts(intake) == {MessageState.IN_DOUBT: 5, MessageState.PLANNED: 35}
    assert state(intake).is_open
    assert "got no answer" in state(intake).why
    intake.send()
    assert counts(intake)[MessageState.IN_DOUBT] == 5


def test_probes_come_after_ten_seconds_then_ever_later_until_one_is_answered(intake: House) -> None:
    plan(intake, *NAMES)
    server(intake, Fate.DROPPED_AFTER_DOT, *NAMES)
    intake.send()
    doubts = []
    for seconds in (9, 2, 18, 3, 39, 2):
        intake.clock.advance(timedelta(seconds=seconds))
        intake.send()
        doubts.append(counts(intake)[MessageState.IN_DOUBT])
    assert doubts == [5, 6, 6, 7, 7, 8]

    server(intake, None)
    intake.clock.advance(timedelta(minutes=3))
    intake.send()
    assert counts(intake)[MessageState.SENT] == 1
    assert not state(intake).is_open
    intake.clock.advance(timedelta(seconds=1))
    intake.send()

    assert counts(intake) == {MessageState.IN_DOUBT: 8, MessageState.SENT: 32}
    assert not state(intake).is_open


def test_a_server_that_puts_everything_off_is_left_alone(intake: House) -> None:
    plan(intake, *NAMES)
    server(intake, Fate.TEMPORARY_AFTER_DOT, *NAMES)

    intake.send()

    assert state(intake).is_open
    assert "put off" in state(intake).why


def test_our_own_crash_opens_nothing(intake: House) -> None:
    plan(intake, *NAMES)
    with intake.works.begin("tick") as work:
        batch = mail.batch_due(work)[0]
        ids = [one.id for one in mail.candidates(work, batch)]
        mail.claim(work, ids, journal="j", host="here", lease=timedelta(minutes=1))
        lost = [
            Recorded(one, MessageEvent.UNKNOWN, "its sender died before the server answered")
            for one in ids
        ]
        mail.record(work, lost, journal="j")
        mail.watch(work, batch, [one.event for one in lost])

    assert not state(intake).is_open


def test_a_mail_that_no_server_lets_come_to_its_end_is_given_up(intake: House) -> None:
    poison, other, last = NAMES[:3]
    plan(intake, poison)
    server(intake, Fate.DROPPED_IN_DATA, poison)
    tried = []
    for number in range(HANG_UPS + 2):
        if number == HANG_UPS:
            plan(intake, other)
        intake.send()
        tried.append(dict(counts(intake)))
        intake.clock.advance(timedelta(hours=12))

    assert tried[HANG_UPS - 1] == {MessageState.DEFERRED: 1}, "perhaps it hangs up on everybody"
    assert tried[HANG_UPS + 1] == {MessageState.DROPPED: 1, MessageState.SENT: 1}
    plan(intake, last)
    intake.send()

    assert counts(intake) == {MessageState.DROPPED: 1, MessageState.SENT: 2}
    with intake.works.read("test") as work:
        (line,) = mail.messages(work, Message.state == MessageState.DROPPED)
    assert line.reason == "given up after 7 tries: the server hung up before the end of this mail"


def test_a_probe_that_may_not_leave_gives_way_to_one_that_may(intake: House) -> None:
    intake.let_in("anna")
    plan(intake, *NAMES[:5])
    server(intake, Fate.DROPPED_AFTER_DOT, *NAMES)
    intake.send()
    assert state(intake).is_open
    (lead,) = intake.let_in("berta")
    intake.tick()  # marketing mail is planned, and waits longer than what is urgent
    with intake.works.begin("test") as work:
        consent.suppress_leads(work, [lead], reason=SuppressionReason.MANUAL, key=b"k" * 32)
    intake.clock.advance(timedelta(minutes=1))
    plan(intake, "urgent@firm.example")
    server(intake, None)

    intake.send()

    assert [one.recipient for one in intake.transport.accepted] == ["urgent@firm.example"]
    assert not state(intake).is_open


def test_a_probe_that_asked_nothing_is_taken_back(intake: House) -> None:
    plan(intake, *NAMES[:5])
    server(intake, Fate.DROPPED_AFTER_DOT, *NAMES)
    intake.send()
    intake.clock.advance(FIRST_PROBE)
    plan(intake, "held@firm.example")
    with intake.works.begin("tick") as work:
        (batch,) = mail.batch_due(work)
        wait = mail.read_breaker(work).wait
        assert mail.batch_due(work) == []
        mail.watch(work, batch, [])

        again = mail.read_breaker(work)
        assert (again.wait, again.probe, again.probe_at) == (wait / 2, None, work.machine)


def test_a_mail_that_was_put_off_before_is_not_given_up_at_its_first_hang_up(intake: House) -> None:
    name = NAMES[0]
    plan(intake, name)
    server(intake, Fate.GREYLISTED, name)
    for _ in range(HANG_UPS):
        intake.send()
        intake.clock.advance(timedelta(hours=3))
    server(intake, Fate.DROPPED_IN_DATA, name)
    intake.send()

    assert counts(intake) == {MessageState.DEFERRED: 1}
