"""A track as its pages show it: an outline of steps with who stands where and what happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.track import (
    BranchStep,
    EmailStep,
    GoalStep,
    HandoffStep,
    Step,
    TaskStep,
    Track,
    goal_stage,
    kind_of,
)
from campaigns.vocabulary import ExitReason, Receipt, StepKind
from nurture import tracks
from nurture.kernel.work import Work
from nurture.reports import track_report
from nurture.reports.track_report import TrackCounts, TrackEdition
from nurture.tracks import TrackState
from nurture.web.console import act_words
from nurture.web.console.step_words import condition_words, describe

ICONS = {
    StepKind.EMAIL: "mail",
    StepKind.CONTENT: "notebook",
    StepKind.STREAM: "repeat",
    StepKind.WAIT: "clock",
    StepKind.BRANCH: "git-branch",
    StepKind.TASK: "phone",
    StepKind.HANDOFF: "user-check",
    StepKind.GOAL: "flag",
    StepKind.EXIT: "door-exit",
}
RECEIPTS = {
    Receipt.PLANNED: "sent on its way",
    Receipt.WAITED: "began to wait",
    Receipt.BRANCHED: "went on",
    Receipt.TASK_CREATED: "given to somebody",
    Receipt.HANDED_OFF: "handed to sales",
    Receipt.FINISHED: "went through",
    Receipt.EXITED: "left",
    Receipt.HELD_WINDOW: "held for sending hours",
    Receipt.HELD_CAP: "held, had mail a short while ago",
    Receipt.HELD_WISH: "held, they asked for fewer mails",
    Receipt.HELD_PRIORITY: "held for another track",
    Receipt.HELD_PAUSED: "held, the track was paused",
    Receipt.HELD_NO_SENDER: "held, no mail server",
    Receipt.SKIPPED_SUPPRESSED: "not sent: do not mail",
    Receipt.SKIPPED_NO_PERMISSION: "not sent: no permission",
    Receipt.SKIPPED_EXHAUSTED: "nothing new to send",
    Receipt.SKIPPED_SEEN: "not sent: had it already",
    Receipt.SKIPPED_STAGE: "not sent: their stage",
    Receipt.SKIPPED_PAUSED: "left out after a pause",
    Receipt.SKIPPED_DATE: "left out: its day is not known, or has passed",
}
NONE = TrackCounts(0, 0, 0)
DEEPEST = 4
"""A phone has room for so many levels of branches."""


@dataclass(frozen=True, slots=True)
class TrackLine:
    """One track of the list."""

    state: TrackState
    load: TrackCounts
    goal: str
    enter: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class TrackList:
    """All tracks, by their turn."""

    lines: tuple[TrackLine, ...]

    @property
    def inside(self) -> int:
        """Count the runs that go on now."""
        return sum(one.load.inside for one in self.lines)

    @property
    def due(self) -> int:
        """Count what falls due today."""
        return sum(one.load.due for one in self.lines)


@dataclass(frozen=True, slots=True)
class TrackBranch:
    """One way out of a branch or a task: its words, and the steps that lie only on it."""

    words: str
    nodes: tuple["TrackNode", ...]
    joins: str = ""
    """The key of the step that it goes to, where that one stands elsewhere in the outline."""
    straight: bool = False
    """Whether that step is the next one below."""


@dataclass(frozen=True, slots=True)
class TrackNode:
    """One step in the outline."""

    key: str
    number: int
    """Its place from the top."""
    icon: str
    name: str
    how: str
    here: int
    happened: tuple[tuple[str, int], ...]
    ways: tuple[TrackBranch, ...] = ()
    joins: str = ""
    mail: str = ""
    good: bool = False


@dataclass(frozen=True, slots=True)
class TrackPage:
    """One track."""

    state: TrackState
    load: TrackCounts
    goal: str
    enter: str
    again: str
    after: str
    nodes: tuple[TrackNode, ...]
    places: Mapping[str, str]
    """Where each step stands, by its key: its number and name."""
    stranded: tuple[tuple[str, int], ...]
    """Who stands at steps that only an older version has."""
    endings: tuple[tuple[ExitReason, str, int], ...]
    text: str
    editions: tuple[TrackEdition, ...]
    overdue: int
    """Runs whose next step fell due while the track was paused."""


def list_of(work: Work, *, tonight: datetime) -> TrackList:
    """Read the list of tracks."""
    loads = track_report.loads(work, before=tonight)
    states = tracks.tracks(work)
    found = tracks.definitions(work, [one.version_id for one in states if one.version_id])
    return TrackList(
        tuple(
            TrackLine(
                state=one,
                load=loads.get(one.id, NONE),
                goal=_goal(found[one.version_id or 0]),
                enter=_enter(found[one.version_id or 0]),
            )
            for one in states
        )
    )


def page_of(work: Work, state: TrackState, *, tonight: datetime) -> TrackPage:
    """Read one track with who stands where."""
    version = state.version_id or 0
    track = tracks.definitions(work, [version])[version]
    here = tracks.counts(work, state.id)
    outline = _Outline(track, here, track_report.happened(work, state.id))
    nodes = outline.nodes(track.first)
    known = {step.key for step in track.steps}
    ends = tracks.endings(work, state.id)
    return TrackPage(
        state=state,
        load=track_report.loads(work, before=tonight).get(state.id, NONE),
        goal=_goal(track),
        enter=_enter(track),
        again=_again(track),
        after=track.after,
        nodes=nodes,
        places=outline.places(),
        stranded=tuple((step, count) for step, count in here.items() if step not in known),
        endings=tuple(
            (reason, act_words.ENDINGS[reason], ends[reason])
            for reason in ExitReason
            if reason in ends
        ),
        text=tracks.texts(work, [version])[version],
        editions=tuple(track_report.editions(work, state.id)),
        overdue=tracks.overdue(work, state.key) if state.paused_at else 0,
    )


@dataclass(slots=True)
class _Outline:
    """Lay a track's graph out as a nested list: each step once, where it is first reached."""

    track: Track
    here: Mapping[str, int]
    happened: Mapping[str, Mapping[Receipt, int]]
    done: dict[str, int] = field(default_factory=dict)
    """The number of each step that is laid out."""

    def nodes(
        self, key: str, *, depth: int = 0, stop: frozenset[str] = frozenset()
    ) -> tuple[TrackNode, ...]:
        """Lay out the steps from one on, until one that stands elsewhere."""
        found: list[TrackNode] = []
        while key and key not in self.done and key not in stop:
            step = self.track.step(key)
            if step is None:
                break
            self.done[key] = len(self.done) + 1
            ways, key = self._on(step, depth, stop)
            found.append(self._node(step, ways, joins=key if key in self.done else ""))
        return tuple(found)

    def _on(
        self, step: Step, depth: int, stop: frozenset[str]
    ) -> tuple[tuple[TrackBranch, ...], str]:
        """Give the ways of a step, and the step below it."""
        blueprint = _branches(self.track, step)
        if not blueprint:
            return (), self.track.following(step)
        meet = self._meeting([to for _, to in blueprint], stop)
        inner = stop | {meet} if meet else stop
        ways = tuple(
            TrackBranch(words, (), joins=to, straight=True)
            if to == meet
            else self._way(words, to, depth, inner)
            for words, to in blueprint
        )
        return ways, meet

    def _way(self, words: str, to: str, depth: int, stop: frozenset[str]) -> TrackBranch:
        inner = self.nodes(to, depth=depth + 1, stop=stop) if depth < DEEPEST else ()
        return TrackBranch(words, inner, joins="" if inner else to)

    def places(self) -> dict[str, str]:
        """Say where each step stands, once all are laid out."""
        return {
            step.key: f"{self.done[step.key]}. {describe(step)[0]}"
            for step in self.track.steps
            if step.key in self.done
        }

    def _meeting(self, starts: list[str], stop: frozenset[str]) -> str:
        """Find the step at which all ways come together again."""
        reached = [self._line(start) for start in starts]
        common = set(reached[0]).intersection(*reached[1:])
        order = [step.key for step in self.track.steps]
        fit = [key for key in order if key in common and key not in self.done and key not in stop]
        return fit[0] if fit else ""

    def _line(self, key: str) -> list[str]:
        """List what can be reached from a step."""
        seen: list[str] = []
        open_ = [key]
        while open_:
            at = open_.pop(0)
            step = self.track.step(at)
            if step is None or at in seen:
                continue
            seen.append(at)
            open_.extend(to for _, to in _branches(self.track, step))
            open_.extend([self.track.following(step)] if self.track.following(step) else [])
        return seen

    def _node(self, step: Step, ways: tuple[TrackBranch, ...], *, joins: str) -> TrackNode:
        name, how = describe(step)
        counted = self.happened.get(step.key, {})
        return TrackNode(
            key=step.key,
            number=self.done[step.key],
            icon=ICONS[kind_of(step)],
            name=name,
            how=how,
            here=self.here.get(step.key, 0),
            happened=tuple((RECEIPTS[kind], counted[kind]) for kind in Receipt if kind in counted),
            ways=ways,
            joins=joins,
            mail=step.mail if isinstance(step, EmailStep) else "",
            good=isinstance(step, HandoffStep | GoalStep),
        )


def _branches(track: Track, step: Step) -> list[tuple[str, str]]:
    match step:
        case BranchStep():
            return [("yes", step.then), ("no", step.otherwise)]
        case TaskStep() if step.outcomes:
            ways = [(answer.replace("_", " "), to) for answer, to in step.outcomes]
            rest = track.following(step)
            return [*ways, (f"no answer in {step.within.words}", rest)] if rest else ways
        case _:
            return []


def _goal(track: Track) -> str:
    if track.goal is None:
        return "to the end"
    stage = goal_stage(track.goal)
    return act_words.STAGES[stage].lower() if stage else condition_words(track.goal)


def _enter(track: Track) -> str:
    return condition_words(track.enter) if track.enter else "by hand, or from another track"


def _again(track: Track) -> str:
    days = track.again.days
    if days is None:
        return "never a second time"
    return f"again after {days} days" if days else "again each time"
