from datetime import date

import pytest
from hypothesis import given

from campaigns.condition_text import ConditionTextError, parse, words
from campaigns.conditions import (
    ActivityAlias,
    All,
    AnyOf,
    Compare,
    Condition,
    EventCondition,
    Facts,
    LeadEvent,
    Not,
    Op,
    Value,
    asks_for_acts,
    holds,
)
from campaigns.vocabulary import ActivityKind
from tests.rules.given import TUESDAY, clicked, days, facts
from tests.rules.strategies import conditions, leaves


@pytest.mark.parametrize(
    ("line", "known", "answer"),
    [
        ("engagement >= 18", {"engagement": 18.0}, True),
        ("engagement >= 18", {"engagement": 17.9}, False),
        ("engagement >= 18", {}, False),
        ("engagement >= 18", {"engagement": "many"}, False),
        ("machines >= 10", {"machines": "12"}, True),
        ("machines >= 10", {"machines": "9"}, False),
        ("machines >= 10", {"machines": "12.5"}, True),
        ("machines >= 10", {"machines": "a dozen"}, False),
        ("machines < 10", {"machines": "9"}, True),
        ("machines is 12", {"machines": "12"}, True),
        ("machines in 11 12", {"machines": "12"}, True),
        ("machines not in 11 12", {"machines": "12"}, False),
        ("machines is 12", {"machines": 12}, True),
        ("stage is sales_ready", {"stage": "sales_ready"}, True),
        ("country is not DE", {}, True),
        ("cell in A1 A2 B1", {"cell": "A2"}, True),
        ("country not in GB IE", {"country": "GB"}, False),
        ("interests in energy quality", {"interests": ("uptime", "quality")}, True),
        ("interests is energy", {"interests": ("energy",)}, True),
        ("wake_date set", {"wake_date": date(2026, 3, 1)}, True),
        ("wake_date set", {"wake_date": None}, False),
        ("wake_date not set", {}, True),
        ("wake_date < 2026-03-02", {"wake_date": date(2026, 3, 1)}, True),
        ("permission is true", {"permission": True}, True),
        ("permission is true", {"permission": 1}, False),
        ("not permission is true", {"permission": False}, True),
        ("postcode_area in '7' '8'", {"postcode_area": "7"}, True),
        ("sent_back_at older than 60 d", {"sent_back_at": TUESDAY - days(60)}, True),
        ("sent_back_at older than 60 d", {"sent_back_at": TUESDAY - days(59)}, False),
        ("sent_back_at older than 60 d", {}, False),
        ("sent_back_at newer than 60 d", {"sent_back_at": TUESDAY - days(59)}, True),
    ],
)
def test_a_field_is_compared(line: str, known: dict[str, Value], *, answer: bool) -> None:
    assert holds(parse(line), Facts(known), now=TUESDAY) is answer


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("clicked learn1", True),
        ("clicked learn2", False),
        ("clicked learn1 in 2 d", True),
        ("clicked learn1 in 1 w", True),
        ("2 human clicks in 14 d", True),
        ("3 human clicks in 14 d", False),
        ("2 items clicked in 14 d", True),
        ("2 compare items clicked in 21 d", False),
        ("1 compare item clicked in 21 d", True),
        ("any human sign", True),
        ("any human sign in 0 d", False),
        ("an intent act in 30 d", False),
        ("replied", False),
    ],
)
def test_acts_are_counted(line: str, *, answer: bool) -> None:
    known = facts(
        clicked("E1", "learn1", at=TUESDAY - days(1)),
        clicked("E3", "compare", at=TUESDAY - days(2)),
        clicked("E3", "learn2", at=TUESDAY - days(1), human=False),
        clicked("E3", "learn2", at=TUESDAY + days(1)),
    )

    assert holds(parse(line), known, now=TUESDAY) is answer


def test_an_open_is_no_human_sign_by_itself() -> None:
    known = facts(LeadEvent(ActivityKind.OPENED, TUESDAY))

    assert not holds(EventCondition(ActivityAlias.SIGN), known, now=TUESDAY)
    assert holds(EventCondition(ActivityKind.OPENED), known, now=TUESDAY)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "a b c",
        "Engagement >= 18",
        "engagement >=",
        "clicked a b",
        "2 sheep in 14 d",
        "clicked in spring",
        "0 clicks",
        "city is 'Bad Ems",
        "wake_date < 2026-13-40",
    ],
)
def test_a_line_that_cannot_be_read_says_how_to_mend_it(line: str) -> None:
    with pytest.raises(ConditionTextError, match=r"write|no date|quote"):
        parse(line)


@given(leaves)
def test_a_line_says_the_same_after_a_round_trip(leaf: Condition) -> None:
    assert parse(words(leaf)) == leaf


@given(conditions)
def test_not_is_the_opposite_and_all_and_any_mirror_each_other(condition: Condition) -> None:
    known = facts(clicked("learn1"), engagement=20, stage="marketing")

    def answer(asked: Condition) -> bool:
        return holds(asked, known, now=TUESDAY)

    assert answer(Not(condition)) is not answer(condition)
    assert answer(All((condition, Not(condition)))) is False
    assert answer(AnyOf((condition, Not(condition)))) is True


def test_only_acts_make_a_branch_need_an_end() -> None:
    assert asks_for_acts(parse("not clicked learn1"))
    assert not asks_for_acts(All((Compare("wake_date", Op.SET),)))


def test_the_words_of_a_list_may_have_commas_between_them() -> None:
    wanted = Compare("country", Op.IN, ("DE", "AT", "CH"))
    for text in ("country in DE AT CH", "country in DE, AT, CH", "country in DE,AT,CH"):
        assert parse(text) == wanted
    assert parse("job in 'a, b', c") == Compare("job", Op.IN, ("a, b", "c"))
