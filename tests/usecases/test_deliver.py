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
from nurture.mail import MessageEvent, Outgoing, Result
from nurture.mail.tables import Message
from nurture.usecases import deliver, reaper
from nurture.usecases.post import Post
from tests.usecases.house import House, open_house
from workers.clerk import clerk_of

BATCHES, LETTERS = 4, 3


@pytest.fixture
def house(
    fresh_works: Works, clock: FrozenClock, home: Path, monkeypatch: pytest.MonkeyPatch
) -> House:
    """Real transactions, since two threads use them at once; small batches."""
    monkeypatch.setattr("nurture.mail.service.BATCH", LETTERS)
    clock.advance(timedelta(days=1, hours=1))
    return open_house(fresh_works, clock, home, {})


def planned(house: House) -> list[int]:
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
    with house.works.begin("test") as work:
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


def post_of(house: House, transport: mail.Transport) -> Post:
    return replace(house.here.post(), transport=transport)


def states(house: House) -> dict[str, int]:
    with house.works.read("test") as work:
        query = select(Message.state, func.count()).group_by(Message.state)
        return dict(work.session.execute(query).all())


def test_one_job_sends_all_that_waits_each_mail_once(house: House) -> None:
    batches, transport = planned(house), MemoryTransport()

    done = dict(
        deliver.deliver(house.works, batches[1], post=post_of(house, transport), seconds=60)
    )

    assert done.keys() == set(batches)
    assert [one.counts for one in done.values()] == [{MessageEvent.ACCEPTED: LETTERS}] * BATCHES
    assert len({one.recipient for one in transport.accepted}) == BATCHES * LETTERS
    assert len(transport.accepted) == BATCHES * LETTERS
    assert list((house.here.home / "journals").iterdir()) == []


def test_a_job_whose_time_is_up_takes_on_nothing_more(house: House) -> None:
    batches, transport = planned(house), MemoryTransport()

    done = list(deliver.deliver(house.works, batches[0], post=post_of(house, transport), seconds=0))

    assert [number for number, _ in done] == batches[:1]
    assert states(house) == {
        MessageState.SENT: LETTERS,
        MessageState.PLANNED: (BATCHES - 1) * LETTERS,
    }


def test_what_was_claimed_ahead_is_handed_back_when_the_server_is_away(house: House) -> None:
    batches, away = planned(house), MemoryTransport(reachable=False)

    done = list(deliver.deliver(house.works, batches[0], post=post_of(house, away), seconds=60))

    assert [one.counts for _, one in done] == [{MessageEvent.HANDED_BACK: LETTERS}] * 2
    assert states(house) == {MessageState.PLANNED: BATCHES * LETTERS}
    assert list((house.here.home / "journals").iterdir()) == []


class BrokenTransport(MemoryTransport):
    """Fails as no server does."""

    def send_batch(self, *_args: object, **_named: object) -> None:
        raise RuntimeError("a defect of ours")


def test_what_was_claimed_ahead_is_left_to_the_reaper_when_the_sender_fails(house: House) -> None:
    batches = planned(house)
    post = post_of(house, BrokenTransport())

    with pytest.raises(RuntimeError, match="a defect"):
        list(deliver.deliver(house.works, batches[0], post=post, seconds=60))
    assert states(house)[MessageState.SENDING] == 2 * LETTERS

    reaper.reap(house.works, journals=post.journals, host=post.host, secret=b"s" * 32)
    assert states(house) == {MessageState.PLANNED: BATCHES * LETTERS}


def test_what_cannot_be_recorded_is_settled_by_the_reaper(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches, transport = planned(house), MemoryTransport()
    post = post_of(house, transport)

    def away(*_args: object, **_named: object) -> None:
        raise RuntimeError("a defect of ours")

    with monkeypatch.context() as broken:
        broken.setattr(mail, "record", away)
        with pytest.raises(RuntimeError, match="a defect"):
            list(deliver.deliver(house.works, batches[0], post=post, seconds=60))

    reaper.reap(house.works, journals=post.journals, host=post.host, secret=b"s" * 32)
    sent = len(transport.accepted)
    assert sent == len({one.recipient for one in transport.accepted}) > 0
    assert states(house) == {
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
        on_reply: Callable[[Result], None],
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
def test_a_clerk_in_a_process_of_its_own_does_the_same(house: House) -> None:
    batches, transport = planned(house), MemoryTransport()
    post = post_of(house, transport)

    with clerk_of(house.works, post) as beside:
        assert beside is not None
        assert beside.submit(os.getpid).result() != os.getpid()
        done = deliver.deliver(house.works, batches[0], post=post, seconds=60, beside=beside)
        assert dict(done).keys() == set(batches)

    assert len({one.recipient for one in transport.accepted}) == BATCHES * LETTERS
    assert states(house) == {MessageState.SENT: BATCHES * LETTERS}
    assert list(post.journals.iterdir()) == []


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.only("postgresql")
def test_a_clerk_that_is_killed_costs_no_mail_and_sends_none_twice(house: House) -> None:
    batches = planned(house)

    with clerk_of(house.works, house.here.post()) as beside:
        assert beside is not None
        transport = DeadlyTransport(beside)
        post = post_of(house, transport)
        with pytest.raises(BrokenProcessPool):
            list(deliver.deliver(house.works, batches[0], post=post, seconds=60, beside=beside))
    reaper.reap(house.works, journals=post.journals, host=post.host, secret=b"s" * 32)

    sent = len(transport.accepted)
    assert sent == len({one.recipient for one in transport.accepted}) == 2 * LETTERS
    assert states(house) == {
        MessageState.SENT: sent,
        MessageState.PLANNED: BATCHES * LETTERS - sent,
    }
