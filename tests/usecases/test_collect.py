"""The mailbox is emptied once a minute, by one reader at a time, each letter once."""

from datetime import timedelta
from pathlib import Path

import pytest

from campaigns.vocabulary import ActivityKind
from nurture import engagement, mail
from nurture.adapters.letterbox_memory import MemoryLetterbox
from nurture.kernel import shared
from nurture.kernel.clock import FrozenClock
from nurture.kernel.errors import Unavailable
from nurture.kernel.tokens import message_mark
from nurture.kernel.types import LeadId
from nurture.kernel.work import Works
from nurture.usecases import collect, receive
from nurture.usecases.receive import Received
from tests.support.letters_in import answer
from tests.usecases.house import House, open_house

STRANGER = b"From: x@y.example\nSubject: Buy now\n\nBuy now\n"


@pytest.fixture
def house(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


@pytest.fixture
def anna(house: House) -> LeadId:
    (lead,) = house.let_in("anna")
    house.tick()
    house.send()
    return lead


def reply(house: House, lead: LeadId, words: str = "Yes") -> bytes:
    with house.works.read("test") as work:
        mark = message_mark(house.here.keyring, mail.of_lead(work, lead)[0].id)
    return answer(f"<{mark}@x>", words=words)


def read(house: House, box: MemoryLetterbox, *, who: str = "one") -> dict[Received, int]:
    return dict(collect.collect(house.works, box, room=house.here.mailroom, who=who))


def replies(house: House, lead: LeadId) -> int:
    with house.works.read("test") as work:
        kinds = [one.kind for one in engagement.timeline(work, lead, limit=50)]
    return kinds.count(ActivityKind.REPLIED)


def trouble(house: House) -> str:
    with house.works.read("test") as work:
        found = collect.last_read(work)
        assert found is not None
        return found[1]


def test_what_lies_in_the_mailbox_is_received_and_marked(house: House, anna: LeadId) -> None:
    box = MemoryLetterbox([STRANGER, reply(house, anna), b"\0"])
    assert read(house, box) == {Received.UNKNOWN: 2, Received.HUMAN: 1}
    assert box.done_with == {1: False, 2: False, 3: False}
    assert replies(house, anna) == 1
    assert read(house, box) == {}
    assert trouble(house) == ""


def test_a_letter_whose_mark_was_lost_is_done_once(house: House, anna: LeadId) -> None:
    raw = reply(house, anna)
    assert read(house, MemoryLetterbox([raw])) == {Received.HUMAN: 1}
    assert read(house, MemoryLetterbox([raw])) == {Received.AGAIN: 1}
    assert replies(house, anna) == 1


def test_a_poisonous_letter_is_put_aside_and_the_next_is_read(
    house: House, anna: LeadId, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = receive.receive

    def stumbles(*given: object, **more: object) -> Received:
        if given[1][0].subject == "poison":  # type: ignore[index] # the events of one mail
            raise RecursionError
        return whole(*given, **more)  # type: ignore[arg-type] # as it came

    monkeypatch.setattr(receive, "receive", stumbles)
    box = MemoryLetterbox([b"Subject: poison\n\n", reply(house, anna)])
    assert read(house, box) == {Received.ASIDE: 1, Received.HUMAN: 1}
    assert box.done_with == {1: True, 2: False}
    with house.works.read("test") as work:
        assert [one.subject for one in mail.strays(work)] == ["poison"]


def test_two_readers_never_read_at_once(house: House, anna: LeadId) -> None:
    with house.works.begin("test") as work:
        assert shared.take_lease(work, collect.NAME, holder="other", for_=collect.LEASE)
    box = MemoryLetterbox([reply(house, anna)])
    assert read(house, box) == {}
    assert box.done_with == {}
    with house.works.begin("test") as work:
        work.machine += collect.LEASE + timedelta(seconds=1)
        assert shared.take_lease(work, collect.NAME, holder="third", for_=timedelta(0))


def test_a_clock_that_ran_ahead_keeps_nobody_from_the_mailbox(house: House, anna: LeadId) -> None:
    with house.works.begin("test") as work:
        work.machine += timedelta(days=30)
        assert shared.take_lease(work, collect.NAME, holder="ahead", for_=collect.LEASE)
    assert read(house, MemoryLetterbox([reply(house, anna)])) == {Received.HUMAN: 1}


def test_who_has_read_leaves_the_mailbox_to_the_next_at_once(house: House) -> None:
    read(house, MemoryLetterbox(), who="one")
    box = MemoryLetterbox([STRANGER])
    assert read(house, box, who="two") == {Received.UNKNOWN: 1}


def test_a_mailbox_that_is_away_says_so_and_is_tried_again(house: House, anna: LeadId) -> None:
    with pytest.raises(Unavailable):
        read(house, MemoryLetterbox(reachable=False))
    assert "does not let us in" in trouble(house)
    assert read(house, MemoryLetterbox([reply(house, anna)]), who="two") == {Received.HUMAN: 1}
    assert trouble(house) == ""


def test_one_of_all_ticks_asks_for_the_mailbox_once_a_minute(works: Works) -> None:
    with works.begin("tick") as work:
        asked = [collect.due(work, who=who) for who in ("a", "b", "c")]
        work.machine += timedelta(seconds=61)
        asked.append(collect.due(work, who="d"))
    assert asked == [True, False, False, True]
