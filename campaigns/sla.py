"""How fast sales must answer: timers by channel, in the owner's working time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from campaigns.timing import Duration, Hours, add_business
from campaigns.vocabulary import Channel


class LateRules(StrEnum):
    """What happens when even the escalation changed nothing."""

    REASSIGN = "reassign"
    RECALL = "recall"
    """Back to routing, without that dealer."""
    DEPUTY = "deputy"


@dataclass(frozen=True, slots=True)
class Timers:
    """The timers of one channel."""

    accept: Duration
    first_contact: Duration
    hot_first_contact: Duration
    result: Duration
    then: LateRules = LateRules.REASSIGN


@dataclass(frozen=True, slots=True)
class Sla:
    """All timers of one version; the shares are per cent of the time to accept."""

    version: int
    channels: Mapping[Channel, Timers]
    remind: int = 50
    escalate: int = 100
    late: int = 200


@dataclass(frozen=True, slots=True)
class Deadlines:
    """All moments of one offer; `accept_by` is when it is escalated."""

    remind_at: datetime
    accept_by: datetime
    escalate_at: datetime
    late_at: datetime
    first_contact_by: datetime
    result_by: datetime
    then: LateRules


def deadlines(
    sla: Sla, channel: Channel, *, hot: bool, offered_at: datetime, hours: Hours
) -> Deadlines:
    """Start all timers of an offer; a hot lead must be accepted before it must be contacted."""
    timers = sla.channels[channel]
    contact = timers.hot_first_contact if hot else timers.first_contact
    whole = {
        duration: add_business(offered_at, duration, hours=hours)
        for duration in (timers.accept, contact, timers.result)
    }
    accept = min(timers.accept, contact, key=lambda duration: whole[duration])

    def share(percent: int) -> datetime:
        return add_business(offered_at, accept, hours=hours, percent=percent)

    return Deadlines(
        remind_at=share(sla.remind),
        accept_by=whole[accept],
        escalate_at=share(sla.escalate),
        late_at=share(sla.late),
        first_contact_by=whole[contact],
        result_by=whole[timers.result],
        then=timers.then,
    )
