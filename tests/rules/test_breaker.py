from datetime import datetime, timedelta

import pytest

from nurture.mail.relay_trouble import LAST, RelayTry, trouble
from nurture.mail.rules import MessageEvent
from tests.rules.given import TUESDAY

A, T, U, H = (
    MessageEvent.ACCEPTED,
    MessageEvent.TEMPORARY,
    MessageEvent.UNKNOWN,
    MessageEvent.HUNG_UP,
)


def tries(
    *events: tuple[MessageEvent, int], at: datetime = TUESDAY, own: bool = False
) -> list[RelayTry]:
    return [RelayTry(event, at, own) for event, count in events for _ in range(count)]


@pytest.mark.parametrize(
    ("events", "opens"),
    [
        ([(A, 200)], False),
        ([(U, 4), (A, 10)], False),
        ([(U, 5), (A, 95)], True),
        ([(U, 5), (A, 96)], False),
        ([(U, 9), (A, 191)], False),
        ([(U, 10), (A, 190)], True),
        ([(T, 19), (A, 10)], False),
        ([(T, 20), (A, 180)], True),
        ([(H, 20)], True),
        ([(MessageEvent.PERMANENT, 200)], False),
    ],
)
def test_so_many_lost_or_put_off_answers_open_it(
    events: list[tuple[MessageEvent, int]], *, opens: bool
) -> None:
    assert sum(count for _, count in events) <= LAST
    assert bool(trouble(tries(*events), now=TUESDAY)) is opens


def test_what_happened_over_five_minutes_ago_counts_no_more() -> None:
    old = tries((U, 50), at=TUESDAY - timedelta(minutes=5, seconds=1))
    assert trouble(old, now=TUESDAY) is None


def test_our_own_crashes_do_not_count() -> None:
    assert trouble(tries((U, 50), own=True), now=TUESDAY) is None
