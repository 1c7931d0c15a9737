"""Which acts may stand for a person where a promotion is decided."""

from datetime import UTC, datetime, timedelta

from campaigns.conditions import Facts, LeadEvent
from campaigns.human_evidence import confirmed, unconfirmed
from campaigns.vocabulary import ActivityKind

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def click(
    at: datetime, *, mail: int = 1, after: timedelta = 3 * HOUR, human: bool = True
) -> LeadEvent:
    return LeadEvent(
        ActivityKind.CLICKED, at, human=human, sure=False, mail=mail, sent_at=at - after
    )


def form(at: datetime) -> LeadEvent:
    return LeadEvent(ActivityKind.SUBMITTED, at)


def sure(*acts: LeadEvent) -> list[bool]:
    return [act.sure for act in confirmed(acts)]


def test_a_bare_click_confirms_nothing_not_even_after_a_form() -> None:
    assert sure(click(MONDAY)) == [False]
    assert sure(form(MONDAY - DAY), click(MONDAY)) == [True, False]


def test_a_form_confirms_the_clicks_before_it() -> None:
    assert sure(click(MONDAY - DAY), click(MONDAY), form(MONDAY + HOUR)) == [True, True, True]


def test_another_mail_looked_into_on_another_day_confirms_the_first_click() -> None:
    assert sure(click(MONDAY), click(MONDAY + 7 * DAY, mail=2, after=5 * HOUR)) == [True, False]


def test_the_same_day_the_same_mail_or_the_hour_of_delivery_confirms_nothing() -> None:
    assert sure(click(MONDAY), click(MONDAY + 4 * HOUR, mail=2, after=2 * HOUR)) == [False, False]
    assert sure(click(MONDAY), click(MONDAY + DAY, after=27 * HOUR)) == [False, False]
    soon = timedelta(minutes=10)
    week = MONDAY + 7 * DAY
    assert sure(click(MONDAY, after=soon), click(week, mail=2, after=soon)) == [False, False]


def test_two_mails_looked_into_by_the_clock_confirm_nothing() -> None:
    later = click(MONDAY + 7 * DAY, mail=2, after=timedelta(hours=3, minutes=5))
    assert sure(click(MONDAY, after=timedelta(hours=3)), later) == [False, False]


def test_a_machine_is_confirmed_by_nothing_and_confirms_nothing() -> None:
    machine = click(MONDAY, human=False)
    assert sure(machine, form(MONDAY + HOUR)) == [False, True]
    assert sure(click(MONDAY - DAY), click(MONDAY, mail=2, human=False)) == [False, False]
    assert unconfirmed(Facts(acts=(machine, click(MONDAY)))) == (click(MONDAY),)
