from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.conditions import LeadEvent, Value
from campaigns.decay import Accumulator, crosses_at, decayed, value_at
from campaigns.library_score import load_scorecard
from campaigns.scorecard import EarnedPoints, band, cell, is_intent, score_acts, score_fit, total_at
from campaigns.vocabulary import ActivityKind
from campaigns.yamlfile import FileError
from tests.rules.given import TUESDAY, clicked, days, facts

TEXT = """\
scorecard: main
version: 3
fit:
  bands: {A: 55, B: 30}
  rules:
    industry: {food: 20, metal: 10}
    employees: {20-49: 8, 50-999: 15, 1000+: 10}
    need_named: 8
    budget: {approved: 60}
    free_mail: -10
    source is referral: 8
engagement:
  half_life: 21 d
  bands: {1: 35, 2: 20}
  groups:
    read: {cap: 15, cap_per_day: 6, acts: {clicked: 3, visited: 1}}
    download: {cap: 20, acts: {downloaded learn: 4, downloaded: 8}}
    warm: {cap: 34, acts: {attended: 14, no_show: -4, clicked decide: 10}}
    intent: {intent: true, once_per: 14 d, acts: {visited price_page: 10, replied: 25}}
    lasting: {half_life: none, acts: {registered: 5}}
"""
CARD = load_scorecard(TEXT)


def act(kind: ActivityKind, *names: str, at: datetime = TUESDAY) -> LeadEvent:
    return LeadEvent(kind, at, frozenset(names), ref=f"{kind}{at}")


def points(*acts: LeadEvent) -> list[tuple[str, float]]:
    return [(entry.rule, entry.points) for entry in score_acts(CARD, acts, [])]


@pytest.mark.parametrize(
    ("known", "total"),
    [
        ({}, 0),
        ({"industry": "food", "employees": 50}, 35),
        ({"employees": 49}, 8),
        ({"employees": 1000}, 10),
        ({"employees": 19}, 0),
        ({"need_named": True, "source": "referral"}, 16),
        ({"need_named": False}, 0),
        ({"free_mail": True}, 0),
        ({"industry": "food", "budget": "approved", "employees": 60, "need_named": "dryer"}, 100),
    ],
)
def test_the_rows_of_the_fit_score_sum_to_it_within_bounds(
    known: dict[str, Value], total: float
) -> None:
    rows = score_fit(CARD, facts(**known), now=TUESDAY)

    assert sum(row.points for row in rows) == total


def test_each_group_rewards_an_act_once() -> None:
    assert points(clicked("E5", "decide")) == [("clicked", 3), ("clicked decide", 10)]
    assert points(act(ActivityKind.DOWNLOADED, "learn")) == [("downloaded learn", 4)]


def test_machines_earn_nothing() -> None:
    assert points(clicked("E5", "decide", human=False)) == []


def test_the_cap_of_the_day_cuts_what_is_too_much() -> None:
    acts = [clicked("E1", at=TUESDAY + days(hour / 24)) for hour in range(4)]

    assert [entry.points for entry in score_acts(CARD, acts, [])] == [3, 3]


def test_an_act_that_counts_once_counts_again_after_its_time() -> None:
    visits = [
        act(ActivityKind.VISITED, "price_page", at=TUESDAY + days(day)) for day in (0, 13, 14)
    ]

    earned = [entry for entry in score_acts(CARD, visits, []) if entry.group == "intent"]

    assert [entry.at for entry in earned] == [TUESDAY, TUESDAY + days(14)]


def test_twenty_downloads_are_no_intent() -> None:
    downloads = [act(ActivityKind.DOWNLOADED, at=TUESDAY + days(day)) for day in range(20)]

    earned = score_acts(CARD, downloads, [])

    assert not any(entry.intent for entry in earned)
    assert total_at(earned, TUESDAY + days(20)) <= 20
    assert not any(is_intent(CARD, one) for one in downloads)
    assert is_intent(CARD, act(ActivityKind.REPLIED))


