from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.durations import DurationError, parse_cap, parse_duration, parse_until, parse_window
from campaigns.frequency_caps import (
    CompetingTrack,
    FrequencyCap,
    FrequencyLimit,
    free_at,
    goes_first,
    may_enter,
)
from campaigns.timing import (
    Calendar,
    Duration,
    Hours,
    TimeOfWeek,
    Window,
    add,
    add_business,
    allowed,
    next_allowed,
    next_time_of_week,
    working_time,
)
from campaigns.track import FactDate, ReentryRule
from tests.rules.given import OFFICE, TUESDAY, USUAL_CAP, days

BERLIN = Hours("Europe/Berlin", Calendar("DE"))
GERMANY = Calendar("DE")
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds of a strategy must be naive
zones = st.sampled_from(["Europe/Berlin", "Europe/London", "America/New_York", "Asia/Kolkata"])


@st.composite
def windows(draw: st.DrawFn) -> Window:
    opens, closes = sorted(draw(st.sets(st.times().map(_minutes), min_size=2, max_size=2)))
    chosen = draw(st.sets(st.integers(0, 6), min_size=1))
    return Window(frozenset(chosen), opens, closes)


def _minutes(moment: time) -> time:
    return moment.replace(second=0, microsecond=0, fold=0)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@given(moments, windows(), zones)
def test_nothing_is_ever_allowed_outside_the_window(
    instant: datetime, window: Window, zone: str
) -> None:
    leaves = next_allowed(instant, window, zone=zone, calendar=GERMANY)

    assert leaves >= instant
    assert allowed(leaves, window, zone=zone, calendar=GERMANY)


@given(moments, windows(), zones)
def test_what_is_inside_the_window_leaves_at_once(
    instant: datetime, window: Window, zone: str
) -> None:
    if allowed(instant, window, zone=zone, calendar=GERMANY):
        assert next_allowed(instant, window, zone=zone, calendar=GERMANY) == instant


@pytest.mark.parametrize(
    ("instant", "leaves"),
    [
        ("2026-03-26T16:00+01:00", "2026-03-31T09:00+02:00"),  # over the clock change
        ("2026-03-31T08:59+02:00", "2026-03-31T09:00+02:00"),
        ("2026-03-31T15:59+02:00", "2026-03-31T15:59+02:00"),
        ("2026-05-14T10:00+02:00", "2026-05-19T09:00+02:00"),  # Ascension Day is a Thursday
    ],
)
def test_the_window_is_local_and_knows_holidays(instant: str, leaves: str) -> None:
    found = next_allowed(utc(instant), OFFICE, zone="Europe/Berlin", calendar=GERMANY)

    assert found == utc(leaves)


def test_a_quiet_day_is_closed() -> None:
    window = Window(OFFICE.days, OFFICE.opens, OFFICE.closes, quiet=frozenset({date(2026, 1, 6)}))

    found = next_allowed(TUESDAY, window, zone="UTC", calendar=Calendar())

    assert found == utc("2026-01-07T09:00+00:00")


def test_a_window_that_never_opens_is_refused_and_not_waited_for() -> None:
    never = Window(frozenset(), time(9), time(16))

    with pytest.raises(ValueError, match="widen the sending hours"):
        next_allowed(TUESDAY, never, zone="UTC", calendar=Calendar())


@pytest.mark.parametrize(
    ("start", "timer", "end"),
    [
        ("2026-01-09T16:30+01:00", "1 h", "2026-01-12T09:30+01:00"),  # Friday to Monday
        ("2026-01-09T16:00+01:00", "1 h", "2026-01-09T17:00+01:00"),
        ("2026-04-02T16:00+02:00", "1 bd", "2026-04-07T16:00+02:00"),  # over Easter
        ("2026-03-27T16:30+01:00", "30 min", "2026-03-27T17:00+01:00"),
        ("2026-03-27T16:30+01:00", "4 h", "2026-03-30T12:30+02:00"),  # over the clock change
        ("2026-01-10T12:00+01:00", "30 min", "2026-01-12T09:30+01:00"),  # a Saturday
    ],
)
def test_timers_run_in_working_time(start: str, timer: str, end: str) -> None:
    assert add_business(utc(start), parse_duration(timer), hours=BERLIN) == utc(end)


