"""Read the steps of a track file."""

from collections.abc import Callable, Iterator
from functools import partial

from campaigns.conditions import Compare, Op, asks_for_acts
from campaigns.durations import parse_duration, parse_until
from campaigns.timing import Duration
from campaigns.track import (
    USUAL_WAIT,
    BranchStep,
    ContentStep,
    EmailStep,
    ExitStep,
    GoalStep,
    HandoffStep,
    OnExhausted,
    Step,
    StreamHandover,
    StreamStep,
    TaskStep,
    WaitStep,
)
from campaigns.vocabulary import BuyingStage, StepKind
from campaigns.yamlfile import (
    Fields,
    Items,
    Leaf,
    Map,
    Node,
    Notes,
    as_bool,
    as_condition,
    as_int,
    as_map,
    as_name,
    as_one_of,
    as_texts,
    as_words,
)

as_duration = as_words(parse_duration)
_ONE_DAY = Duration(1, "d")
_STAND_IN = Compare("x", Op.SET)


def read_steps(node: Node, notes: Notes) -> tuple[tuple[Step, Map], ...]:
    """Read all steps with their nodes; a step that is wrong is noted and read as far as it goes."""
    if not isinstance(node, Items) or not node.nodes:
        notes.add(node.line, "a track needs a list of steps", field="steps")
        return ()
    return tuple(_steps(node, notes))


def _steps(node: Items, notes: Notes) -> Iterator[tuple[Step, Map]]:
    for one in node.nodes:
        step = _step(one, notes)
        if step is not None and isinstance(one, Map):
            yield step, one


def _step(node: Node, notes: Notes) -> Step | None:
    if not isinstance(node, Map) or not node.entries:
        notes.add(node.line, "a step starts with its name and kind, such as `hello: email`")
        return None
    first = node.entries[0]
    try:
        key = as_name(Leaf(first.key, first.line))
    except ValueError as error:
        notes.add(first.line, str(error), step=first.key)
        return None
    kind = first.node.text if isinstance(first.node, Leaf) else ""
    if kind not in set(StepKind):
        kinds = ", ".join(StepKind)
        notes.add(first.line, f"`{kind}` is no kind of step; choose one of {kinds}", step=key)
        return None
    fields = Fields(node, notes, step=key, skip=1)
    step = _READERS[StepKind(kind)](key, fields)
    fields.close()
    return step


def _next(fields: Fields) -> str:
    return fields.get("next", as_name, "")


def _email(key: str, fields: Fields) -> Step:
    variants = fields.get("variants", as_texts, ())
    vary_by = fields.get("vary_by", as_name, "")
    if bool(variants) != bool(vary_by):
        fields.wrong("variants", "`variants` and `vary_by` (the fact that picks one) go together")
    return EmailStep(key, fields.need("mail", as_name, ""), variants, vary_by, _next(fields))


def _content(key: str, fields: Fields) -> Step:
    stage = fields.need("stage", as_one_of(BuyingStage), BuyingStage.LEARN)
    return ContentStep(key, stage, fields.get("other_topic", as_bool, False), _next(fields))


def _stream(key: str, fields: Fields) -> Step:
    most = fields.need("max", as_int, 1)
    if most < 1:
        fields.wrong("max", "a stream sends at least one item")
    return StreamStep(
        key,
        every=fields.need("every", as_duration, _ONE_DAY),
        max=most,
        handover=fields.get("warm", partial(_handover, fields), None),
        on_exhausted=fields.get("dry", partial(_on_exhausted, fields), None),
        next=_next(fields),
    )


def _handover(parent: Fields, node: Node) -> StreamHandover:
    fields = parent.child("warm", as_map(node))
    handover = StreamHandover(
        fields.need("when", as_condition, _STAND_IN), fields.need("track", as_name, "")
    )
    fields.close()
    return handover


def _on_exhausted(parent: Fields, node: Node) -> OnExhausted:
    fields = parent.child("dry", as_map(node))
    on_exhausted = OnExhausted(fields.need("who", as_name, ""), fields.need("script", as_name, ""))
    fields.close()
    return on_exhausted


def _wait(key: str, fields: Fields) -> Step:
    if fields.has("for") == fields.has("until"):
        fields.wrong("for", "a wait needs either `for: 3 d` or `until: Tuesday 09:00`")
    length = fields.get("for", as_duration, None)
    moment = fields.get("until", as_words(parse_until), None)
    return WaitStep(key, length or moment or _ONE_DAY, _next(fields))


def _branch(key: str, fields: Fields) -> Step:
    condition = fields.need("if", as_condition, _STAND_IN)
    within = fields.get("within", as_duration, None)
    if within is None and not fields.has("within") and asks_for_acts(condition):
        fields.wrong("within", "a branch on what somebody does needs an end: add `within: 5 d`")
    then = fields.need("then", as_name, "")
    return BranchStep(key, condition, then, fields.need("else", as_name, ""), within)


def _task(key: str, fields: Fields) -> Step:
    return TaskStep(
        key,
        who=fields.need("who", as_name, ""),
        due=fields.need("due", as_duration, _ONE_DAY),
        script=fields.need("script", as_name, ""),
        outcomes=fields.get("outcomes", _outcomes, ()),
        within=fields.get("within", as_duration, USUAL_WAIT),
        next=_next(fields),
    )


def _outcomes(node: Node) -> tuple[tuple[str, str], ...]:
    return tuple(
        (as_name(Leaf(entry.key, entry.line)), as_name(entry.node))
        for entry in as_map(node).entries
    )


def _handoff(key: str, _: Fields) -> Step:
    return HandoffStep(key)


def _goal(key: str, _: Fields) -> Step:
    return GoalStep(key)


def _exit(key: str, fields: Fields) -> Step:
    return ExitStep(key, fields.get("park", as_duration, None))


_READERS: dict[StepKind, Callable[[str, Fields], Step]] = {
    StepKind.EMAIL: _email,
    StepKind.CONTENT: _content,
    StepKind.STREAM: _stream,
    StepKind.WAIT: _wait,
    StepKind.BRANCH: _branch,
    StepKind.TASK: _task,
    StepKind.HANDOFF: _handoff,
    StepKind.GOAL: _goal,
    StepKind.EXIT: _exit,
}
