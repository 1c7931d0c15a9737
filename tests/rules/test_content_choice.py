from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from campaigns.chance import chance
from campaigns.content_choice import (
    ContentChoice,
    ContentOption,
    ContentReader,
    ContentRequest,
    choose,
)
from campaigns.interest import buying_stage, interests
from campaigns.vocabulary import BuyingStage
from tests.rules.given import ASSETS, TUESDAY, asset, clicked, days
from workers.demo.behaviour import HABITS, ReadMail, Temperament, react

LEARN = BuyingStage.LEARN
TOPICS = ("energy", "quality", "uptime", "monitoring")
READER = ContentReader("kim@plant.example", ("energy", "quality"), LEARN, frozenset())


def pick(reader: ContentReader = READER, wish: ContentRequest = ContentRequest()) -> str:  # noqa: B008 - Wish is frozen
    choice = choose(ASSETS, reader, wish, at=TUESDAY, seed=7)
    return choice.asset.key if choice else ""


def test_the_strongest_interest_wins_then_the_nearest_stage() -> None:
    assert pick() == "E1"
    assert pick(replace(READER, stage=BuyingStage.COMPARE)) == "E3"
    assert pick(replace(READER, interests=("quality",), stage=BuyingStage.DECIDE)) == "Q4"


def test_a_step_that_names_a_stage_gets_that_stage_or_nothing() -> None:
    assert pick(READER, ContentRequest(BuyingStage.DECIDE)) == "Q4"
    assert pick(replace(READER, seen=frozenset({"Q4"})), ContentRequest(BuyingStage.DECIDE)) == ""


def test_nothing_is_offered_twice() -> None:
    seen: frozenset[str] = frozenset()
    offered = []
    while found := pick(replace(READER, seen=seen)):
        offered.append(found)
        seen |= {found}

    assert sorted(offered) == sorted(one.key for one in ASSETS)


def test_another_topic_is_preferred_when_asked_for() -> None:
    bored = replace(READER, last_topics=("energy",))

    assert pick(bored, ContentRequest(LEARN, other_topic=True)) == "Q1"
    assert (
        pick(replace(bored, seen=frozenset({"Q1"})), ContentRequest(LEARN, other_topic=True))
        == "E1"
    )


def test_the_choice_says_why() -> None:
    choice = choose(ASSETS, READER, ContentRequest(LEARN), at=TUESDAY, seed=7)

    assert isinstance(choice, ContentChoice)
    assert "energy, the strongest interest" in choice.why


@given(st.permutations(list(range(8))))
def test_equals_are_drawn_the_same_way_in_any_order(order: list[int]) -> None:
    equal = [asset(f"A{number}", "energy", LEARN) for number in range(8)]

    first = choose(equal, READER, ContentRequest(), at=TUESDAY, seed=7)
    shuffled = choose(
        [equal[place] for place in order], READER, ContentRequest(), at=TUESDAY, seed=7
    )

    assert first == shuffled


def test_an_item_is_offered_only_while_it_is_active() -> None:
    event = ContentOption(
        "U4",
        "Ask us",
        ("uptime",),
        LEARN,
        "webinar",
        active_from=date(2026, 1, 1),
        active_through=date(2026, 3, 1),
        event_on=date(2026, 2, 12),
        replay_from=date(2026, 2, 14),
    )

    open_days = [
        day
        for day in ("2025-12-31", "2026-02-11", "2026-02-12", "2026-02-14", "2026-03-02")
        if event.active_on(date.fromisoformat(day))
    ]

    assert open_days == ["2026-02-11", "2026-02-14"]


def test_chance_depends_on_its_words_only() -> None:
    assert chance(7, "kim@plant.example", track="welcome", step="b1", visit=1) == (
        0.6403050241869349
    )


@given(st.integers(), st.text(max_size=30), st.text(max_size=10), st.integers(0, 99))
def test_chance_lies_between_nought_and_one(seed: int, who: str, step: str, visit: int) -> None:
    drawn = chance(seed, who, track="t", step=step, visit=visit)

    assert 0 <= drawn < 1
    assert drawn == chance(seed, who, track="t", step=step, visit=visit)


def test_nobody_acts_on_a_mail_that_was_not_opened() -> None:
    for number in range(400):
        for temperament in HABITS:
            letter = ReadMail("t", "s", 1, on_topic=True, has_form=True, has_page=True)
            done = react(7, f"{number}@x.example", temperament, letter)
            assert done.opens or not (done.clicks or done.replies or done.leaves)
            assert done.clicks or not (done.fills_form or done.visits_page or done.passes_on)


def test_a_mover_bounces_for_good() -> None:
    letters = [ReadMail("t", "s", serial, on_topic=True) for serial in range(1, 7)]

    bounced = [react(7, "a@x.example", Temperament.MOVER, letter).bounces for letter in letters]

    assert bounced == [False, False, False, True, True, True]


def test_mail_on_the_topic_is_opened_more() -> None:
    def opens(*, on_topic: bool) -> int:
        letter = ReadMail("t", "s", 1, on_topic=on_topic)
        people = (f"{number}@x.example" for number in range(1000))
        return sum(react(7, one, Temperament.SKIMMER, letter).opens for one in people)

    assert opens(on_topic=True) > 1.5 * opens(on_topic=False)


def test_interests_follow_what_was_clicked_and_fade() -> None:
    acts = [
        clicked("energy", at=TUESDAY - days(300)),
        clicked("energy", at=TUESDAY - days(300)),
        clicked("quality", at=TUESDAY),
        clicked("uptime", at=TUESDAY, human=False),
    ]

    found = interests(acts, stated=("monitoring",), topics=TOPICS, now=TUESDAY)

    assert found == ("monitoring", "quality", "energy")


def test_the_buying_stage_is_the_furthest_of_late() -> None:
    long_ago = clicked("decide", at=TUESDAY - days(100))
    of_late = clicked("compare", at=TUESDAY - days(10))

    assert buying_stage([long_ago, of_late], now=TUESDAY) is BuyingStage.COMPARE
    assert buying_stage([], now=TUESDAY) is LEARN
