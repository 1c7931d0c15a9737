"""Builders for the rule tests: small, typed, with everything that a test does not care about."""

from datetime import UTC, datetime, time, timedelta

from campaigns.choice import Asset
from campaigns.conditions import Act, Did, Facts, Value
from campaigns.decision import Lead, Policy
from campaigns.limits import Cap, Limit
from campaigns.timing import ALWAYS, Duration, Window
from campaigns.track import Branch, Content, Email, Exit, Step, Track, Wait
from campaigns.vocabulary import ActivityKind, BuyingStage, Stage

TUESDAY = datetime(2026, 1, 6, 10, 0, tzinfo=UTC)
OFFICE = Window(frozenset({1, 2, 3}), time(9), time(16))
CLICKED_LEARN1 = Did(ActivityKind.CLICKED, "learn1")
USUAL_CAP = Cap((Limit(1, 3), Limit(2, 7)))


def days(number: float) -> timedelta:
    return timedelta(days=number)


def facts(*acts: Act, **values: Value) -> Facts:
    return Facts(values, acts)


def clicked(*names: str, at: datetime = TUESDAY, human: bool = True) -> Act:
    item = names[0] if names else ""
    return Act(ActivityKind.CLICKED, at, frozenset(names), item, human=human, ref=f"{at}{names}")


def lead(known: Facts | None = None, *, stage: Stage = Stage.MARKETING) -> Lead:
    return Lead("kim@plant.example", stage, known or Facts(), interests=("energy",))


def policy(*, window: Window = ALWAYS, cap: Cap | None = None) -> Policy:
    return Policy(window, cap or Cap(), ASSETS, seed=7)


def asset(key: str, topic: str, stage: BuyingStage) -> Asset:
    return Asset(key, f"All about {key}", (topic,), stage)


ASSETS = (
    asset("E1", "energy", BuyingStage.LEARN),
    asset("E3", "energy", BuyingStage.COMPARE),
    asset("Q1", "quality", BuyingStage.LEARN),
    asset("Q4", "quality", BuyingStage.DECIDE),
)


def track(*steps: Step) -> Track:
    return Track("welcome", "Welcome", 2, steps, after="keep_in_touch")


def welcome() -> Track:
    return track(
        Email("hello", "welcome_mail"),
        Wait("w1", Duration(3, "d")),
        Content("learn1", BuyingStage.LEARN),
        Branch("b1", CLICKED_LEARN1, "w2", "learn2", Duration(5, "d")),
        Content("learn2", BuyingStage.LEARN, other_topic=True),
        Wait("w2", Duration(7, "d")),
        Exit("end"),
    )
