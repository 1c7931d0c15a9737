"""Whether mail can leave, and if not, why: said from rows, in machine time."""

from datetime import timedelta

import pytest

from campaigns.vocabulary import MessageKind, MessageState
from nurture import mail
from nurture.kernel import shared_values
from nurture.kernel.clock import FrozenClock
from nurture.kernel.work import Works
from nurture.mail.tables import Message, SendAttempt, TemplateVersion
from nurture.reports.health import HealthTrouble, processes, troubles
from nurture.reports.sending_health import sending_health

LEASE = timedelta(minutes=12)


@pytest.fixture
def message(works: Works) -> int:
    """One mail that is due."""
    with works.begin("test") as work:
        version = TemplateVersion(
            key="hello",
            number=1,
            subject="s",
            html="h",
            text="t",
            fingerprint="f",
            compiled={},
            published_at=work.now,
        )
        work.session.add(version)
        work.session.flush()
        row = Message(
            dedup_key="one",
            kind=MessageKind.TEST,
            state=MessageState.PLANNED,
            recipient="a@firm.example",
            template_version_id=version.id,
            context={},
            planned_at=work.now,
            not_before=work.now,
            attempts=0,
        )
        work.session.add(row)
        work.session.flush()
        return row.id


def alive(works: Works, *roles: str) -> None:
    with works.begin("tick") as work:
        for role in roles:
            shared_values.beat(work, f"{role}@here:1")


def said(works: Works) -> list[HealthTrouble]:
    with works.read("test") as work:
        return list(troubles(work, sending_health(work), lease=LEASE))


@pytest.mark.usefixtures("message")
def test_where_all_are_alive_and_nothing_is_late_nothing_is_said(works: Works) -> None:
    alive(works, "tick", "worker")
    assert said(works) == []


@pytest.mark.usefixtures("message")
@pytest.mark.parametrize(
    ("role", "title"), [("tick", "No tick runs."), ("worker", "No worker runs.")]
)
def test_who_fell_silent_is_said_within_half_a_minute(
    works: Works, clock: FrozenClock, role: str, title: str
) -> None:
    alive(works, "tick", "worker")
    clock.advance(timedelta(seconds=20))
    alive(works, *{"tick", "worker"} - {role})
    assert said(works) == []
    clock.advance(timedelta(seconds=6))
    alive(works, *{"tick", "worker"} - {role})

    (one,) = said(works)
    assert one.title == title
    assert "silent for 26 seconds" in one.why
    assert "nurture up" in one.mend


@pytest.mark.usefixtures("message")
def test_nobody_at_all_is_said_once_mail_is_due(works: Works) -> None:
    (one,) = said(works)
    assert one.title == "No tick runs."


def test_no_mail_server_and_no_queue_are_said(works: Works) -> None:
    alive(works, "tick", "worker")
    with works.begin("tick") as work:
        mail.know_relays(work, ())
        shared_values.put(work, shared_values.QUEUE_AWAY, new="The queue does not answer.")
    titles = [one.title for one in said(works)]
    assert titles == ["No mail server is set.", "The queue does not answer."]
    with works.begin("tick") as work:
        mail.know_relays(work, ("",))
        shared_values.put(work, shared_values.QUEUE_AWAY, new="")
    assert said(works) == []


def test_a_server_that_says_nothing_is_said_unless_a_sender_reports(
    works: Works, clock: FrozenClock, message: int
) -> None:
    with works.begin("worker") as work:
        mail.claim(work, [message], journal="j", host="here", lease=LEASE)
    clock.advance(timedelta(seconds=19))
    alive(works, "tick", "worker")
    assert said(works) == []
    clock.advance(timedelta(seconds=5))
    alive(works, "tick", "worker")

    (one,) = said(works)
    assert one.title == "The mail server does not answer."
    assert "1 mail has been with a sender for 24 seconds" in one.why

    alive(works, "sender")
    assert said(works) == []
    with works.read("test") as work:
        assert {one.role for one in processes(work)} == {"tick", "worker"}
    clock.advance(timedelta(seconds=21))
    alive(works, "tick", "worker")
    assert said(works) != []
    with works.begin("worker") as work:
        work.session.add(
            SendAttempt(message_id=message, outcome="accepted", reply="", at=work.machine)
        )
    assert said(works) == []


def test_mail_that_waits_too_long_is_said_with_its_reason(
    works: Works, clock: FrozenClock, message: int
) -> None:
    with works.begin("worker") as work:
        work.session.get_one(Message, message).reason = "waits for better weather"
    clock.advance(timedelta(minutes=6))
    alive(works, "tick", "worker")
    (one,) = said(works)
    assert "waits for better weather" in one.why
