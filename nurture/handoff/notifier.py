"""What the passage to sales needs from outside."""

from enum import StrEnum
from typing import Protocol

from nurture.kernel.types import UserId
from nurture.kernel.work import Work


class AlertKind(StrEnum):
    """Why somebody of ours is written to about a lead."""

    OFFERED = "offered"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    REASSIGNED = "reassigned"


class Notifier(Protocol):
    """Promise an alert in the transaction of what it tells."""

    def alert(self, work: Work, handoff_id: int, *, user_id: UserId, kind: AlertKind) -> None:
        """Plan one message to one person of ours."""
        ...
