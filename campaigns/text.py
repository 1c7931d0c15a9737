"""Tracks as files: YAML 1.2 <-> `Track`, lossless with comments; mistakes name file, line and step.

SYNTAX. One track a file; conditions as in `campaigns.condition_text`, or a map with one of all,
any, not; durations as in `campaigns.durations` ("3 d", "4 h", "30 min", "2 w", "1 bd" = one
working day).

    track: welcome                  # its key: letters, digits, _
    name: Welcome
    priority: 2                     # the lower goes first, the loser waits
    enter: stage is marketing       # optional: without it by hand, or from another track
    again: never                    # never | each event | after 120 d
    goal: sales_ready               # a stage alone, or any condition; reached = out at once
    after: keep_in_touch            # optional: the track that follows a normal end
    steps:                          # the first field of a step is its key and kind
      - hello: email                # mail, vary_by + variants (the last one is the fallback)
        mail: welcome_by_interest
      - w1: wait                    # for: 3 d | until: Tuesday 09:00 | until: wake_date - 14 d
        for: 3 d
      - learn1: content             # stage: learn | compare | decide; other_topic: true
        stage: learn
      - b1: branch                  # within: needed when the condition asks what somebody did
        if: clicked learn1
        within: 5 d
        then: end
        else: s1
      - s1: stream                  # the best unseen item, again and again
        every: 30 d
        max: 6
        warm: {when: 2 human clicks in 14 d, track: evaluate}
        dry: {who: marketer, script: what_next}
      - call: task                  # with outcomes the lead waits, at most `within` (14 d)
        who: telesales
        due: 1 bd
        script: call_about_questions
        outcomes: {has_question: ready, not_now: end}
        next: end                   # where the following step would be wrong
      - ready: handoff
      - won: goal
      - end: exit
        park: 365 d                 # optional
"""

from collections.abc import Mapping
from io import StringIO

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from campaigns.conditions import Condition
from campaigns.durations import parse_duration
from campaigns.text_check import Known, check_graph
from campaigns.text_comments import lay_back, lift
from campaigns.text_plain import Plain, plain_track
from campaigns.text_steps import read_steps
from campaigns.track import ReentryRule, Track, stage_goal
from campaigns.vocabulary import Stage
from campaigns.yamlfile import (
    Fields,
    FileError,
    Leaf,
    Node,
    Notes,
    Problem,
    as_condition,
    as_int,
    as_name,
    as_text,
    as_words,
    read,
)

__all__ = ["FileError", "Known", "Problem", "check", "load", "rewrite", "write"]


def load(text: str, *, file: str = "track", known: Known | None = None) -> Track:
    """Read a track; raise `FileError` with every mistake."""
    notes = Notes(file)
    top = read(text, notes)
    fields = Fields(top, notes)
    numbered = fields.need("steps", lambda node: read_steps(node, notes), ())
    track = Track(
        key=fields.need("track", as_name, ""),
        name=fields.need("name", as_text, ""),
        priority=fields.need("priority", as_int, 1),
        steps=tuple(step for step, _ in numbered),
        enter=fields.get("enter", as_condition, None),
        again=fields.get("again", as_words(_again), ReentryRule()),
        goal=fields.get("goal", as_goal, None),
        after=fields.get("after", as_name, ""),
    )
    fields.close()
    if numbered:
        check_graph(track, [node for _, node in numbered], notes, known or Known())
    notes.refuse_if_any()
    return track


def check(text: str, *, file: str, known: Known | None = None) -> list[Problem]:
    """List what is wrong with a track file; nothing means that it can be published."""
    try:
        load(text, file=file, known=known)
    except FileError as error:
        return error.problems
    return []


def write(track: Track) -> str:
    """Write a track as a fresh file; `load` reads the same track from it."""
    return _dumped(_fresh(plain_track(track)))


def rewrite(text: str, track: Track) -> str:
    """Write a changed track into its file, keeping the comments of all that stays.

    A step is recognised by its key. A file that says the same already is returned as it is.
    """
    if load(text) == track:
        return text
    bare, blocks = lift(text, _step_lines(text))
    tree: object = _yaml().load(bare)
    if not isinstance(tree, CommentedMap):
        return write(track)
    _merge(tree, plain_track(track))
    changed = _dumped(tree)
    return lay_back(changed, _step_lines(changed), blocks)


def as_goal(node: Node) -> Condition:
    """Read a stage name alone as "that stage or later", anything else as a condition."""
    if isinstance(node, Leaf) and node.text in set(Stage):
        return stage_goal(Stage(node.text))
    return as_condition(node)


def _again(text: str) -> ReentryRule:
    if text in ("never", "each event"):
        return ReentryRule(None if text == "never" else 0)
    after, _, span = text.partition(" ")
    if after != "after":
        message = f"`{text}` is not known; write never, each event or after 120 d"
        raise ValueError(message)
    duration = parse_duration(span)
    if duration.unit not in ("d", "w"):
        raise ValueError("count re-entry in days or weeks, such as `after 120 d`")
    return ReentryRule(duration.elapsed.days)


def _step_lines(text: str) -> dict[str, int]:
    notes = Notes("track")
    fields = Fields(read(text, notes), notes)
    numbered = fields.get("steps", lambda node: read_steps(node, notes), ())
    return {step.key: node.line for step, node in numbered}


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 4096
    yaml.preserve_quotes = True
    return yaml


def _dumped(tree: CommentedMap) -> str:
    out = StringIO()
    _yaml().dump(tree, out)
    return out.getvalue()


def _fresh(plain: Mapping[str, Plain]) -> CommentedMap:
    tree = CommentedMap()
    for key, value in plain.items():
        tree[key] = _fresh_value(value)
    return tree


def _fresh_value(value: Plain) -> object:
    match value:
        case dict():
            return _fresh(value)
        case list():
            return CommentedSeq([_fresh_value(one) for one in value])
        case _:
            return value


def _merge(tree: CommentedMap, plain: Mapping[str, Plain]) -> None:
    """Change only what differs, so that comments stay with the lines they belong to."""
    for key in [key for key in tree if key not in plain]:
        del tree[key]
    for key, value in plain.items():
        old = tree.get(key)
        if isinstance(old, CommentedMap) and isinstance(value, dict):
            _merge(old, value)
        elif key == "steps" and isinstance(old, CommentedSeq) and isinstance(value, list):
            _merge_steps(old, value)
        elif not _says(old, value):
            tree[key] = _fresh_value(value)


def _merge_steps(old: CommentedSeq, steps: list[Plain]) -> None:
    known = {next(iter(step)): step for step in old if isinstance(step, CommentedMap) and step}
    merged: list[object] = []
    for step in steps:
        if not isinstance(step, dict):
            continue
        kept = known.get(next(iter(step)))
        if kept is None:
            merged.append(_fresh(step))
        else:
            _merge(kept, step)
            merged.append(kept)
    old[:] = merged


def _says(old: object, value: Plain) -> bool:
    """Tell whether what is written means the value already (`goal: sales_ready`, `3  d`)."""
    return type(old) is type(_fresh_value(value)) and old == _fresh_value(value)
