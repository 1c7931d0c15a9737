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
from nurture.usecases.publishing.check_library import kind_of
from tests.usecases.intake import House, open_house

LATER = timedelta(hours=72)


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))  # Tuesday, inside everybody's sending hours
    return open_house(works, clock, home, {"anna@anna-works.example": Fate.DROPPED_AFTER_DOT})


@pytest.fixture
def anna(intake: House) -> LeadId:
    (lead,) = intake.let_in("anna")
    intake.tick()
    intake.send()
    assert first(intake, lead).state == MessageState.IN_DOUBT
    return lead


def first(intake: House, lead: LeadId) -> MessageLine:
    with intake.works.read("test") as work:
        return mail.of_lead(work, lead)[-1]


def presume(intake: House) -> int:
    with intake.works.begin("tick") as work:
        return mail.presume_delivered(work)


def test_three_days_without_a_sign_and_it_is_presumed_delivered(
    intake: House, anna: LeadId
) -> None:
    intake.clock.advance(LATER - timedelta(minutes=1))
    assert presume(intake) == 0
    intake.clock.advance(timedelta(minutes=1))
    assert presume(intake) == 1
    assert presume(intake) == 0, "marked once"
    line = first(intake, anna)
    assert line.presumed
    assert line.state == MessageState.IN_DOUBT


def test_what_is_presumed_delivered_is_never_sent_again_and_breaks_no_promise(
    intake: House, anna: LeadId
) -> None:
    intake.clock.advance(LATER)
    presume(intake)
    tried = len(intake.transport.accepted)
    with intake.works.begin("tick") as work:
        doubtful = first(intake, anna).id
        assert doubtful in [one.id for one in mail.in_doubt(work)]
        assert mail.batch_due(work) == []
        assert [len(mail.sends(work, [anna], days=7)[anna])] == [1], "it counts for the cap"
    assert len(intake.transport.accepted) == tried
    intake.tick()
    with intake.works.read("test") as work:
        assert [one for one in run_audit(work) if one.rows] == []


def test_a_late_sign_still_settles_it(intake: House, anna: LeadId) -> None:
    intake.clock.advance(LATER)
    presume(intake)
    with intake.works.begin("test") as work:
        mail.prove_arrived(work, [first(intake, anna).id], evidence="opened")
    line = first(intake, anna)
    assert line.state == MessageState.SENT
    assert not line.presumed


def test_what_somebody_asked_for_stays_a_question_to_a_person(intake: House) -> None:
    (lead,) = intake.let_in("ben")
    with intake.works.begin("test") as work:
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
    intake.clock.advance(LATER + LATER)
    assert presume(intake) == 0
    assert not first(intake, lead).presumed
