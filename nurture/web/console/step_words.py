"""A step of a track in words: its name, and how it works."""

from campaigns import phrases
from campaigns.timing import WEEKDAYS, Duration, TimeOfWeek
from campaigns.track import (
    Branch,
    Content,
    Email,
    Exit,
    FactDate,
    Goal,
    Handoff,
    Step,
    Stream,
    Task,
    Wait,
)
from campaigns.vocabulary import BuyingStage

FOR_READERS = {
    BuyingStage.LEARN: "for somebody who has a problem",
    BuyingStage.COMPARE: "for somebody who weighs solutions",
    BuyingStage.DECIDE: "for somebody who picks a supplier",
}


def describe(step: Step) -> tuple[str, str]:
    """Name a step, and say how it works."""
    match step:
        case Email():
            how = (
                f"one of {len(step.variants)}, by {plain(step.vary_by)}"
                if step.variants
                else "Mail"
            )
            return plain(step.mail).capitalize(), how
        case Content():
            other = ", on another topic" if step.other_topic else ""
            return "Best unseen item", FOR_READERS[step.stage] + other
        case Stream():
            return "Best unseen items, one after the other", _stream(step)
        case Wait():
            return _wait(step)
        case Branch():
            within = f"waits {step.within.words} for it" if step.within else "decides at once"
            return f"{plain(phrases.words(step.condition)).capitalize()}?", within
        case _:
            return _turn(step)


def _turn(step: Task | Handoff | Goal | Exit) -> tuple[str, str]:
    match step:
        case Task():
            return plain(step.script).capitalize(), f"{step.who}, within {step.due.words}"
        case Handoff():
            return "Hand to sales", "the lead becomes sales-ready"
        case Goal():
            return "Reached", "what the track is for"
        case Exit():
            rest = f"rests for {step.park.words}" if step.park else "the track is over"
            return "End", rest


def _stream(step: Stream) -> str:
    parts = [f"every {step.every.words}, at most {step.max}"]
    if step.warm:
        parts.append(f"moves to {plain(step.warm.track)} when {phrases.words(step.warm.when)}")
    if step.dry:
        parts.append(f"asks {step.dry.who} when nothing is left")
    return "; ".join(parts)


def _wait(step: Wait) -> tuple[str, str]:
    match step.until:
        case Duration():
            return f"Wait {step.until.words}", ""
        case TimeOfWeek():
            return f"Wait until {WEEKDAYS[step.until.weekday]} {step.until.at:%H:%M}", ""
        case FactDate():
            side = "before" if step.until.days < 0 else "after"
            days = f"{abs(step.until.days)} days {side} " if step.until.days else ""
            return (
                f"Wait until {days}{plain(step.until.field)}",
                "goes on at once where it is not known",
            )


def plain(raw: str) -> str:
    """Write a key as words."""
    return raw.replace("_", " ")
