"""Decide what is next for one lead in one track: the heart, pure and cheap."""

from datetime import UTC, datetime, time, timedelta

from campaigns.condition_text import words
from campaigns.conditions import holds
from campaigns.content_choice import ContentChoice, ContentReader, ContentRequest, choose
from campaigns.dates import day_of
from campaigns.decision import (
    Ask,
    Decision,
    DecisionKind,
    LeadSnapshot,
    Plan,
    Policy,
    Position,
    StepReceipt,
)
from campaigns.frequency_caps import free_at, goes_first
from campaigns.preferences import asks_to_wait
from campaigns.timing import (
    Duration,
    TimeOfWeek,
    add,
    next_time_of_week,
    zone_of,
)
from campaigns.track import (
    BranchStep,
    ContentStep,
    EmailStep,
    ExitStep,
    FactDate,
    GoalStep,
    HandoffStep,
    StreamStep,
    TaskStep,
    Track,
    WaitStep,
)
from campaigns.track_stepper import TrackStepper
from campaigns.vocabulary import ExitReason, Receipt, Stage

__all__ = [
    "Ask",
    "Decision",
    "DecisionKind",
    "LeadSnapshot",
    "Plan",
    "Policy",
    "Position",
    "StepReceipt",
    "decide",
    "enter",
]

IN_SALES_HANDS = frozenset({Stage.SALES_READY, Stage.ACCEPTED, Stage.OPPORTUNITY})
NO_LEAD = frozenset({Stage.UNQUALIFIED, Stage.DISQUALIFIED})
_MOST_STEPS = 50
"""Steps passed in one call; a circle of steps without any wait is left here for an hour."""
_LOOK_AGAIN = timedelta(days=1)
_SOON = timedelta(hours=1)


def enter(track: Track, *, at: datetime) -> Position:
    """Stand a lead at the first step of a track."""
    return Position(track.first, due_at=at, entered_at=at, arrived_at=at)


def decide(
    track: Track, position: Position, lead: LeadSnapshot, *, now: datetime, policy: Policy
) -> Decision:
    """Pass as many steps as are due, plan at most one message, say why for each."""
    stepper = _Steps(track, position, lead, now, policy)
    ended = stepper.guard()
    if ended is not None:
        return ended
    for _ in range(_MOST_STEPS):
        decision = stepper.take()
        if decision is not None:
            return decision
    return stepper.hold(
        Receipt.WAITED, now + _SOON, "too many steps at once: looked at again later"
    )