ACTS = st.builds(
    lambda kind, day, name: act(kind, name, at=TUESDAY + days(day)),
    st.sampled_from(
        [ActivityKind.CLICKED, ActivityKind.VISITED, ActivityKind.NO_SHOW, ActivityKind.ATTENDED]
    ),
    st.floats(0, 90),
    st.sampled_from(["decide", "learn"]),
)


@given(st.lists(ACTS, max_size=25), st.integers(0, 25), st.floats(0, 100))
def test_a_cap_is_never_exceeded_also_when_acts_settle_late(
    acts: list[LeadEvent], settled_first: int, day: float
) -> None:
    early = score_acts(CARD, acts[settled_first:], [])
    ledger = [*early, *score_acts(CARD, acts[:settled_first], early)]

    moments = [TUESDAY + days(day), *(entry.at for entry in ledger)]
    for group in CARD.groups:
        entries = [entry for entry in ledger if entry.group == group.name]
        assert all(entry.points <= entry.full_points for entry in entries)
        if group.cap is not None:
            assert all(total_at(entries, moment) <= group.cap + 1e-6 for moment in moments)


@given(st.floats(1, 200), st.floats(1, 200), st.floats(1, 90))
def test_the_crossing_is_when_the_value_reaches_the_line(
    value: float, line: float, half_life: float
) -> None:
    total = Accumulator(value, TUESDAY, half_life)

    crossing = crosses_at(total, line, now=TUESDAY)

    if value < line:
        assert crossing is None
    else:
        assert crossing is not None
        assert value_at(total, crossing) == pytest.approx(line)


def test_what_does_not_fade_never_crosses() -> None:
    assert crosses_at(Accumulator(50, TUESDAY, None), 35, now=TUESDAY) is None
    assert crosses_at(Accumulator(50, TUESDAY, 21), 35, now=TUESDAY, constant=35) is None


def test_half_is_left_after_a_half_life() -> None:
    assert decayed(10, days(21), 21) == pytest.approx(5)
    assert decayed(10, days(999), None) == 10
    assert decayed(10, -days(1), 21) == 10


def test_the_grid_has_nine_cells() -> None:
    assert cell(CARD, fit=55, engagement=35) == "A1"
    assert cell(CARD, fit=54.9, engagement=20) == "B2"
    assert cell(CARD, fit=0, engagement=19.9) == "C3"
    assert band(CARD.fit_bands, 30) == "B"


def test_the_half_lives_of_a_card_are_its_classes() -> None:
    assert CARD.half_lives == (None, 21)


def test_a_ledger_row_names_rule_version_and_what_the_cap_cut() -> None:
    first, second = score_acts(CARD, [clicked(at=TUESDAY), clicked(at=TUESDAY + days(0.1))], [])
    third = score_acts(CARD, [act(ActivityKind.VISITED, at=TUESDAY + days(1))], [first, second])

    assert isinstance(first, EarnedPoints)
    assert (first.rule, first.version, first.half_life) == ("clicked", 3, 21)
    assert third[0].points == third[0].full_points == 1
    nearly_full = replace(first, points=14.5)
    cut = score_acts(CARD, [act(ActivityKind.VISITED, at=TUESDAY)], [nearly_full])
    assert cut == []


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ("{A: 55, B: 30}", "{B: 30, A: 55}", "from the best down"),
        ("clicked decide: 10", "2 clicks in 3 d: 10", "no single act"),
        ("half_life: 21 d", "half_life: soon", "no duration"),
        ("cap: 15,", "lid: 15,", "unknown field `lid`"),
        ("industry: {food: 20", "industry: {food: much", "must be a number"),
        ("version: 3", "", "missing"),
    ],
)
def test_a_mistake_in_a_scorecard_is_named(good: str, bad: str, says: str) -> None:
    with pytest.raises(FileError, match=says):
        load_scorecard(TEXT.replace(good, bad))
