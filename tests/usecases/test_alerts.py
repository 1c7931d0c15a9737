from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from nurture import handoff, users
from nurture.handoff import AlertKind, HandoffView
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import UserId
from nurture.kernel.work import Works
from nurture.usecases.sales import promotion
from tests.usecases.intake import House, open_house


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


@pytest.fixture
def offer(intake: House) -> HandoffView:
    (anna,) = intake.let_in("anna", phone="+493023125020")
    with intake.works.begin("test") as work:
        promotion.make_ready(work, [anna], reason="for a test", notify=intake.here.notify)
        found = handoff.find_open(work, anna)
    assert found is not None
    return found


def alert(intake: House, offer: HandoffView, to: UserId, kind: AlertKind) -> EmailMessage:
    """What somebody reads of an offer now."""
    with intake.works.begin("test") as work:
        intake.here.notify.alert(work, offer.id, user_id=to, kind=kind)
    intake.send()
    read = message_from_bytes(intake.transport.accepted[-1].data, policy=policy.default)
    assert isinstance(read, EmailMessage)
    return read


def plain(read: EmailMessage) -> str:
    body = read.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def owner(offer: HandoffView) -> UserId:
    assert offer.owner_id is not None
    return offer.owner_id


def test_an_alert_says_by_when_to_answer_and_spaces_the_phone(
    intake: House, offer: HandoffView
) -> None:
    intake.send()
    read = message_from_bytes(intake.transport.accepted[-1].data, policy=policy.default)
    assert isinstance(read, EmailMessage)

    assert offer.reasons[0] in plain(read)
    assert "(answer by " in str(read["Subject"])
    assert "Phone: +49 30 23125020" in plain(read)
    assert "Germany" in plain(read)
    html = read.get_body(("html",))
    assert html is not None
    assert 'href="tel:+493023125020"' in html.get_content()


def test_a_reminder_says_what_is_left_or_by_how_much_it_is_late(
    intake: House, offer: HandoffView
) -> None:
    early = alert(intake, offer, owner(offer), AlertKind.REMINDED)
    intake.clock.advance(timedelta(days=3))
    with intake.works.read("test") as work:
        manager = users.get(work, owner(offer)).manager_id
    assert manager is not None
    late = alert(intake, offer, manager, AlertKind.REMINDED)

    assert str(early["Subject"]).endswith(" left")
    assert " left to answer, until " in plain(early)
    assert "your manager is told." in plain(early)
    assert str(late["Subject"]).endswith(" late")
    assert "late left" not in plain(late) + str(late["Subject"])
    assert "your manager is told." not in plain(late)


def test_who_is_told_of_somebody_late_reads_why_it_comes_to_them(
    intake: House, offer: HandoffView
) -> None:
    intake.clock.advance(timedelta(days=3))
    with intake.works.read("test") as work:
        late = users.get(work, owner(offer))
    assert late.manager_id is not None

    told = plain(alert(intake, offer, late.manager_id, AlertKind.ESCALATED))

    assert f"Why it comes to you: {late.name} is late, and you are asked next." in told
    assert "there is no answer yet" in told
    assert "your manager" not in told
