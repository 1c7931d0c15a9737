"""What a track's steps must be to one another: no doubles, no dead ends, no unknown mail."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.conditions import EventCondition, leaves
from campaigns.track import BranchStep, EmailStep, Step, StreamStep, TaskStep, Track, targets
from campaigns.vocabulary import ActivityKind
from campaigns.yamlfile import Map, Notes


@dataclass(frozen=True, slots=True)
class Known:
    """What exists elsewhere; None = not checked."""

    mails: frozenset[str] | None = None
    tracks: frozenset[str] | None = None


def check_graph(track: Track, nodes: Sequence[Map], notes: Notes, known: Known) -> None:
    """Note every mistake that needs more than one step, or the world outside, to be seen."""
    numbered = list(zip(track.steps, nodes, strict=True))
    _doubles(numbered, notes)
    for step, node in numbered:
        _targets(track, step, node, notes)
        _mail(step, node, notes, known)
    _reach(track, numbered, notes)
    _no_idle_loops(track, numbered, notes)
    _tracks(track, numbered, notes, known)


def is_weak(step: BranchStep) -> bool:
    """Tell whether a branch asks for opens, which image proxies fake."""
    return any(
        isinstance(leaf, EventCondition) and leaf.kind is ActivityKind.OPENED
        for leaf in leaves(step.condition)
    )


def weak_signals(track: Track) -> list[tuple[str, str]]:
    """Say which steps ask for opens; a warning, no mistake."""
    said = "asks whether a mail was opened, which machines do, too: ask for a click"
    return [
        (step.key, f"step {step.key} {said}")
        for step in track.steps
        if isinstance(step, BranchStep) and is_weak(step)
    ]


def _doubles(numbered: Sequence[tuple[Step, Map]], notes: Notes) -> None:
    seen: dict[str, int] = {}
    for step, node in numbered:
        if step.key in seen:
            notes.add(node.line, f"line {seen[step.key]} has this name already", step=step.key)
        seen.setdefault(step.key, node.line)


def _targets(track: Track, step: Step, node: Map, notes: Notes) -> None:
    for name, target in _named(step):
        if target and track.step(target) is None:
            keys = ", ".join(one.key for one in track.steps)
            message = f"there is no step `{target}`; steps are {keys}"
            notes.add(_line(node, name), message, step=step.key, field=name)


def _named(step: Step) -> Sequence[tuple[str, str]]:
    match step:
        case BranchStep():
            return (("then", step.then), ("else", step.otherwise))
        case TaskStep():
            ways = [(f"outcomes.{answer}", target) for answer, target in step.outcomes]
            return (*ways, ("next", step.next))
        case _:
            return (("next", getattr(step, "next", "")),)


def _mail(step: Step, node: Map, notes: Notes, known: Known) -> None:
    if not isinstance(step, EmailStep) or known.mails is None or not step.mail:
        return
    if step.mail not in known.mails:
        have = ", ".join(sorted(known.mails)) or "none"
        message = f"there is no mail `{step.mail}`; mails are {have}"
        notes.add(_line(node, "mail"), message, step=step.key, field="mail")


def _reach(track: Track, numbered: Sequence[tuple[Step, Map]], notes: Notes) -> None:
    reached: set[str] = set()
    ahead = [track.first]
    while ahead:
        step = track.step(ahead.pop())
        if step is not None and step.key not in reached:
            reached.add(step.key)
            ahead.extend(targets(track, step))
    for step, node in numbered:
        if step.key not in reached:
            notes.add(node.line, "nothing leads to this step; remove it or name it", step=step.key)


def _no_idle_loops(track: Track, numbered: Sequence[tuple[Step, Map]], notes: Notes) -> None:
    """Refuse circles of branches that take no time: a lead would spin in them."""
    for step, node in numbered:
        if isinstance(step, BranchStep) and step.within is None and _circles(track, step):
            message = "this branch leads back to itself without any wait; add one"
            notes.add(_line(node, "then"), message, step=step.key, field="then")


def _circles(track: Track, start: BranchStep) -> bool:
    seen: set[str] = set()
    ahead = list(targets(track, start))
    while ahead:
        key = ahead.pop()
        if key == start.key:
            return True
        step = track.step(key)
        if key not in seen and isinstance(step, BranchStep) and step.within is None:
            ahead.extend(targets(track, step))
        seen.add(key)
    return False


def _tracks(track: Track, numbered: Sequence[tuple[Step, Map]], notes: Notes, known: Known) -> None:
    if known.tracks is None:
        return
    named = [(track.after, 1, "", "after")]
    named += [
        (step.handover.track, _line(node, "warm"), step.key, "warm")
        for step, node in numbered
        if isinstance(step, StreamStep) and step.handover is not None
    ]
    for name, line, step, field in named:
        if name and name not in known.tracks:
            have = ", ".join(sorted(known.tracks)) or "none"
            notes.add(
                line, f"there is no track `{name}`; tracks are {have}", step=step, field=field
            )


def _line(node: Map, field: str) -> int:
    name = field.partition(".")[0]
    return next((entry.line for entry in node.entries if entry.key == name), node.line)
