from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns import preferences
from campaigns.content_choice import ContentReader, ContentRequest, choose
from campaigns.decide import decide, enter
from campaigns.decision import DecisionKind
from campaigns.preferences import MONTHLY, NO_WISHES, PAUSE, MailFrequency, MailPreferences
from campaigns.track import ContentStep, EmailStep, ExitStep
from campaigns.vocabulary import BuyingStage, Receipt
from tests.rules.given import ASSETS, OFFICE, TUESDAY, USUAL_CAP, days, lead, policy, track

ONE_MAIL = track(EmailStep("hello", "welcome_mail"), ExitStep("end"))
ONE_ITEM = track(ContentStep("item", BuyingStage.LEARN), ExitStep("end"))


@pytest.mark.parametrize("often", list(MailFrequency))
def test_what_is_told_is_read_again(often: MailFrequency) -> None:
    facts = preferences.told(["energy"], often, before=NO_WISHES, now=TUESDAY)

    held = preferences.read(facts)

    assert held.topics == {"energy"}
    assert held.often(now=TUESDAY) is often


def test_a_pause_ends_by_itself() -> None:
    held = preferences.read(
        preferences.told([], MailFrequency.PAUSED, before=NO_WISHES, now=TUESDAY)
    )

    assert held.often(now=TUESDAY + PAUSE - days(1)) is MailFrequency.PAUSED
    assert held.often(now=TUESDAY + PAUSE) is MailFrequency.ANY


def test_saving_again_does_not_make_a_pause_longer() -> None:
    first = preferences.told([], MailFrequency.PAUSED, before=NO_WISHES, now=TUESDAY)

    again = preferences.told(
        [], MailFrequency.PAUSED, before=preferences.read(first), now=TUESDAY + days(30)
    )

    assert again == first


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {preferences.PAUSED_UNTIL: "soon"},
        {preferences.OFTEN: "never"},
        {preferences.TOPICS: "energy"},
    ],
)
def test_what_makes_no_sense_asks_for_nothing(facts: dict[str, object]) -> None:
    assert preferences.read(facts) == NO_WISHES


def test_a_paused_lead_gets_no_mail_and_the_receipt_names_the_wish() -> None:
    until = TUESDAY + days(90)
    who = replace(lead(), preferences=MailPreferences(paused_until=until))

    decision = decide(
        ONE_MAIL, enter(ONE_MAIL, at=TUESDAY), who, now=TUESDAY, policy=policy(window=OFFICE)
    )

    assert decision.kind is DecisionKind.WAIT
    assert [one.receipt for one in decision.receipts] == [Receipt.HELD_WISH]
    assert decision.receipts[0].reason.startswith("asked for a pause: waits until ")
    assert decision.position is not None
    assert decision.position.step == "hello"
    assert until <= decision.position.due_at <= until + days(6)


def test_who_wants_one_mail_a_month_gets_one_although_the_cap_would_allow_more() -> None:
    sent = TUESDAY - days(10)
    who = replace(lead(), sends=(sent,), preferences=MailPreferences(monthly=True))

    decision = decide(
        ONE_MAIL, enter(ONE_MAIL, at=TUESDAY), who, now=TUESDAY, policy=policy(cap=USUAL_CAP)
    )

    assert [one.receipt for one in decision.receipts] == [Receipt.HELD_WISH]
    assert decision.receipts[0].reason.startswith("asked for at most one mail a month")
    assert decision.position is not None
    assert decision.position.due_at == sent + days(30)
    later = decide(
        ONE_MAIL, decision.position, who, now=sent + days(30), policy=policy(cap=USUAL_CAP)
    )
    assert later.kind is DecisionKind.PLAN


@given(st.lists(st.integers(0, 200), max_size=12), st.integers(0, 200))
def test_no_mail_that_a_monthly_wish_lets_go_is_within_a_month_of_another(
    sent: list[int], at: int
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    sends = tuple(start + days(one) for one in sent)
    moment = start + days(at)

    asked = preferences.asks_to_wait(MailPreferences(monthly=True), sends, at=moment)

    free = asked.until if asked else moment
    assert free >= moment
    assert all(abs(free - one) >= timedelta(days=MONTHLY.days) for one in sends)


def test_only_content_about_the_chosen_topics_is_sent() -> None:
    who = replace(lead(), preferences=MailPreferences(topics=frozenset({"quality"})))

    decision = decide(ONE_ITEM, enter(ONE_ITEM, at=TUESDAY), who, now=TUESDAY, policy=policy())

    assert decision.message is not None
    assert decision.message.asset == "Q1"


def test_where_the_chosen_topics_have_nothing_more_nothing_else_is_sent() -> None:
    reader = ContentReader(
        "kim@plant.example",
        ("energy",),
        BuyingStage.LEARN,
        frozenset({"E1", "E3"}),
        only=frozenset({"energy"}),
    )

    assert choose(ASSETS, reader, ContentRequest(), at=TUESDAY, seed=7) is None
    assert choose(ASSETS, replace(reader, only=frozenset()), ContentRequest(), at=TUESDAY, seed=7)
