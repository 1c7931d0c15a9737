"""A step of a track in words: its name, and how it works."""

from campaigns import condition_text
from campaigns.conditions import ActivityAlias, All, AnyOf, Compare, Condition, EventCondition, Op
from campaigns.text_check import is_weak
from campaigns.timing import WEEKDAYS, Duration, TimeOfWeek
from campaigns.track import (
    BranchStep,
    ContentStep,
    EmailStep,
    ExitStep,
    FactDate,
    GoalStep,
    HandoffStep,
    Step,
    StreamStep,
    TaskStep,
    WaitStep,
)
from campaigns.vocabulary import ActivityKind, BuyingStage, Stage
from nurture.web.console import act_words

FOR_READERS = {
    BuyingStage.LEARN: "for somebody who has a problem",
    BuyingStage.COMPARE: "for somebody who weighs solutions",
    BuyingStage.DECIDE: "for somebody who picks a supplier",
}


def describe(step: Step) -> tuple[str, str]:
    """Name a step, and say how it works."""
    match step:
        case EmailStep():
            how = (
                f"one of {len(step.variants)}, by {plain(step.vary_by)}"
                if step.variants
                else "Mail"
            )
            return plain(step.mail).capitalize(), how
        case ContentStep():
            other = ", on another topic" if step.other_topic else ""
            return "Best unseen item", FOR_READERS[step.stage] + other
        case StreamStep():
            return "Best unseen items, one after the other", _stream(step)
        case WaitStep():
            return _wait(step)
        case BranchStep():
            within = f"waits {step.within.words} for it" if step.within else "decides at once"
            weak = "; a weak signal, for machines open mail, too" if is_weak(step) else ""
            return f"{_begun(condition_words(step.condition))}?", within + weak
        case _:
            return _turn(step)


def _turn(step: TaskStep | HandoffStep | GoalStep | ExitStep) -> tuple[str, str]:
    match step:
        case TaskStep():
            return plain(step.script).capitalize(), f"{step.who}, within {step.due.words}"
        case HandoffStep():
            return "Hand to sales", "the lead becomes sales-ready"
        case GoalStep():
            return "Reached", "what the track is for"
        case ExitStep():
            rest = f"rests for {step.snooze.words}" if step.snooze else "the track is over"
            return "End", rest


def _stream(step: StreamStep) -> str:
    parts = [f"every {step.every.words}, at most {step.max}"]
    if step.handover:
        parts.append(
            f"moves to {plain(step.handover.track)} when {condition_words(step.handover.when)}"
        )
    if step.on_exhausted:
        parts.append(f"asks {step.on_exhausted.who} when nothing is left")
    return "; ".join(parts)


def _wait(step: WaitStep) -> tuple[str, str]:
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


def condition_words(condition: Condition) -> str:
    """Say a condition as people read it; what has no word of its own keeps its short form."""
    match condition:
        case All(parts):
            inner = [_inside(part) for part in parts]
            return (", and " if any(" or " in one for one in inner) else " and ").join(inner)
        case AnyOf(parts):
            return " or ".join(_inside(part) for part in parts)
        case Compare("stage", Op.EQ, str(stage)):
            return _stage(stage)
        case Compare("stage", Op.IN, tuple(stages)):
            return " or ".join(_stage(str(one)) for one in stages)
        case Compare("permission", Op.EQ, True):
            return "we may write"
        case Compare(name, Op.GE, value):
            return f"{plain(name)} of {value} or more"
        case EventCondition():
            return _did(condition)
        case _:
            return plain(condition_text.words(condition))


def _did(did: EventCondition) -> str:
    match did:
        case EventCondition(kind, what, None, 1) if what and kind is not ActivityAlias.INTENT:
            return _event(str(kind), what)
        case EventCondition(ActivityAlias.INTENT, _, days, 1):
            return f"an act of intent{_within(days)}"
        case EventCondition(kind, what, days, times, True):
            return f"{times} {_items(what)} {kind}{_within(days)}"
        case _:
            # Machines never count here, so that nobody need be told so; days read as days.
            short = plain(condition_text.words(did)).replace("human ", "")
            return short.replace(f" in {did.days} d", _within(did.days))


def _inside(part: Condition) -> str:
    if isinstance(part, AnyOf):
        return f"one of: {'; '.join(_inside(one) for one in part.parts)}"
    return condition_words(part)


def _event(kind: str, what: str) -> str:
    """Leave out which step was clicked: it is the one above."""
    return f"{kind} it" if kind == ActivityKind.CLICKED else f"{kind} {plain(what)}"


def _items(what: str) -> str:
    stage = what if what in set(BuyingStage) else ""
    return f"items {FOR_READERS[BuyingStage(stage)]}" if stage else f"{plain(what)} items".strip()


def _within(days: int | None) -> str:
    return "" if days is None else f" within {days} days"


def _stage(name: str) -> str:
    return act_words.STAGES[Stage(name)].lower()


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]
