"""A track as plain maps, lists and words, ready to be written as YAML."""

from collections.abc import Iterator
from typing import TypeAlias

from campaigns.conditions import All, AnyOf, Condition, Not
from campaigns.phrases import words
from campaigns.spans import until_words
from campaigns.timing import Duration
from campaigns.track import (
    USUAL_WAIT,
    Again,
    Branch,
    Content,
    Email,
    Exit,
    Goal,
    Handoff,
    Step,
    Stream,
    Task,
    Track,
    Wait,
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


def _again(again: Again) -> str:
    if again.days is None:
        return "never"
    return f"after {again.days} d" if again.days else "each event"


def _step(step: Step) -> Plain:
    plain: dict[str, Plain] = {step.key: str(kind_of(step))}
    plain.update(_fields(step))
    if not isinstance(step, Branch | Handoff | Goal | Exit) and step.next:
        plain["next"] = step.next
    return plain


def _fields(step: Step) -> Iterator[tuple[str, Plain]]:
    match step:
        case Email():
            return _email(step)
        case Content():
            return _content(step)
        case Stream():
            return _stream(step)
        case Wait():
            return _wait(step)
        case Branch():
            return _branch(step)
        case Task():
            return _task(step)
        case Exit() | Handoff() | Goal():
            return _last(step)


def _content(step: Content) -> Iterator[tuple[str, Plain]]:
    yield "stage", str(step.stage)
    if step.other_topic:
        yield "other_topic", True


def _wait(step: Wait) -> Iterator[tuple[str, Plain]]:
    if isinstance(step.until, Duration):
        yield "for", str(step.until)
    else:
        yield "until", until_words(step.until)


def _last(step: Exit | Handoff | Goal) -> Iterator[tuple[str, Plain]]:
    if isinstance(step, Exit) and step.park is not None:
        yield "park", str(step.park)


def _email(step: Email) -> Iterator[tuple[str, Plain]]:
    yield "mail", step.mail
    if step.variants:
        yield "vary_by", step.vary_by
        yield "variants", list(step.variants)


def _stream(step: Stream) -> Iterator[tuple[str, Plain]]:
    yield "every", str(step.every)
    yield "max", step.max
    if step.warm is not None:
        yield "warm", {"when": plain_condition(step.warm.when), "track": step.warm.track}
    if step.dry is not None:
        yield "dry", {"who": step.dry.who, "script": step.dry.script}


def _branch(step: Branch) -> Iterator[tuple[str, Plain]]:
    yield "if", plain_condition(step.condition)
    if step.within is not None:
        yield "within", str(step.within)
    yield "then", step.then
    yield "else", step.otherwise


def _task(step: Task) -> Iterator[tuple[str, Plain]]:
    yield "who", step.who
    yield "due", str(step.due)
    yield "script", step.script
    if step.within != USUAL_WAIT:
        yield "within", str(step.within)
    if step.outcomes:
        yield "outcomes", dict(step.outcomes)
