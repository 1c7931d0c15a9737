"""What a lead asked for on the preferences page, over months of mail."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import select

from campaigns.vocabulary import MessageKind, MessageState, Receipt
from campaigns.wishes import Often
from nurture import content, leads, mail
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import EmailAddress, LeadId, MessageId
from nurture.kernel.work import Works
from nurture.mail.tables import Message
from nurture.tracks.tables import ReceiptRow
from nurture.usecases import prefer
from tests.usecases.house import House, open_house


class Sent(NamedTuple):
    """A mail that a lead got."""

    id: int
    sent_at: datetime | None
    asset_id: int | None


@pytest.fixture
def house(works: Works, clock: FrozenClock, home: Path) -> House:
    return open_house(works, clock, home, {})


def asks(house: House, lead_id: LeadId, often: Often, *topics: str) -> None:
    with house.works.begin("prospect") as work:
        newest = mail.of_lead(work, lead_id)[0]
        prefer.prefer(work, MessageId(newest.id), topics=topics, often=often)


def sent_to(house: House, lead_id: LeadId) -> list[Sent]:
    with house.works.read("test") as work:
        query = select(Message.id, Message.sent_at, Message.asset_id).where(
            Message.lead_id == lead_id,
            Message.state == MessageState.SENT,
            Message.kind == MessageKind.MARKETING,
        )
        return [Sent(*row) for row in work.session.execute(query.order_by(Message.sent_at))]


def receipts(house: House, lead_id: LeadId) -> set[str]:
    with house.works.read("test") as work:
        query = select(ReceiptRow.kind).where(ReceiptRow.lead_id == lead_id)
        return set(work.session.scalars(query))


def test_who_asks_for_one_mail_a_month_gets_no_more(house: House) -> None:
    monthly, other = house.let_in("mia", "otto")
    house.days(4)
    asks(house, monthly, Often.MONTHLY)

    house.days(66)

    times = [one.sent_at for one in sent_to(house, monthly) if one.sent_at is not None]
    assert len(times) >= 2
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps) >= timedelta(days=30)
    assert len(sent_to(house, other)) > len(times)
    assert Receipt.HELD_WISH in receipts(house, monthly)


def test_a_pause_holds_everything_for_ninety_days_and_ends_by_itself(house: House) -> None:
    (lead_id,) = house.let_in("pia")
    house.days(4)
    asks(house, lead_id, Often.PAUSED)
    before = len(sent_to(house, lead_id))

    house.days(89)
    during = len(sent_to(house, lead_id))
    house.days(20)

    assert before == during
    assert len(sent_to(house, lead_id)) > during


def test_who_ends_the_pause_hears_from_us_at_once(house: House) -> None:
    (lead_id,) = house.let_in("pia")
    house.days(4)
    asks(house, lead_id, Often.PAUSED)
    house.days(14)
    before = len(sent_to(house, lead_id))
    asks(house, lead_id, Often.ANY)

    house.days(7)

    assert len(sent_to(house, lead_id)) > before


def test_a_wish_holds_also_for_mail_that_was_planned_before_it(house: House) -> None:
    (lead_id,) = house.let_in("pia")
    with house.works.begin("test") as work:
        new = mail.NewMessage(
            dedup_key="planned-before",
            kind=MessageKind.MARKETING,
            recipient=EmailAddress("pia@pia-works.example"),
            lead_id=lead_id,
            template_version_id=mail.live_versions(work)["welcome_by_interest"],
            not_before=house.clock.instant + timedelta(days=1),
        )
        mail.plan(work, [new])
    asks(house, lead_id, Often.PAUSED)

    house.days(10)

    assert sent_to(house, lead_id) == []
    with house.works.read("test") as work:
        query = select(Message.id, Message.reason, Message.not_before)
        waiting, reason, until = work.session.execute(query.where(Message.lead_id == lead_id)).one()
    assert reason == "this person asked for a pause"
    assert until >= house.clock.instant + timedelta(days=78)
    asks(house, lead_id, Often.ANY)
    house.days(7)
    assert waiting in [one.id for one in sent_to(house, lead_id)]


def test_only_the_chosen_topics_are_written_about(house: House) -> None:
    (lead_id,) = house.let_in("tom")
    house.days(2)
    asks(house, lead_id, Often.ANY, "quality")
    known = {one.id for one in sent_to(house, lead_id)}

    house.days(30)

    with house.works.read("test") as work:
        assert leads.get(work, lead_id).interests[0] == "quality"
        cards = {card.id: card for card in content.assets(work)}
    items = [
        cards[one.asset_id]
        for one in sent_to(house, lead_id)
        if one.asset_id is not None and one.id not in known
    ]
    assert items
    assert all("quality" in item.topics for item in items)
