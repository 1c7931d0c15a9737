"""What comes in about a person, what we know of one, and what became of what came in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from campaigns.vocabulary import Stage
from nurture.kernel.types import EmailAddress, Json, LeadId, UserId


@dataclass(frozen=True, slots=True)
class NewLead:
    """One person as a form, a row or a call brings them; values are normalised already."""

    email: EmailAddress
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    """E.164."""
    job: str | None = None
    company: str | None = None
    country: str | None = None
    """ISO 3166, two letters."""
    postcode: str | None = None
    language: str | None = None
    zone: str | None = None
    """IANA name; None = that of the country."""
    facts: Mapping[str, Json] = field(default_factory=dict)
    """Profile by name; `free_mail` here keeps the mail host from becoming a company."""
    interests: tuple[str, ...] = ()
    source_id: int | None = None
    """Where this one comes from, if not from where all of the batch do."""


def from_source(lead: NewLead, source_id: int) -> NewLead:
    """Say that a person comes from another source than the rest of the batch."""
    return replace(lead, source_id=source_id)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a batch of leads comes from; the first origin of a lead is kept for good."""

    source_id: int | None = None
    campaign: str | None = None
    import_id: int | None = None
    detail: Mapping[str, Json] = field(default_factory=dict)
    owner_id: UserId | None = None
    """Whose the new ones are; whoever is known already keeps their owner."""


class FieldPolicy(StrEnum):
    """Who wins where we know something else already (F22)."""

    FILL_BLANKS = "fill_blanks"
    OVERWRITE = "overwrite"


class CaptureOutcome(StrEnum):
    """What became of one row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Captured:
    """One row and its lead; several rows may have the same."""

    lead_id: LeadId
    outcome: CaptureOutcome


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """What became of each row, in the order in which they were given."""

    rows: tuple[Captured, ...]

    @property
    def created(self) -> list[LeadId]:
        """List the leads that were not known before."""
        return self._with(CaptureOutcome.CREATED)

    @property
    def updated(self) -> list[LeadId]:
        """List the leads, known before, of which we know more now."""
        new = set(self.created)
        return [lead_id for lead_id in self._with(CaptureOutcome.UPDATED) if lead_id not in new]

    @property
    def lead_ids(self) -> list[LeadId]:
        """List every lead of the batch once."""
        return list(dict.fromkeys(row.lead_id for row in self.rows))

    def count(self, outcome: CaptureOutcome) -> int:
        """Count rows, not leads."""
        return sum(row.outcome is outcome for row in self.rows)

    def _with(self, outcome: CaptureOutcome) -> list[LeadId]:
        return list(dict.fromkeys(row.lead_id for row in self.rows if row.outcome is outcome))


@dataclass(frozen=True, slots=True)
class LeadView:
    """One lead as pages and packets show it."""

    id: LeadId
    email: EmailAddress
    first_name: str | None
    last_name: str | None
    phone: str | None
    job: str | None
    company_id: int | None
    company: str | None
    country: str | None
    postcode: str | None
    language: str | None
    zone: str
    facts: Mapping[str, Json]
    interests: tuple[str, ...]
    stage: Stage
    owner_id: UserId | None
    queue: str | None
    source_id: int | None
    source: str | None
    """The source's key, such as `website/search`."""
    campaign: str | None
    import_id: int | None
    deliverable: bool
    tracking: bool
    created_at: datetime
    changed_at: datetime

    @property
    def name(self) -> str:
        """Join the names; the address stands in where there is none."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.email


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source; the channel groups them on the report of costs."""

    id: int
    key: str
    channel: str
    name: str
    cost_cents_per_month: int


@dataclass(frozen=True, slots=True)
class TouchRow:
    """One contact that a source brought."""

    at: datetime
    source: str | None
    campaign: str | None
    detail: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One field that somebody changed."""

    at: datetime
    actor: str
    field: str
    old: Json
    new: Json


@dataclass(frozen=True, slots=True)
class LeadPage:
    """A stretch of a list; `after` of the next stretch is `next_cursor`."""

    people: Sequence[LeadView]
    next_cursor: str | None
