"""Who works here."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.vocabulary import Channel, Role
from nurture.kernel.types import UserId


@dataclass(frozen=True, slots=True)
class NewUser:
    """Somebody as the file of users names them; manager and deputy by handle."""

    handle: str
    name: str
    email: str
    roles: tuple[Role, ...]
    channel: Channel | None = None
    zone: str = "UTC"
    country: str | None = None
    capacity: int = 20
    firm: str | None = None
    manager: str | None = None
    deputy: str | None = None


@dataclass(frozen=True, slots=True)
class UserCard:
    """Somebody as pages and alerts see them; no secret in it."""

    id: UserId
    handle: str
    name: str
    email: str
    roles: frozenset[Role]
    channel: Channel | None
    zone: str
    country: str | None
    capacity: int
    firm: str | None
    manager_id: UserId | None
    deputy_id: UserId | None
    active: bool
    theme: str

    def has(self, *roles: Role) -> bool:
        """Tell whether one of these roles is theirs."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class SalesCandidate:
    """Somebody who may get leads; open hand-offs are counted by the caller."""

    user_id: UserId
    handle: str
    name: str
    channel: Channel | None
    roles: frozenset[Role]
    zone: str
    country: str | None
    capacity: int
    away: bool


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """A stretch in which somebody gets no new leads."""

    id: int
    user_id: UserId
    begins_at: datetime
    ends_at: datetime
