"""What goes into a decision and what comes out of it; `campaigns.decide` takes it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from campaigns.conditions import Facts
from campaigns.content_choice import ContentOption
from campaigns.frequency_caps import CompetingTrack, FrequencyCap
from campaigns.preferences import NO_WISHES, MailPreferences
from campaigns.timing import Duration, Window
from campaigns.vocabulary import BuyingStage, ExitReason, Receipt, Stage


@dataclass(frozen=True, slots=True)
class Position:
    """Where an enrolment stands.

    `due_at` is the time base of everything that follows: the next due is this one plus the wait.
    The engine moves it (to an act's or an answer's time) when something arrives that a branch or
    a task waits for. `serial` counts planned messages, `casts` those of the present stream visit.
    A `step` of "" stands behind the last one: the enrolment finishes when that is due.
    """

    step: str
    due_at: datetime
    entered_at: datetime
    arrived_at: datetime
    serial: int = 0
    casts: int = 0
    timeout_at: datetime | None = None
    outcome: str = ""
    """The answer to the task that the lead waits for; the engine fills it in."""


@dataclass(frozen=True, slots=True)
class LeadSnapshot:
    """What `decide` must know of a lead beside the facts that its conditions ask for."""

    address: str
    stage: Stage
    facts: Facts
    suppressed: bool = False
    may_write: bool = True
    zone: str = "UTC"
    country: str = ""
    sends: tuple[datetime, ...] = ()
    """Marketing mail sent, planned or in doubt in the last 7 days or later, over all tracks."""
    interests: tuple[str, ...] = ()
    """Topics, strongest first."""
    buying_stage: BuyingStage = BuyingStage.LEARN
    seen: frozenset[str] = frozenset()
    last_topics: tuple[str, ...] = ()
    preferences: MailPreferences = NO_WISHES
    """What the lead asked for on the preferences page."""
    rivals: tuple[CompetingTrack, ...] = ()
    """The other tracks in which the lead is active."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for all leads of a batch: sending hours, cap, content, whether all is paused."""

    window: Window
    cap: FrequencyCap
    assets: tuple[ContentOption, ...] = ()
    paused: bool = False
    sender_ready: bool = True
    seed: int = 0


class DecisionKind(StrEnum):
    """What the engine must do; the position tells where the lead stands afterwards."""

    PLAN = "plan"
    WAIT = "wait"
    TASK = "task"
    HANDOFF = "handoff"
    EXIT = "exit"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class Plan:
    """One message to plan; (enrolment, step, serial) is its identity."""

    step: str
    serial: int
    not_before: datetime
    template: str
    """The mail of an email step; "" for content: the engine's mail that presents an asset."""
    variant: str = ""
    asset: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """A task to create; with `answers` the lead waits for one of them."""

    step: str
    who: str
    script: str
    due: Duration
    asked_at: datetime
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepReceipt:
    """One receipt: what happened at which step, in a sentence for the lead's page."""

    receipt: Receipt
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer; `position` is None when the enrolment ends (EXIT, FINISH, HANDOFF)."""

    kind: DecisionKind
    receipts: tuple[StepReceipt, ...]
    position: Position | None = None
    message: Plan | None = None
    task: Ask | None = None
    exit: ExitReason | None = None
    after: str = ""
    """The track that takes over ("" = park the lead)."""
    snooze: Duration | None = None
    waiting_for: str = ""
    """The condition, in words, that a branch waits for until `position.timeout_at`."""
