"""Builders for the rule tests: small, typed, with everything that a test does not care about."""

from datetime import UTC, datetime, time, timedelta

from campaigns.conditions import EventCondition, Facts, LeadEvent, Value
from campaigns.content_choice import ContentOption
from campaigns.decision import LeadSnapshot, Policy
from campaigns.fields import FieldSchema
from campaigns.frequency_caps import FrequencyCap, FrequencyLimit
from campaigns.library import shipped
from campaigns.library_fields import schema_of
from campaigns.timing import ALWAYS, Duration, Window
from campaigns.track import BranchStep, ContentStep, EmailStep, ExitStep, Step, Track, WaitStep
from campaigns.vocabulary import ActivityKind, BuyingStage, Stage

TUESDAY = datetime(2026, 1, 6, 10, 0, tzinfo=UTC)
OFFICE = Window(frozenset({1, 2, 3}), time(9), time(16))
CLICKED_LEARN1 = EventCondition(ActivityKind.CLICKED, "learn1")
USUAL_CAP = FrequencyCap((FrequencyLimit(1, 3), FrequencyLimit(2, 7)))


def example_fields() -> FieldSchema:
    """Give the fields of the example company."""
    files = ("fields.yaml", "pages.yaml", "company.yaml")
    return schema_of(*((shipped() / file).read_text("utf-8") for file in files))


def days(number: float) -> timedelta:
    return timedelta(days=number)


def facts(*acts: LeadEvent, **values: Value) -> Facts:
    return Facts(values, acts)


def clicked(*names: str, at: datetime = TUESDAY, human: bool = True) -> LeadEvent:
    item = names[0] if names else ""
    return LeadEvent(
        ActivityKind.CLICKED, at, frozenset(names), item, human=human, ref=f"{at}{names}"
    )


def lead(known: Facts | None = None, *, stage: Stage = Stage.MARKETING) -> LeadSnapshot:
    return LeadSnapshot("kim@plant.example", stage, known or Facts(), interests=("energy",))


def policy(*, window: Window = ALWAYS, cap: FrequencyCap | None = None) -> Policy:
    return Policy(window, cap or FrequencyCap(), ASSETS, seed=7)


def asset(key: str, topic: str, stage: BuyingStage) -> ContentOption:
    return ContentOption(key, f"All about {key}", (topic,), stage)


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
        EmailStep("hello", "welcome_mail"),
        WaitStep("w1", Duration(3, "d")),
        ContentStep("learn1", BuyingStage.LEARN),
        BranchStep("b1", CLICKED_LEARN1, "w2", "learn2", Duration(5, "d")),
        ContentStep("learn2", BuyingStage.LEARN, other_topic=True),
        WaitStep("w2", Duration(7, "d")),
        ExitStep("end"),
    )
