"""A mail that was maybe delivered and not heard of for three days: presumed, shown, never again."""

from datetime import timedelta
from pathlib import Path

import pytest

from campaigns.vocabulary import MessageState
from nurture import mail
from nurture.adapters.mail_memory import Fate
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId
from nurture.kernel.work import Works
from nurture.mail import MessageEvent, MessageLine, NewMessage, Recorded
from nurture.reports.audit import run_audit
from nurture.usecases.library import kind_of
from tests.usecases.house import House, open_house

LATER = timedelta(hours=72)


@pytest.fixture
def house(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))  # Tuesday, inside everybody's sending hours
    return open_house(works, clock, home, {"anna@anna-works.example": Fate.DROPPED_AFTER_DOT})


@pytest.fixture
def anna(house: House) -> LeadId:
    (lead,) = house.let_in("anna")
    house.tick()
    house.send()
    assert first(house, lead).state == MessageState.IN_DOUBT
    return lead


def first(house: House, lead: LeadId) -> MessageLine:
    with house.works.read("test") as work:
        return mail.of_lead(work, lead)[-1]


def presume(house: House) -> int:
    with house.works.begin("tick") as work:
        return mail.presume_delivered(work)


def test_three_days_without_a_sign_and_it_is_presumed_delivered(house: House, anna: LeadId) -> None:
    house.clock.advance(LATER - timedelta(minutes=1))
    assert presume(house) == 0
    house.clock.advance(timedelta(minutes=1))
    assert presume(house) == 1
    assert presume(house) == 0, "marked once"
    line = first(house, anna)
    assert line.presumed
    assert line.state == MessageState.IN_DOUBT


def test_what_is_presumed_delivered_is_never_sent_again_and_breaks_no_promise(
    house: House, anna: LeadId
) -> None:
    house.clock.advance(LATER)
    presume(house)
    tried = len(house.transport.accepted)
    with house.works.begin("tick") as work:
        doubtful = first(house, anna).id
        assert doubtful in [one.id for one in mail.in_doubt(work)]
        assert mail.batch_due(work) == []
        assert [len(mail.sends(work, [anna], days=7)[anna])] == [1], "it counts for the cap"
    assert len(house.transport.accepted) == tried
    house.tick()
    with house.works.read("test") as work:
        assert [one for one in run_audit(work) if one.rows] == []


def test_a_late_sign_still_settles_it(house: House, anna: LeadId) -> None:
    house.clock.advance(LATER)
    presume(house)
    with house.works.begin("test") as work:
        mail.prove_arrived(work, [first(house, anna).id], evidence="opened")
    line = first(house, anna)
    assert line.state == MessageState.SENT
    assert not line.presumed


def test_what_somebody_asked_for_stays_a_question_to_a_person(house: House) -> None:
    (lead,) = house.let_in("ben")
    with house.works.begin("test") as work:
        version = mail.live_versions(work)["requested_file"]
        one = NewMessage(
            dedup_key="r",
            kind=kind_of("requested_file"),
            recipient="ben@ben-works.example",
            template_version_id=version,
            not_before=work.now,
            lead_id=lead,
        )
        mail.plan(work, [one])
        (line,) = mail.of_lead(work, lead)
        mail.claim(work, [line.id], journal="j", host="here", lease=timedelta(minutes=5))
        mail.record(work, [Recorded(line.id, MessageEvent.UNKNOWN, "no answer")], journal="j")
    house.clock.advance(LATER + LATER)
    assert presume(house) == 0
    assert not first(house, lead).presumed
