"""The mailbox is emptied once a minute, by one reader at a time, each letter once."""

from datetime import timedelta
from pathlib import Path

import pytest

from campaigns.vocabulary import ActivityKind
from nurture import engagement, mail
from nurture.adapters.mailbox_memory import MemoryMailbox
from nurture.kernel import shared_values
from nurture.kernel.clock import FrozenClock
from nurture.kernel.errors import Unavailable
from nurture.kernel.tokens import message_mark
from nurture.kernel.types import LeadId
from nurture.kernel.work import Works
from nurture.usecases.responses import inbound_mail, poll_mailbox
from nurture.usecases.responses.inbound_mail import InboundMailResult
from tests.support.letters_in import answer
from tests.usecases.intake import House, open_house

STRANGER = b"From: x@y.example\nSubject: Buy now\n\nBuy now\n"


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


@pytest.fixture
def anna(intake: House) -> LeadId:
    (lead,) = intake.let_in("anna")
    intake.tick()
    intake.send()
    return lead


def reply(intake: House, lead: LeadId, words: str = "Yes") -> bytes:
    with intake.works.read("test") as work:
        mark = message_mark(intake.here.keyring, mail.of_lead(work, lead)[0].id)
    return answer(f"<{mark}@x>", words=words)


def read(intake: House, box: MemoryMailbox, *, who: str = "one") -> dict[InboundMailResult, int]:
    return dict(poll_mailbox.collect(intake.works, box, room=intake.here.mailroom, who=who))


def replies(intake: House, lead: LeadId) -> int:
    with intake.works.read("test") as work:
        kinds = [one.kind for one in engagement.timeline(work, lead, limit=50)]
    return kinds.count(ActivityKind.REPLIED)


def trouble(intake: House) -> str:
    with intake.works.read("test") as work:
        found = poll_mailbox.last_read(work)
        assert found is not None
        return found[1]


def test_what_lies_in_the_mailbox_is_received_and_marked(intake: House, anna: LeadId) -> None:
    box = MemoryMailbox([STRANGER, reply(intake, anna), b"\0"])
    assert read(intake, box) == {InboundMailResult.UNKNOWN: 2, InboundMailResult.HUMAN: 1}
    assert box.done_with == {1: False, 2: False, 3: False}
    assert replies(intake, anna) == 1
    assert read(intake, box) == {}
    assert trouble(intake) == ""


def test_a_letter_whose_mark_was_lost_is_done_once(intake: House, anna: LeadId) -> None:
    raw = reply(intake, anna)
    assert read(intake, MemoryMailbox([raw])) == {InboundMailResult.HUMAN: 1}
    assert read(intake, MemoryMailbox([raw])) == {InboundMailResult.AGAIN: 1}
    assert replies(intake, anna) == 1


def test_a_poisonous_letter_is_put_aside_and_the_next_is_read(
    intake: House, anna: LeadId, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = inbound_mail.receive

    def stumbles(*given: object, **more: object) -> InboundMailResult:
        if given[1][0].subject == "poison":  # type: ignore[index] # the events of one mail
            raise RecursionError
        return whole(*given, **more)  # type: ignore[arg-type] # as it came

    monkeypatch.setattr(inbound_mail, "receive", stumbles)
    box = MemoryMailbox([b"Subject: poison\n\n", reply(intake, anna)])
    assert read(intake, box) == {InboundMailResult.ASIDE: 1, InboundMailResult.HUMAN: 1}
    assert box.done_with == {1: True, 2: False}
    with intake.works.read("test") as work:
        assert [one.subject for one in mail.unmatched_mail(work)] == ["poison"]


def test_two_readers_never_read_at_once(intake: House, anna: LeadId) -> None:
    with intake.works.begin("test") as work:
        assert shared_values.take_lease(
            work, poll_mailbox.NAME, holder="other", for_=poll_mailbox.LEASE
        )
    box = MemoryMailbox([reply(intake, anna)])
    assert read(intake, box) == {}
    assert box.done_with == {}
    with intake.works.begin("test") as work:
        work.machine += poll_mailbox.LEASE + timedelta(seconds=1)
        assert shared_values.take_lease(work, poll_mailbox.NAME, holder="third", for_=timedelta(0))


def test_a_clock_that_ran_ahead_keeps_nobody_from_the_mailbox(intake: House, anna: LeadId) -> None:
    with intake.works.begin("test") as work:
        work.machine += timedelta(days=30)
        assert shared_values.take_lease(
            work, poll_mailbox.NAME, holder="ahead", for_=poll_mailbox.LEASE
        )
    assert read(intake, MemoryMailbox([reply(intake, anna)])) == {InboundMailResult.HUMAN: 1}


def test_who_has_read_leaves_the_mailbox_to_the_next_at_once(intake: House) -> None:
    read(intake, MemoryMailbox(), who="one")
    box = MemoryMailbox([STRANGER])
    assert read(intake, box, who="two") == {InboundMailResult.UNKNOWN: 1}


def test_a_mailbox_that_is_away_says_so_and_is_tried_again(intake: House, anna: LeadId) -> None:
    with pytest.raises(Unavailable):
        read(intake, MemoryMailbox(reachable=False))
    assert "does not let us in" in trouble(intake)
    assert read(intake, MemoryMailbox([reply(intake, anna)]), who="two") == {
        InboundMailResult.HUMAN: 1
    }
    assert trouble(intake) == ""


def test_one_of_all_ticks_asks_for_the_mailbox_once_a_minute(works: Works) -> None:
    with works.begin("tick") as work:
        asked = [poll_mailbox.due(work, who=who) for who in ("a", "b", "c")]
        work.machine += timedelta(seconds=61)
        asked.append(poll_mailbox.due(work, who="d"))
    assert asked == [True, False, False, True]
