"""A track as plain maps, lists and words, ready to be written as YAML."""

from collections.abc import Iterator
from typing import TypeAlias

from campaigns.condition_text import words
from campaigns.conditions import All, AnyOf, Condition, Not
from campaigns.durations import until_words
from campaigns.timing import Duration
from campaigns.track import (
    USUAL_WAIT,
    BranchStep,
    ContentStep,
    EmailStep,
    ExitStep,
    GoalStep,
    HandoffStep,
    ReentryRule,
    Step,
    StreamStep,
    TaskStep,
    Track,
    WaitStep,
    goal_stage,
    kind_of,
)

Plain: TypeAlias = "str | int | bool | list[Plain] | dict[str, Plain]"


def plain_track(track: Track) -> dict[str, Plain]:
    """Write a track as the fields of its file; what is default is left out."""
    plain: dict[str, Plain] = {
        "track": track.key,
        "name": track.name,
        "priority": track.priority,
    }
    if track.enter is not None:
        plain["enter"] = plain_condition(track.enter)
    plain["again"] = _again(track.again)
    if track.goal is not None:
        stage = goal_stage(track.goal)
        plain["goal"] = str(stage) if stage else plain_condition(track.goal)
    if track.after:
        plain["after"] = track.after
    plain["steps"] = [_step(step) for step in track.steps]
    return plain


def plain_condition(condition: Condition) -> Plain:
    """Write a leaf as a line, a tree as maps."""
    match condition:
        case All(parts):
            return {"all": [plain_condition(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [plain_condition(part) for part in parts]}
        case Not(part):
            return {"not": plain_condition(part)}
        case _:
            return words(condition)


def _again(again: ReentryRule) -> str:
    if again.days is None:
        return "never"
    return f"after {again.days} d" if again.days else "each event"


def _step(step: Step) -> Plain:
    plain: dict[str, Plain] = {step.key: str(kind_of(step))}
    plain.update(_fields(step))
    if not isinstance(step, BranchStep | HandoffStep | GoalStep | ExitStep) and step.next:
        plain["next"] = step.next
    return plain


def _fields(step: Step) -> Iterator[tuple[str, Plain]]:
    match step:
        case EmailStep():
            return _email(step)
        case ContentStep():
            return _content(step)
        case StreamStep():
            return _stream(step)
        case WaitStep():
            return _wait(step)
        case BranchStep():
            return _branch(step)
        case TaskStep():
            return _task(step)
        case ExitStep() | HandoffStep() | GoalStep():
            return _last(step)


def _content(step: ContentStep) -> Iterator[tuple[str, Plain]]:
    yield "stage", str(step.stage)
    if step.other_topic:
        yield "other_topic", True


def _wait(step: WaitStep) -> Iterator[tuple[str, Plain]]:
    if isinstance(step.until, Duration):
        yield "for", str(step.until)
    else:
        yield "until", until_words(step.until)


def _last(step: ExitStep | HandoffStep | GoalStep) -> Iterator[tuple[str, Plain]]:
    if isinstance(step, ExitStep) and step.snooze is not None:
        yield "park", str(step.snooze)


def _email(step: EmailStep) -> Iterator[tuple[str, Plain]]:
    yield "mail", step.mail
    if step.variants:
        yield "vary_by", step.vary_by
        yield "variants", list(step.variants)


def _stream(step: StreamStep) -> Iterator[tuple[str, Plain]]:
    yield "every", str(step.every)
    yield "max", step.max
    if step.handover is not None:
        yield "warm", {"when": plain_condition(step.handover.when), "track": step.handover.track}
    if step.on_exhausted is not None:
        yield "dry", {"who": step.on_exhausted.who, "script": step.on_exhausted.script}


def _branch(step: BranchStep) -> Iterator[tuple[str, Plain]]:
    yield "if", plain_condition(step.condition)
    if step.within is not None:
        yield "within", str(step.within)
    yield "then", step.then
    yield "else", step.otherwise


def _task(step: TaskStep) -> Iterator[tuple[str, Plain]]:
    yield "who", step.who
    yield "due", str(step.due)
    yield "script", step.script
    if step.within != USUAL_WAIT:
        yield "within", str(step.within)
    if step.outcomes:
        yield "outcomes", dict(step.outcomes)
