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
from nurture.usecases import promote
from tests.usecases.house import House, open_house


@pytest.fixture
def house(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


@pytest.fixture
def offer(house: House) -> HandoffView:
    (anna,) = house.let_in("anna", phone="+493023125020")
    with house.works.begin("test") as work:
        promote.make_ready(work, [anna], reason="for a test", notify=house.here.notify)
        found = handoff.find_open(work, anna)
    assert found is not None
    return found


def alert(house: House, offer: HandoffView, to: UserId, kind: AlertKind) -> EmailMessage:
    """What somebody reads of an offer now."""
    with house.works.begin("test") as work:
        house.here.notify.alert(work, offer.id, user_id=to, kind=kind)
    house.send()
    read = message_from_bytes(house.transport.accepted[-1].data, policy=policy.default)
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
    house: House, offer: HandoffView
) -> None:
    house.send()
    read = message_from_bytes(house.transport.accepted[-1].data, policy=policy.default)
    assert isinstance(read, EmailMessage)

    assert offer.reasons[0] in plain(read)
    assert "(answer by " in str(read["Subject"])
    assert "Phone: +49 30 23125020" in plain(read)
    assert "Germany" in plain(read)
    html = read.get_body(("html",))
    assert html is not None
    assert 'href="tel:+493023125020"' in html.get_content()


def test_a_reminder_says_what_is_left_or_by_how_much_it_is_late(
    house: House, offer: HandoffView
) -> None:
    early = alert(house, offer, owner(offer), AlertKind.REMINDED)
    house.clock.advance(timedelta(days=3))
    with house.works.read("test") as work:
        boss = users.get(work, owner(offer)).boss_id
    assert boss is not None
    late = alert(house, offer, boss, AlertKind.REMINDED)

    assert str(early["Subject"]).endswith(" left")
    assert " left to answer, until " in plain(early)
    assert "your manager is told." in plain(early)
    assert str(late["Subject"]).endswith(" late")
    assert "late left" not in plain(late) + str(late["Subject"])
    assert "your manager is told." not in plain(late)


def test_who_is_told_of_somebody_late_reads_why_it_comes_to_them(
    house: House, offer: HandoffView
) -> None:
    house.clock.advance(timedelta(days=3))
    with house.works.read("test") as work:
        late = users.get(work, owner(offer))
    assert late.boss_id is not None

    told = plain(alert(house, offer, late.boss_id, AlertKind.ESCALATED))

    assert f"Why it comes to you: {late.name} is late, and you are asked next." in told
    assert "there is no answer yet" in told
    assert "your manager" not in told
