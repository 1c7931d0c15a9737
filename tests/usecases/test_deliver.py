"""A sender goes on with what waits; a batch is claimed while the one before it is sent."""

import os
import signal
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from campaigns.vocabulary import MessageKind, MessageState
from nurture import mail
from nurture.adapters.mail_memory import MemoryTransport
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import Json, MessageId
from nurture.kernel.work import Works
from nurture.mail import MessageEvent, Outgoing, TransportResult
from nurture.mail.tables import Message
from nurture.usecases.delivery import recover, send_batches
from nurture.usecases.delivery.sender import Sender
from tests.usecases.intake import House, open_house
from workers.recorder_process import recorder_of

BATCHES, LETTERS = 4, 3


@pytest.fixture
def intake(
    fresh_works: Works, clock: FrozenClock, home: Path, monkeypatch: pytest.MonkeyPatch
) -> House:
    """Real transactions, since two threads use them at once; small batches."""
    monkeypatch.setattr("nurture.mail.service.BATCH", LETTERS)
    clock.advance(timedelta(days=1, hours=1))
    return open_house(fresh_works, clock, home, {})


def planned(intake: House) -> list[int]:
    """Plan mails to nobody in particular, and put them in batches."""
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
        rows = [
            mail.NewMessage(
                dedup_key=f"{n:064}",
                kind=MessageKind.REQUESTED,
                recipient=f"reader{n}@firm.example",
                template_version_id=version,
                not_before=work.now,
                context={"lead": {"first_name": "R"}, "content": content},
            )
            for n in range(BATCHES * LETTERS)
        ]
        mail.plan(work, rows)
        return mail.batch_due(work)


def post_of(intake: House, transport: mail.Transport) -> Sender:
    return replace(intake.here.post(), transport=transport)


def states(intake: House) -> dict[str, int]:
    with intake.works.read("test") as work:
        query = select(Message.state, func.count()).group_by(Message.state)
        return dict(work.session.execute(query).all())


def test_one_job_sends_all_that_waits_each_mail_once(intake: House) -> None:
    batches, transport = planned(intake), MemoryTransport()

    done = dict(
        send_batches.deliver(intake.works, batches[1], post=post_of(intake, transport), seconds=60)
    )

    assert done.keys() == set(batches)
    assert [one.counts for one in done.values()] == [{MessageEvent.ACCEPTED: LETTERS}] * BATCHES
    assert len({one.recipient for one in transport.accepted}) == BATCHES * LETTERS
    assert len(transport.accepted) == BATCHES * LETTERS
    assert list((intake.here.home / "journals").iterdir()) == []


def test_a_job_whose_time_is_up_takes_on_nothing_more(intake: House) -> None:
    batches, transport = planned(intake), MemoryTransport()

    done = list(
        send_batches.deliver(intake.works, batches[0], post=post_of(intake, transport), seconds=0)
    )

    assert [number for number, _ in done] == batches[:1]
    assert states(intake) == {
        MessageState.SENT: LETTERS,
        MessageState.PLANNED: (BATCHES - 1) * LETTERS,
    }


def test_what_was_claimed_ahead_is_handed_back_when_the_server_is_away(intake: House) -> None:
    batches, away = planned(intake), MemoryTransport(reachable=False)

    done = list(
        send_batches.deliver(intake.works, batches[0], post=post_of(intake, away), seconds=60)
    )

    assert [one.counts for _, one in done] == [{MessageEvent.HANDED_BACK: LETTERS}] * 2
    assert states(intake) == {MessageState.PLANNED: BATCHES * LETTERS}
    assert list((intake.here.home / "journals").iterdir()) == []


class BrokenTransport(MemoryTransport):
    """Fails as no server does."""

    def send_batch(self, *_args: object, **_named: object) -> None:
        raise RuntimeError("a defect of ours")


def test_what_was_claimed_ahead_is_left_to_the_reaper_when_the_sender_fails(intake: House) -> None:
    batches = planned(intake)
    post = post_of(intake, BrokenTransport())

    with pytest.raises(RuntimeError, match="a defect"):
        list(send_batches.deliver(intake.works, batches[0], post=post, seconds=60))
    assert states(intake)[MessageState.SENDING] == 2 * LETTERS

    recover.reap(intake.works, journals=post.journals, host=post.host, secret=b"s" * 32)
    assert states(intake) == {MessageState.PLANNED: BATCHES * LETTERS}


def test_what_cannot_be_recorded_is_settled_by_the_reaper(
    intake: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches, transport = planned(intake), MemoryTransport()
    post = post_of(intake, transport)

    def away(*_args: object, **_named: object) -> None:
        raise RuntimeError("a defect of ours")

    with monkeypatch.context() as broken:
        broken.setattr(mail, "record", away)
        with pytest.raises(RuntimeError, match="a defect"):
            list(send_batches.deliver(intake.works, batches[0], post=post, seconds=60))

    recover.reap(intake.works, journals=post.journals, host=post.host, secret=b"s" * 32)
    sent = len(transport.accepted)
    assert sent == len({one.recipient for one in transport.accepted}) > 0
    assert states(intake) == {
        MessageState.SENT: sent,
        MessageState.PLANNED: BATCHES * LETTERS - sent,
    }
    assert list(post.journals.iterdir()) == []


class DeadlyTransport(MemoryTransport):
    """Kills the clerk before it sends for the second time."""

    def __init__(self, beside: Executor) -> None:
        super().__init__()
        self.clerk = beside.submit(os.getpid).result()
        self.batches = 0

    def send_batch(
        self,
        messages: Iterable[Outgoing],
        *,
        before_dot: Callable[[MessageId], None],
        on_reply: Callable[[TransportResult], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self.batches += 1
        if self.batches == 2:
            os.kill(self.clerk, signal.SIGKILL)
        super().send_batch(
            messages, before_dot=before_dot, on_reply=on_reply, should_stop=should_stop
        )


# From Python 3.12 on: the test runner has threads, a sender has none when it forks.
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.only("postgresql")
def test_a_clerk_in_a_process_of_its_own_does_the_same(intake: House) -> None:
    batches, transport = planned(intake), MemoryTransport()
    post = post_of(intake, transport)

    with recorder_of(intake.works, post) as beside:
        assert beside is not None
        assert beside.submit(os.getpid).result() != os.getpid()
        done = send_batches.deliver(intake.works, batches[0], post=post, seconds=60, beside=beside)
        assert dict(done).keys() == set(batches)

    assert len({one.recipient for one in transport.accepted}) == BATCHES * LETTERS
    assert states(intake) == {MessageState.SENT: BATCHES * LETTERS}
    assert list(post.journals.iterdir()) == []


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.only("postgresql")
def test_a_clerk_that_is_killed_costs_no_mail_and_sends_none_twice(intake: House) -> None:
    batches = planned(intake)

    with recorder_of(intake.works, intake.here.post()) as beside:
        assert beside is not None
        transport = DeadlyTransport(beside)
        post = post_of(intake, transport)
        with pytest.raises(BrokenProcessPool):
            list(
                send_batches.deliver(intake.works, batches[0], post=post, seconds=60, beside=beside)
            )
    recover.reap(intake.works, journals=post.journals, host=post.host, secret=b"s" * 32)

    sent = len(transport.accepted)
    assert sent == len({one.recipient for one in transport.accepted}) == 2 * LETTERS
    assert states(intake) == {
        MessageState.SENT: sent,
        MessageState.PLANNED: BATCHES * LETTERS - sent,
    }
