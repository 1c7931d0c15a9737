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
from nurture.usecases.responses.inbound_mail import InboundMailResult, take_in
from tests.usecases.intake import House, open_house
from workers.demo.mail_replies import out_of_office, reply
from workers.demo.population import InventedCompany, Kind, Prospect
from workers.demo.read_mail import Mail, read_mail

ANNA = Prospect(
    kind=Kind.CLEAN,
    address="anna@anna-works.example",
    first_name="Anna",
    last_name="Marran",
    company=InventedCompany("Anna Works Ltd", "anna-works.example", "food", "DE", "12345", 150),
    phone="+49 30 23125 001",
    compressor_kw=90,
    job="engineer",
    topic="energy",
    source="website/search",
    temperament="reader",
)


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))  # Tuesday, inside everybody's sending hours
    return open_house(works, clock, home, {})


@pytest.fixture
def anna(intake: House) -> LeadId:
    (lead_id,) = intake.let_in("anna")
    return lead_id


@pytest.fixture
def letter(intake: House, anna: LeadId) -> Mail:
    assert anna
    intake.tick()
    intake.send()
    sent = intake.transport.accepted[0]
    return read_mail(1, sent.data)


def hand_in(intake: House, raw: bytes) -> InboundMailResult:
    return take_in(intake.works, raw, room=intake.here.mailroom)


def acts(intake: House, lead_id: LeadId) -> list[str]:
    with intake.works.read("test") as work:
        return [str(one.kind) for one in engagement.timeline(work, lead_id, limit=20, before=None)]


def test_a_persons_reply_is_an_act_of_intent(intake: House, anna: LeadId, letter: Mail) -> None:
    assert hand_in(intake, reply(letter, ANNA, serial=1)) is InboundMailResult.HUMAN
    assert ActivityKind.REPLIED in acts(intake, anna)


def test_an_out_of_office_note_stands_in_the_timeline_and_counts_for_nothing(
    intake: House, anna: LeadId, letter: Mail
) -> None:
    assert hand_in(intake, out_of_office(letter, ANNA, serial=1)) is InboundMailResult.AUTOMATIC
    assert ActivityKind.REPLIED not in acts(intake, anna)
    with intake.works.read("test") as work:
        (act,) = engagement.timeline(work, anna, limit=1, before=None)
    assert act.kind is ActivityKind.AUTO_REPLIED
    assert not act.verdict.human


def test_the_same_reply_twice_is_one_reply(intake: House, anna: LeadId, letter: Mail) -> None:
    raw = reply(letter, ANNA, serial=1)
    assert [hand_in(intake, raw), hand_in(intake, raw)] == [
        InboundMailResult.HUMAN,
        InboundMailResult.AGAIN,
    ]
    assert acts(intake, anna).count(ActivityKind.REPLIED) == 1


def test_a_mail_that_answers_nothing_of_ours_changes_nothing(intake: House, letter: Mail) -> None:
    stranger = replace(letter, message_id="<999999.0100112233445566778899@elsewhere.example>")
    assert hand_in(intake, reply(stranger, ANNA, serial=1)) is InboundMailResult.UNKNOWN
