"""What comes back to our mailbox: people count, machines do not, and each mail counts once."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from campaigns.vocabulary import ActivityKind
from nurture import engagement
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId
from nurture.kernel.work import Works
from nurture.usecases.receive import Received, take_in
from tests.usecases.house import House, open_house
from workers.demo.letters import out_of_office, reply
from workers.demo.population import Company, Kind, Person
from workers.demo.post import Mail, read_mail

ANNA = Person(
    kind=Kind.CLEAN,
    address="anna@anna-works.example",
    first_name="Anna",
    last_name="Marran",
    company=Company("Anna Works Ltd", "anna-works.example", "food", "DE", "12345", 150),
    phone="+49 30 23125 001",
    compressor_kw=90,
    job="engineer",
    topic="energy",
    source="website/search",
    temperament="reader",
)


@pytest.fixture
def house(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))  # Tuesday, inside everybody's sending hours
    return open_house(works, clock, home, {})


@pytest.fixture
def anna(house: House) -> LeadId:
    (lead_id,) = house.let_in("anna")
    return lead_id


@pytest.fixture
def letter(house: House, anna: LeadId) -> Mail:
    assert anna
    house.tick()
    house.send()
    sent = house.transport.accepted[0]
    return read_mail(1, sent.data)


def hand_in(house: House, raw: bytes) -> Received:
    return take_in(house.works, raw, room=house.here.mailroom)


def acts(house: House, lead_id: LeadId) -> list[str]:
    with house.works.read("test") as work:
        return [str(one.kind) for one in engagement.timeline(work, lead_id, limit=20, before=None)]


def test_a_persons_reply_is_an_act_of_intent(house: House, anna: LeadId, letter: Mail) -> None:
    assert hand_in(house, reply(letter, ANNA, serial=1)) is Received.HUMAN
    assert ActivityKind.REPLIED in acts(house, anna)


def test_an_out_of_office_note_stands_in_the_timeline_and_counts_for_nothing(
    house: House, anna: LeadId, letter: Mail
) -> None:
    assert hand_in(house, out_of_office(letter, ANNA, serial=1)) is Received.AUTOMATIC
    assert ActivityKind.REPLIED not in acts(house, anna)
    with house.works.read("test") as work:
        (act,) = engagement.timeline(work, anna, limit=1, before=None)
    assert act.kind is ActivityKind.AUTO_REPLIED
    assert not act.verdict.human


def test_the_same_reply_twice_is_one_reply(house: House, anna: LeadId, letter: Mail) -> None:
    raw = reply(letter, ANNA, serial=1)
    assert [hand_in(house, raw), hand_in(house, raw)] == [Received.HUMAN, Received.AGAIN]
    assert acts(house, anna).count(ActivityKind.REPLIED) == 1


def test_a_mail_that_answers_nothing_of_ours_changes_nothing(house: House, letter: Mail) -> None:
    stranger = replace(letter, message_id="<999999.0100112233445566778899@elsewhere.example>")
    assert hand_in(house, reply(stranger, ANNA, serial=1)) is Received.UNKNOWN
