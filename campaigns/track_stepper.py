"""One pass along a track: where the lead stands now, what was noted, and the ways to answer."""

from datetime import datetime, timedelta

from campaigns.conditions import Since
from campaigns.decision import (
    Decision,
    DecisionKind,
    LeadSnapshot,
    Plan,
    Policy,
    Position,
    StepReceipt,
)
from campaigns.timing import Calendar, Duration, add, next_allowed, zone_of
from campaigns.track import Track
from campaigns.vocabulary import ExitReason, Receipt

_LATE = timedelta(hours=1)
"""Up to here a late tick is jitter and the timetable stands; beyond, it starts again from now."""


class TrackStepper:
    """What one call of `decide` knows and notes; it holds the position's fields, as they change."""

    __slots__ = (
        "arrived_at",
        "casts",
        "due_at",
        "entered_at",
        "lead",
        "left_out",
        "message",
        "now",
        "outcome",
        "policy",
        "receipts",
        "serial",
        "step",
        "timeout_at",
        "track",
    )

    def __init__(
        self, track: Track, position: Position, lead: LeadSnapshot, now: datetime, policy: Policy
    ) -> None:
        self.track = track
        self.lead = lead
        self.now = now
        self.policy = policy
        self.step = position.step
        self.due_at = position.due_at
        self.entered_at = position.entered_at
        self.arrived_at = position.arrived_at
        self.serial = position.serial
        self.casts = position.casts
        self.timeout_at = position.timeout_at
        self.outcome = position.outcome
        self.receipts: list[StepReceipt] = []
        self.message: Plan | None = None
        self.left_out = ""
        """Why the mails up to the next wait are left out: their day is not known, or over."""

    def position(self) -> Position:
        """Put the position together again."""
        return Position(
            self.step,
            self.due_at,
            self.entered_at,
            self.arrived_at,
            self.serial,
            self.casts,
            self.timeout_at,
            self.outcome,
        )

    def go(self, step: str, *, at: datetime) -> Decision | None:
        """Arrive at a step ("" = the end); None, so that a step can end with it."""
        self.step = step
        self.due_at = self.arrived_at = at
        self.casts = 0
        self.timeout_at = None
        self.outcome = ""
        return None

    def wait(self, until: datetime, *, waiting_for: str = "") -> Decision:
        """Stand still at this step until then; the next call finds `timeout_at` set."""
        self.due_at = self.timeout_at = until
        return self.stop(waiting_for=waiting_for)

    def stop(self, *, waiting_for: str = "") -> Decision:
        """Stand still where the lead is, with or without a message."""
        kind = DecisionKind.PLAN if self.message else DecisionKind.WAIT
        if not self.receipts:
            self.note(Receipt.WAITED, f"due {self.local(self.due_at)}")
        return Decision(
            kind,
            tuple(self.receipts),
            self.position(),
            message=self.message,
            waiting_for=waiting_for,
        )

    def hold(self, receipt: Receipt, until: datetime, reason: str) -> Decision:
        """Stay at this step and look again later."""
        self.note(receipt, reason)
        self.due_at = until
        return self.stop()

    def end(self, exit_: ExitReason, receipt: Receipt, reason: str, *, after: str = "") -> Decision:
        """End the enrolment before its time."""
        self.note(receipt, reason)
        kind = DecisionKind.FINISH if after else DecisionKind.EXIT
        return Decision(kind, tuple(self.receipts), exit=exit_, after=after)

    def note(self, receipt: Receipt, reason: str) -> None:
        self.receipts.append(StepReceipt(receipt, self.step, reason))

    def run(self) -> Since:
        """Count acts since the lead entered the track."""
        return Since(named=self.entered_at, unnamed=self.entered_at)

    def since(self) -> Since:
        """Count acts as a branch does."""
        return Since(named=self.entered_at, unnamed=self.arrived_at)

    def calendar(self) -> Calendar:
        return Calendar(self.lead.country)

    def local(self, moment: datetime) -> str:
        return f"{moment.astimezone(zone_of(self.lead.zone)):%a %d %b %H:%M}"

    def base(self) -> datetime:
        """Keep to the timetable, unless it is so late that mails would pile up."""
        due = self.due_at
        return self.now if self.now - due > _LATE else due

    def opening(self, at: datetime) -> datetime:
        """Give the first moment from `at` on in the lead's sending hours."""
        return next_allowed(at, self.policy.window, zone=self.lead.zone, calendar=self.calendar())

    def too_early(self) -> bool:
        """Tell whether the walk must stop here: not due yet, or one message is planned."""
        return self.message is not None or self.due_at > self.now

    def timeout(self, within: Duration | None) -> datetime:
        """Give the end of a wait that begins where the lead stands."""
        at = self.due_at
        if within is None:
            return at
        return add(at, within, zone=self.lead.zone, calendar=self.calendar())
