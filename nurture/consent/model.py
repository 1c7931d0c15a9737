"""What is said about permission."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.vocabulary import Basis, SuppressionReason
from nurture.kernel.types import Json, LeadId

MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission and its evidence: text version, page, form, or import and row."""

    lead_id: LeadId
    basis: Basis
    evidence: Mapping[str, Json] = field(default_factory=dict)
    channel: str = MAIL


@dataclass(frozen=True, slots=True)
class PermissionRow:
    """One permission as the lead page shows it."""

    channel: str
    basis: Basis
    given_at: datetime
    withdrawn_at: datetime | None
    evidence: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    """Why and since when nothing is written."""

    reason: SuppressionReason
    since: datetime
    evidence: Mapping[str, Json]