@given(moments, st.integers(1, 3000))
def test_working_time_measures_what_the_timer_added(start: datetime, minutes: int) -> None:
    end = add_business(start, Duration(minutes, "min"), hours=BERLIN)

    assert working_time(start, end, hours=BERLIN) == timedelta(minutes=minutes)


def test_a_working_day_keeps_the_local_time_over_the_clock_change() -> None:
    friday = utc("2026-03-27T10:00+01:00")

    found = add(friday, Duration(1, "bd"), zone="Europe/Berlin", calendar=GERMANY)

    assert found == utc("2026-03-30T10:00+02:00")


def test_an_unknown_zone_counts_as_utc() -> None:
    assert allowed(TUESDAY, OFFICE, zone="Mars/Olympus", calendar=Calendar("ZZ"))


@given(moments, st.integers(0, 6), zones)
def test_a_time_of_the_week_is_the_next_one(instant: datetime, weekday: int, zone: str) -> None:
    found = next_time_of_week(instant, TimeOfWeek(weekday, time(9)), zone=zone)

    assert timedelta() < found - instant <= timedelta(days=7, hours=1)


def test_times_are_read() -> None:
    assert parse_duration("30 min") == Duration(30, "min")
    assert parse_until("Tuesday 09:30") == TimeOfWeek(1, time(9, 30))
    assert parse_until("wake_date - 14 d") == FactDate("wake_date", -14)
    assert parse_window("Tue-Thu 09:00-16:00 lead's zone") == OFFICE
    assert parse_window("Sat-Mon,Wed 08:00-18:00 Europe/Berlin") == Window(
        frozenset({5, 6, 0, 2}), time(8), time(18), "Europe/Berlin"
    )
    assert parse_cap("1 per 3 days, 2 per week") == USUAL_CAP
    assert parse_cap("none") == FrequencyCap()


@pytest.mark.parametrize("text", ["3", "0 d", "3 days", "d", "-3 d"])
def test_a_duration_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(DurationError):
        parse_duration(text)


@pytest.mark.parametrize(
    "text", ["", "Tue 16:00-09:00", "Tue-Fry 09:00-16:00", "Tue 09:00-16:00 Moon", "Tue 9-16"]
)
def test_sending_hours_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(DurationError):
        parse_window(text)


@given(
    st.lists(st.floats(0, 40), max_size=30),
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 10)), max_size=3),
)
def test_the_cap_is_never_exceeded(preferences: list[float], limits: list[tuple[int, int]]) -> None:
    cap = FrequencyCap(tuple(FrequencyLimit(times, span) for times, span in limits))
    sends: tuple[datetime, ...] = ()
    for wish in preferences:
        sends = (*sends, free_at(cap, sends, at=TUESDAY + days(wish)))

    for limit in cap.limits:
        for start in sends:
            inside = [sent for sent in sends if start <= sent < start + days(limit.days)]
            assert len(inside) <= limit.times


def test_a_lower_number_goes_first_and_equals_go_by_name() -> None:
    assert goes_first(
        2, (CompetingTrack("evaluate", 1), CompetingTrack("keep", 3)), track="welcome"
    ) == CompetingTrack("evaluate", 1)
    assert goes_first(1, (CompetingTrack("welcome", 2),), track="evaluate") is None
    assert goes_first(2, (CompetingTrack("aaa", 2),), track="welcome") == CompetingTrack("aaa", 2)


def test_re_entry_is_never_after_a_time_or_at_each_event() -> None:
    last = TUESDAY - days(119)

    assert may_enter(ReentryRule(), None, now=TUESDAY)
    assert not may_enter(ReentryRule(), last, now=TUESDAY)
    assert not may_enter(ReentryRule(120), last, now=TUESDAY)
    assert may_enter(ReentryRule(120), last - days(1), now=TUESDAY)
    assert may_enter(ReentryRule(0), TUESDAY, now=TUESDAY)