class _Steps(TrackStepper):
    """What each kind of step does."""

    __slots__ = ()

    def guard(self) -> Decision | None:
        """Refuse to go on, earliest reason first; the sentences are what support reads aloud."""
        lead = self.lead
        if lead.suppressed:
            return self.end(
                ExitReason.SUPPRESSED, Receipt.SKIPPED_SUPPRESSED, "this address is on do not mail"
            )
        if lead.stage in NO_LEAD:
            return self.end(
                ExitReason.DISQUALIFIED, Receipt.SKIPPED_STAGE, f"the lead is {lead.stage}"
            )
        if lead.stage in IN_SALES_HANDS:
            return self.end(
                ExitReason.PROMOTED, Receipt.SKIPPED_STAGE, "the lead is in the hands of sales"
            )
        goal = self.track.goal
        if goal is not None and holds(goal, lead.facts, now=self.now, since=self.run()):
            return self.end(ExitReason.GOAL, Receipt.EXITED, f"goal reached: {words(goal)}")
        if self.policy.paused:
            return self.hold(Receipt.HELD_PAUSED, self.now + _SOON, "the track is paused")
        return None

    def take(self) -> Decision | None:
        """Take one step; None means that the walk goes on at the new position."""
        if not self.step:
            return self.stop() if self.too_early() else self._finish()
        step = self.track.step(self.step)
        if step is None:
            reason = f"this version has no step {self.step}"
            return self.end(ExitReason.ERROR, Receipt.EXITED, reason)
        match step:
            case WaitStep():
                return self._wait(step)
            case BranchStep():
                return self._branch(step)
            case EmailStep() | ContentStep() if self.left_out:
                return self._pass(step)
            case _:
                return self.stop() if self.too_early() else self._act(step)

    def _act(
        self,
        step: EmailStep | ContentStep | StreamStep | TaskStep | HandoffStep | GoalStep | ExitStep,
    ) -> Decision | None:
        match step:
            case EmailStep():
                return self._email(step)
            case ContentStep():
                return self._content(step)
            case StreamStep():
                return self._stream(step)
            case TaskStep():
                return self._task(step)
            case HandoffStep() | GoalStep() | ExitStep():
                return self._last(step)

    # --- steps that pass time

    def _wait(self, step: WaitStep) -> Decision | None:
        self.left_out = ""
        until = self._until(step.until, self.due_at)
        if isinstance(step.until, FactDate) and (why := self._no_day(step.until, until)):
            return self._leave_out(step, why)
        if self.timeout_at is not None and not self._moved(step, until):
            return self.go(self.track.following(step), at=self.due_at)
        if until is None:
            return self.go(self.track.following(step), at=self.due_at)
        self.note(Receipt.WAITED, f"waits until {self.local(until)}")
        if until <= self.now:
            return self.go(self.track.following(step), at=max(until, self.due_at))
        return self.wait(until)

    def _until(self, until: Duration | TimeOfWeek | FactDate, at: datetime) -> datetime | None:
        match until:
            case Duration():
                return add(at, until, zone=self.lead.zone, calendar=self.calendar())
            case TimeOfWeek():
                return next_time_of_week(at, until, zone=self.lead.zone)
            case FactDate():
                value = self.lead.facts.values.get(until.field)
                return _moment(value, self.lead.zone, timedelta(days=until.days))

    def _no_day(self, until: FactDate, moment: datetime | None) -> str:
        """Say why a mail that hangs on a day cannot be sent on it; "" = it can."""
        if moment is None:
            value = self.lead.facts.values.get(until.field)
            blank = value is None or not str(value).strip()
            return f"{until.field} " + ("is not set" if blank else f"“{value}” is no date")
        there = zone_of(self.lead.zone)
        day = moment.astimezone(there).date()
        if self.timeout_at is None and day < self.now.astimezone(there).date():
            return f"its day, {day:%d %b %Y}, has passed"
        return ""

    def _moved(self, step: WaitStep, until: datetime | None) -> bool:
        """Tell whether the day that a lead waits for has been put off meanwhile."""
        return isinstance(step.until, FactDate) and until is not None and until > self.now

    def _leave_out(self, step: WaitStep, why: str) -> Decision | None:
        """Pass a wait for a day that there is not; the mails that hang on it go with it."""
        self.note(Receipt.WAITED, f"nothing to wait for: {why}")
        self.left_out = why
        return self.go(self.track.following(step), at=self.due_at)

    def _pass(self, step: EmailStep | ContentStep) -> Decision | None:
        self.note(Receipt.SKIPPED_DATE, f"left out: {self.left_out}")
        return self.go(self.track.following(step), at=self.due_at)

    def _branch(self, step: BranchStep) -> Decision | None:
        if holds(step.condition, self.lead.facts, now=self.now, since=self.since()):
            self.note(Receipt.BRANCHED, f"{words(step.condition)}: yes, on to {step.then}")
            waited = self.timeout_at is not None
            return self.go(step.then, at=min(self.due_at, self.now) if waited else self.due_at)
        timeout = self.timeout_at or self.timeout(step.within)
        if timeout <= self.now:
            self.note(Receipt.BRANCHED, f"{words(step.condition)}: no, on to {step.otherwise}")
            return self.go(step.otherwise, at=timeout)
        asked = words(step.condition)
        self.note(Receipt.WAITED, f"waits for: {asked}, at most until {self.local(timeout)}")
        return self.wait(timeout, waiting_for=asked)

    # --- steps that write

    def _email(self, step: EmailStep) -> Decision | None:
        refused = self._may_send()
        if refused is not None:
            return refused
        return self._plan(step, template=step.mail, variant=self._variant(step))

    def _variant(self, step: EmailStep) -> str:
        if not step.variants:
            return ""
        value = self.lead.facts.values.get(step.vary_by)
        return value if isinstance(value, str) and value in step.variants else step.variants[-1]

    def _content(self, step: ContentStep) -> Decision | None:
        refused = self._may_send()
        if refused is not None:
            return refused
        choice = self._choose(ContentRequest(step.stage, step.other_topic))
        if choice is None:
            self.note(Receipt.SKIPPED_EXHAUSTED, f"nothing new to send for the stage {step.stage}")
            return self.go(self.track.following(step), at=self.due_at)
        return self._plan(step, choice=choice)

    def _stream(self, step: StreamStep) -> Decision | None:
        handover = step.handover
        if handover is not None and holds(handover.when, self.lead.facts, now=self.now):
            reason = f"{words(handover.when)}: moves to {handover.track}"
            return self.end(ExitReason.MOVED, Receipt.FINISHED, reason, after=handover.track)
        if self.casts >= step.max:
            return self.go(self.track.following(step), at=self.due_at)
        refused = self._may_send()
        if refused is not None:
            return refused
        choice = self._choose(ContentRequest())
        if choice is None:
            return self._on_exhausted(step)
        return self._plan(step, choice=choice)

    def _on_exhausted(self, step: StreamStep) -> Decision | None:
        self.note(Receipt.SKIPPED_EXHAUSTED, "nothing new to send: every active item was had")
        if step.on_exhausted is None:
            return self.go(self.track.following(step), at=self.due_at)
        ask = Ask(
            step.key, step.on_exhausted.who, step.on_exhausted.script, Duration(2, "bd"), self.now
        )
        self.note(
            Receipt.TASK_CREATED, f"{step.on_exhausted.who} is asked: {step.on_exhausted.script}"
        )
        self.casts = step.max
        return self._ask(ask)

    def _may_send(self) -> Decision | None:
        if not self.lead.may_write:
            return self.end(
                ExitReason.NO_PERMISSION,
                Receipt.SKIPPED_NO_PERMISSION,
                "we have no permission to write to this address",
            )
        rival = goes_first(self.track.priority, self.lead.rivals, track=self.track.key)
        if rival is not None:
            reason = f"{rival.track} goes first"
            return self.hold(Receipt.HELD_PRIORITY, self.base() + _LOOK_AGAIN, reason)
        if not self.policy.sender_ready:
            reason = "no sender is set up yet"
            return self.hold(Receipt.HELD_NO_SENDER, self.base() + _SOON, reason)
        return None

    def _choose(self, wish: ContentRequest) -> ContentChoice | None:
        lead = self.lead
        reader = ContentReader(
            lead.address,
            lead.interests,
            lead.buying_stage,
            lead.seen,
            lead.last_topics,
            lead.preferences.topics,
        )
        at = self.opening(self.base())
        return choose(self.policy.assets, reader, wish, at=at, seed=self.policy.seed)

    def _plan(
        self,
        step: EmailStep | ContentStep | StreamStep,
        *,
        template: str = "",
        variant: str = "",
        choice: ContentChoice | None = None,
    ) -> Decision | None:
        base = self.base()
        leaves = self.opening(base)
        asked = asks_to_wait(self.lead.preferences, self.lead.sends, at=leaves)
        if asked is not None:
            again = self.opening(asked.until)
            reason = f"{asked.words}: waits until {self.local(again)}"
            return self.hold(Receipt.HELD_WISH, again, reason)
        free = free_at(self.policy.cap, self.lead.sends, at=leaves)
        if free > leaves:
            again = self.opening(free)
            reason = f"enough mail for now: waits until {self.local(again)}"
            return self.hold(Receipt.HELD_CAP, again, reason)
        not_before = leaves if base >= self.now else self.opening(self.now)
        if not_before > self.now:
            reason = f"outside sending hours: leaves {self.local(not_before)}"
            self.note(Receipt.HELD_WINDOW, reason)
        self.serial += 1
        asset, why = (choice.asset.key, choice.why) if choice else ("", "")
        self.message = Plan(step.key, self.serial, not_before, template, variant, asset, why)
        self.note(Receipt.PLANNED, why or f"mail {template}")
        if isinstance(step, StreamStep):
            return self._cast(step, leaves)
        return self.go(self.track.following(step), at=leaves)

    def _cast(self, step: StreamStep, leaves: datetime) -> Decision:
        self.due_at = add(leaves, step.every, zone=self.lead.zone, calendar=self.calendar())
        self.casts += 1
        return self.stop()

    # --- steps that hand over

    def _task(self, step: TaskStep) -> Decision | None:
        if self.timeout_at is not None:
            return self._answered(step)
        self.note(Receipt.TASK_CREATED, f"{step.who} is asked: {step.script}")
        answers = tuple(answer for answer, _ in step.outcomes)
        ask = Ask(step.key, step.who, step.script, step.due, self.now, answers)
        until = self.timeout(step.within if answers else None)
        self.due_at = self.timeout_at = until
        return self._ask(ask)

    def _answered(self, step: TaskStep) -> Decision | None:
        following = self.track.following(step)
        if not step.outcomes:
            return self.go(following, at=self.due_at)
        target = dict(step.outcomes).get(self.outcome)
        if target is not None:
            self.note(Receipt.BRANCHED, f"the answer was {self.outcome}: on to {target}")
            return self.go(target, at=self.due_at)
        self.note(
            Receipt.BRANCHED, f"no answer that the track knows: on to {following or 'the end'}"
        )
        return self.go(following, at=self.due_at)

    def _ask(self, ask: Ask) -> Decision:
        return Decision(DecisionKind.TASK, tuple(self.receipts), self.position(), task=ask)

    def _last(self, step: HandoffStep | GoalStep | ExitStep) -> Decision:
        match step:
            case HandoffStep():
                self.note(Receipt.HANDED_OFF, "handed to sales")
                return Decision(
                    DecisionKind.HANDOFF, tuple(self.receipts), exit=ExitReason.PROMOTED
                )
            case GoalStep():
                return self.end(ExitReason.GOAL, Receipt.EXITED, "goal reached")
            case ExitStep():
                return self._finish(step.snooze)

    def _finish(self, snooze: Duration | None = None) -> Decision:
        after = "" if snooze else self.track.after
        then = f"parked for {snooze.words}" if snooze else f"next: {after or 'a person decides'}"
        self.note(Receipt.FINISHED, f"the track is done; {then}")
        return Decision(
            DecisionKind.FINISH,
            tuple(self.receipts),
            exit=ExitReason.FINISHED,
            after=after,
            snooze=snooze,
        )


def _moment(value: object, zone: str, shift: timedelta) -> datetime | None:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=zone_of(zone))
        return aware.astimezone(UTC) + shift
    day = day_of(value)
    if day is None:
        return None
    try:
        return datetime.combine(day + shift, time(0), zone_of(zone)).astimezone(UTC)
    except OverflowError:
        return None
