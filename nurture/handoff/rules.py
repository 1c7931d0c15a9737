"""The states of an offer, its timers, and what happens when nobody answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from campaigns.routing import Routing
from campaigns.sla import Deadlines, Sla
from campaigns.timing import Duration, Hours, add_business, working_time
from campaigns.vocabulary import HandoffState, Heat

OFFERED, ACCEPTED = HandoffState.OFFERED, HandoffState.ACCEPTED
CONTACTED, CLOSED = HandoffState.CONTACTED, HandoffState.CLOSED


@dataclass(frozen=True, slots=True)
class Rules:
    """Who gets a lead, and how fast they must answer."""

    routing: Routing
    sla: Sla


class HandoffAnswer(StrEnum):
    """What somebody does with an offer; the value is the kind of its event."""

    ACCEPT = "accepted"
    CONTACT = "contacted"
    NO_ANSWER = "no_answer"
    REDIRECT = "redirected"
    REASSIGN = "reassigned"
    REJECT = "rejected"
    WIN = "won"
    LOSE = "lost"
    WITHDRAW = "withdrawn"


ENDS = frozenset(
    {HandoffAnswer.REJECT, HandoffAnswer.WIN, HandoffAnswer.LOSE, HandoffAnswer.WITHDRAW}
)

MOVES: Mapping[tuple[HandoffState, HandoffAnswer], HandoffState] = {
    (OFFERED, HandoffAnswer.ACCEPT): ACCEPTED,
    # Who has already called need not accept first.
    (OFFERED, HandoffAnswer.CONTACT): CONTACTED,
    (OFFERED, HandoffAnswer.NO_ANSWER): ACCEPTED,
    (OFFERED, HandoffAnswer.REDIRECT): OFFERED,
    (OFFERED, HandoffAnswer.REASSIGN): OFFERED,
    (ACCEPTED, HandoffAnswer.CONTACT): CONTACTED,
    (ACCEPTED, HandoffAnswer.NO_ANSWER): ACCEPTED,
    # The next owner has not accepted yet.
    (ACCEPTED, HandoffAnswer.REDIRECT): OFFERED,
    (ACCEPTED, HandoffAnswer.REASSIGN): OFFERED,
    # A second call that nobody answers does not undo the first that somebody did.
    (CONTACTED, HandoffAnswer.NO_ANSWER): CONTACTED,
    (CONTACTED, HandoffAnswer.REDIRECT): OFFERED,
    **{(state, end): CLOSED for state in (OFFERED, ACCEPTED, CONTACTED) for end in ENDS},
}


class ChaseStep(StrEnum):
    """What happens next when nobody answers."""

    REMIND = "remind"
    ESCALATE = "escalate"
    REASSIGN = "reassign"


@dataclass(frozen=True, slots=True)
class Chase:
    """When to chase, and how."""

    at: datetime
    step: ChaseStep


ATTEMPTS = (Duration(4, "h"), Duration(1, "bd"), Duration(2, "bd"), Duration(4, "bd"))
"""When to try again after a call that nobody answered; then the lead counts as unreachable."""

UNDO_WITHIN = timedelta(minutes=10)

_BREATH = Duration(1, "h")
"""What somebody who accepts late still gets before anybody hears of it."""
_NAG = Duration(1, "bd")
"""How often the manager hears of what nobody moves."""


def heat(*, hot: bool, grade: str) -> Heat:
    """Give the one word that sales people see."""
    if hot:
        return Heat.HOT
    return Heat.WARM if grade.endswith(("1", "2")) else Heat.LATER


def first_chase(deadlines: Deadlines) -> Chase:
    """Start with a reminder."""
    return Chase(deadlines.remind_at, ChaseStep.REMIND)


def chase_after_accept(*, contact_by: datetime, now: datetime, hours: Hours) -> Chase:
    """Expect the first contact in time, or soon when its time is over already."""
    return Chase(max(contact_by, add_business(now, _BREATH, hours=hours)), ChaseStep.ESCALATE)


def chase_after_reminder(*, due: datetime, now: datetime) -> Chase:
    """Escalate when the time is up, at once when it is over already."""
    return Chase(max(due, now), ChaseStep.ESCALATE)


def chase_after_escalation(
    state: HandoffState, *, started: datetime, deadline: datetime, now: datetime, hours: Hours
) -> Chase:
    """Give as much time again before somebody else gets it; a lead in talks stays where it is."""
    if state is CONTACTED:
        return Chase(add_business(now, _NAG, hours=hours), ChaseStep.ESCALATE)
    length = working_time(started, deadline, hours=hours)
    again = add_business(now, Duration(int(length.total_seconds() // 60), "min"), hours=hours)
    return Chase(again, ChaseStep.REASSIGN)


def nag(now: datetime, hours: Hours) -> Chase:
    """Tell the manager again tomorrow: there is nobody left to give it to."""
    return Chase(add_business(now, _NAG, hours=hours), ChaseStep.ESCALATE)


def next_attempt(attempts: int, *, now: datetime, hours: Hours) -> datetime | None:
    """Give the next time to call after so many attempts; None = unreachable."""
    if attempts > len(ATTEMPTS):
        return None
    return add_business(now, ATTEMPTS[attempts - 1], hours=hours)
