from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nurture.web.formatting import Viewer

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday; ten in the morning in Berlin."""


@pytest.mark.parametrize(
    ("past", "read"),
    [
        (timedelta(minutes=20), "20 min late"),
        (timedelta(hours=9, minutes=30), "9 h 30 min late"),
        (timedelta(hours=11), "late since yesterday"),
        (timedelta(hours=44, minutes=34), "late since Saturday"),
        (timedelta(days=3), "late since Friday"),
        (timedelta(days=6), "late since Tuesday"),
        (timedelta(days=7), "late since 23 Feb"),
        (timedelta(days=40), "late since 21 Jan"),
    ],
)
def test_what_is_late_since_another_day_names_that_day(past: timedelta, read: str) -> None:
    assert Viewer(ZoneInfo("Europe/Berlin"), NOW).until(NOW - past) == read


@pytest.mark.parametrize(
    ("ahead", "read"),
    [
        (timedelta(hours=5), "today"),
        (timedelta(hours=15), "tomorrow"),
        (timedelta(days=6), "in 6 days"),
    ],
)
def test_what_is_to_come_says_how_far_away_it_is(ahead: timedelta, read: str) -> None:
    assert Viewer(ZoneInfo("Europe/Berlin"), NOW).until(NOW + ahead) == read
