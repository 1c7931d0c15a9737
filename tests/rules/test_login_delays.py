"""How long a source waits after wrong passwords."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nurture.users.login_delays import MOST_TRIES, PERIOD, LoginAttempts, open_again

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def after(tries: int, *, elsewhere: int = 0) -> float:
    """Tell how many seconds a source waits that has just tried so often."""
    here = [NOON] * tries
    until = open_again(LoginAttempts(here=here, wide=here, spread=here, elsewhere=elsewhere))
    return 0 if until is None else (until - NOON).total_seconds()


def test_whoever_mistypes_a_few_times_waits_for_nothing() -> None:
    assert [after(tries) for tries in range(5)] == [0, 0, 0, 0, 0]


def test_the_delay_doubles_to_a_minute_and_ends_in_an_hour() -> None:
    assert [after(tries) for tries in (5, 6, 7, 8, 9, 10, 11, 29)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert after(30) == PERIOD.total_seconds()


@given(st.integers(0, 10**6))
def test_the_first_try_of_a_source_is_free_however_many_others_try(elsewhere: int) -> None:
    assert after(0, elsewhere=elsewhere) == 0


def test_on_an_account_that_is_attacked_each_source_waits_from_its_second_try_on() -> None:
    assert [after(tries, elsewhere=50) for tries in (0, 1, 2, 3, 4)] == [0, 1, 2, 4, 8]


def test_nobody_gets_more_than_thirty_tries_in_any_hour_however_patient() -> None:
    tries: list[datetime] = []
    at = NOON
    while at < NOON + 3 * PERIOD:
        here = [one for one in tries if one > at - PERIOD]
        until = open_again(LoginAttempts(here=here, wide=here, spread=here, elsewhere=0))
        at = max(until or at, at)
        tries.append(at)
        at += timedelta(milliseconds=1)
    counts = [sum(one <= two < one + PERIOD for two in tries) for one in tries]
    assert max(counts) == MOST_TRIES


def test_one_password_on_many_accounts_is_slowed_down_by_the_source() -> None:
    spread = [NOON] * 100
    until = open_again(LoginAttempts(here=[], wide=[], spread=spread, elsewhere=0))
    assert until == NOON + PERIOD


def test_one_site_of_ipv6_cannot_use_all_its_networks() -> None:
    until = open_again(LoginAttempts(here=[], wide=[NOON] * 120, spread=[], elsewhere=120))
    assert until == NOON + PERIOD
