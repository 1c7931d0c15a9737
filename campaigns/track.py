"""What a track is: its steps, who enters, where it leads. Text form: `campaigns.text`."""

from dataclasses import dataclass
from typing import TypeAlias

from campaigns.conditions import Compare, Condition, Op
from campaigns.timing import Duration, TimeOfWeek
from campaigns.vocabulary import BuyingStage, Stage, StepKind

USUAL_WAIT = Duration(14, "d")
"""How long a lead waits for the answer to a task unless the file says otherwise."""


@dataclass(frozen=True, slots=True)
class EmailStep:
    """Write with a template; `vary_by` names the fact whose value picks one of `variants`."""

    key: str
    mail: str
    variants: tuple[str, ...] = ()
    vary_by: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class ContentStep:
    """Send the best unseen item of a buying stage; `other_topic` leaves the last topic aside."""

    key: str
    stage: BuyingStage
    other_topic: bool = False
    next: str = ""


@dataclass(frozen=True, slots=True)
class StreamHandover:
    """When a lead in a stream warms up, and which track takes it over."""

    when: Condition
    track: str


@dataclass(frozen=True, slots=True)
class OnExhausted:
    """Whom to ask when nothing unseen is left."""

    who: str
    script: str


@dataclass(frozen=True, slots=True)
class StreamStep:
    """Send the best unseen item of any buying stage, again and again."""

    key: str
    every: Duration
    max: int
    handover: StreamHandover | None = None
    on_exhausted: OnExhausted | None = None
    next: str = ""


@dataclass(frozen=True, slots=True)
class FactDate:
    """A date that a fact holds, moved by so many days.

    Without one, or when that day has passed, the mails that hang on it are left out.
    """

    field: str
    days: int = 0


@dataclass(frozen=True, slots=True)
class WaitStep:
    """Let time pass: a duration, or until a weekday and time or a fact's date."""

    key: str
    until: Duration | TimeOfWeek | FactDate
    next: str = ""


@dataclass(frozen=True, slots=True)
class BranchStep:
    """Go to `then` as soon as the condition holds, to `otherwise` when `within` has passed."""

    key: str
    condition: Condition
    then: str
    otherwise: str
    within: Duration | None = None


@dataclass(frozen=True, slots=True)
class TaskStep:
    """Ask a person; with `outcomes` (answer, step) the lead waits for it, at most `within`."""

    key: str
    who: str
    due: Duration
    script: str
    outcomes: tuple[tuple[str, str], ...] = ()
    within: Duration = USUAL_WAIT
    next: str = ""


@dataclass(frozen=True, slots=True)
class HandoffStep:
    """Make the lead sales-ready; the enrolment ends."""

    key: str


@dataclass(frozen=True, slots=True)
class GoalStep:
    """End here as reached, whatever the track's goal says."""

    key: str


@dataclass(frozen=True, slots=True)
class ExitStep:
    """End; with `park` nothing else starts before that time is over."""

    key: str
    snooze: Duration | None = None


Step: TypeAlias = (
    EmailStep
    | ContentStep
    | StreamStep
    | WaitStep
    | BranchStep
    | TaskStep
    | HandoffStep
    | GoalStep
    | ExitStep
)

KINDS: dict[type[Step], StepKind] = {
    EmailStep: StepKind.EMAIL,
    ContentStep: StepKind.CONTENT,
    StreamStep: StepKind.STREAM,
    WaitStep: StepKind.WAIT,
    BranchStep: StepKind.BRANCH,
    TaskStep: StepKind.TASK,
    HandoffStep: StepKind.HANDOFF,
    GoalStep: StepKind.GOAL,
    ExitStep: StepKind.EXIT,
}


@dataclass(frozen=True, slots=True)
class ReentryRule:
    """Who may come back: days after the last end, 0 = at each event, None = never."""

    days: int | None = None


NEVER = ReentryRule()


@dataclass(frozen=True, slots=True)
class Track:
    """A track; a lower `priority` goes first. `enter` None: by hand or by another track only."""

    key: str
    name: str
    priority: int
    steps: tuple[Step, ...]
    enter: Condition | None = None
    again: ReentryRule = NEVER
    goal: Condition | None = None
    after: str = ""

    def step(self, key: str) -> Step | None:
        """Find a step; None when the version has none of that name."""
        for step in self.steps:
            if step.key == key:
                return step
        return None

    @property
    def first(self) -> str:
        """Name the step where a lead enters."""
        return self.steps[0].key

    def following(self, step: Step) -> str:
        """Name where a step leads unless it decides itself; "" = the end."""
        if isinstance(step, BranchStep | HandoffStep | GoalStep | ExitStep):
            return ""
        if step.next:
            return step.next
        place = [one.key for one in self.steps].index(step.key) + 1
        return self.steps[place].key if place < len(self.steps) else ""


def kind_of(step: Step) -> StepKind:
    """Name the kind of a step."""
    return KINDS[type(step)]


def targets(track: Track, step: Step) -> tuple[str, ...]:
    """List the steps that may come next, for drawings and checks."""
    match step:
        case BranchStep():
            return (step.then, step.otherwise)
        case TaskStep():
            ways = tuple(target for _, target in step.outcomes)
            return (*ways, track.following(step)) if track.following(step) else ways
        case _:
            following = track.following(step)
            return (following,) if following else ()


def stage_goal(stage: Stage) -> Condition:
    """Mean a stage as a goal: that one, or any that sales reaches from there."""
    if stage not in _SALES_STAGES:
        return Compare("stage", Op.EQ, stage.value)
    later = _SALES_STAGES[_SALES_STAGES.index(stage) :]
    return Compare("stage", Op.IN, tuple(one.value for one in later))


def goal_stage(goal: Condition) -> Stage | None:
    """Name the stage that a goal means; None when it is some other condition."""
    return next((stage for stage in Stage if stage_goal(stage) == goal), None)


_SALES_STAGES = (Stage.SALES_READY, Stage.ACCEPTED, Stage.OPPORTUNITY, Stage.CUSTOMER)
