"""What a lead asked for on the preferences page, over months of mail."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import select

from campaigns.preferences import MailFrequency
from campaigns.vocabulary import MessageKind, MessageState, Receipt
from nurture import content, leads, mail
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import EmailAddress, LeadId, MessageId
from nurture.kernel.work import Works
from nurture.mail.tables import Message
from nurture.tracks.tables import ReceiptRow
from nurture.usecases.journeys import mail_preferences
from tests.usecases.intake import House, open_house


class Sent(NamedTuple):
    """A mail that a lead got."""

    id: int
    sent_at: datetime | None
    asset_id: int | None


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    return open_house(works, clock, home, {})


def asks(intake: House, lead_id: LeadId, often: MailFrequency, *topics: str) -> None:
    with intake.works.begin("prospect") as work:
        newest = mail.of_lead(work, lead_id)[0]
        mail_preferences.prefer(work, MessageId(newest.id), topics=topics, often=often)


def sent_to(intake: House, lead_id: LeadId) -> list[Sent]:
    with intake.works.read("test") as work:
        query = select(Message.id, Message.sent_at, Message.asset_id).where(
            Message.lead_id == lead_id,
            Message.state == MessageState.SENT,
            Message.kind == MessageKind.MARKETING,
        )
        return [Sent(*row) for row in work.session.execute(query.order_by(Message.sent_at))]


def receipts(intake: House, lead_id: LeadId) -> set[str]:
    with intake.works.read("test") as work:
        query = select(ReceiptRow.kind).where(ReceiptRow.lead_id == lead_id)
        return set(work.session.scalars(query))


def test_who_asks_for_one_mail_a_month_gets_no_more(intake: House) -> None:
    monthly, other = intake.let_in("mia", "otto")
    intake.days(4)
    asks(intake, monthly, MailFrequency.MONTHLY)

    intake.days(66)

    times = [one.sent_at for one in sent_to(intake, monthly) if one.sent_at is not None]
    assert len(times) >= 2
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps) >= timedelta(days=30)
    assert len(sent_to(intake, other)) > len(times)
    assert Receipt.HELD_WISH in receipts(intake, monthly)


def test_a_pause_holds_everything_for_ninety_days_and_ends_by_itself(intake: House) -> None:
    (lead_id,) = intake.let_in("pia")
    intake.days(4)
    asks(intake, lead_id, MailFrequency.PAUSED)
    before = len(sent_to(intake, lead_id))

    intake.days(89)
    during = len(sent_to(intake, lead_id))
    intake.days(20)

    assert before == during
    assert len(sent_to(intake, lead_id)) > during


def test_who_ends_the_pause_hears_from_us_at_once(intake: House) -> None:
    (lead_id,) = intake.let_in("pia")
    intake.days(4)
    asks(intake, lead_id, MailFrequency.PAUSED)
    intake.days(14)
    before = len(sent_to(intake, lead_id))
    asks(intake, lead_id, MailFrequency.ANY)

    intake.days(7)

    assert len(sent_to(intake, lead_id)) > before


def test_a_wish_holds_also_for_mail_that_was_planned_before_it(intake: House) -> None:
    (lead_id,) = intake.let_in("pia")
    with intake.works.begin("test") as work:
        new = mail.NewMessage(
            dedup_key="planned-before",
            kind=MessageKind.MARKETING,
            recipient=EmailAddress("pia@pia-works.example"),
            lead_id=lead_id,
            template_version_id=mail.live_versions(work)["welcome_by_interest"],
            not_before=intake.clock.instant + timedelta(days=1),
        )
        mail.plan(work, [new])
    asks(intake, lead_id, MailFrequency.PAUSED)

    intake.days(10)

    assert sent_to(intake, lead_id) == []
    with intake.works.read("test") as work:
        query = select(Message.id, Message.reason, Message.not_before)
        waiting, reason, until = work.session.execute(query.where(Message.lead_id == lead_id)).one()
    assert reason == "this person asked for a pause"
    assert until >= intake.clock.instant + timedelta(days=78)
    asks(intake, lead_id, MailFrequency.ANY)
    intake.days(7)
    assert waiting in [one.id for one in sent_to(intake, lead_id)]


def test_only_the_chosen_topics_are_written_about(intake: House) -> None:
    (lead_id,) = intake.let_in("tom")
    intake.days(2)
    asks(intake, lead_id, MailFrequency.ANY, "quality")
    known = {one.id for one in sent_to(intake, lead_id)}

    intake.days(30)

    with intake.works.read("test") as work:
        assert leads.get(work, lead_id).interests[0] == "quality"
        cards = {card.id: card for card in content.assets(work)}
    items = [
        cards[one.asset_id]
        for one in sent_to(intake, lead_id)
        if one.asset_id is not None and one.id not in known
    ]
    assert items
    assert all("quality" in item.topics for item in items)
