"""The values that cross this domain's border."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaigns.vocabulary import ActivityKind, Verdict
from nurture.kernel.types import Json, LeadId, MessageId

READ = "read_seconds"
"""In the detail of a visit: the page was looked at for so long, with signs of life throughout."""


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What the verdict of a hit needs to know of its message."""

    lead_id: LeadId | None
    """None for alerts and tests: their hits are counted and make no activity."""
    sent_at: datetime | None = None
    links: int = 0
    """Links of the template version."""
    asset_id: int | None = None
    """The library asset that this message presents."""
    gateway: bool = False
    """A mail gateway that is known to scan stands before the recipient."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a verdict stays open, in machine time (T-02)."""

    settle: timedelta = timedelta(seconds=120)
    gateway: timedelta = timedelta(seconds=300)

    def for_(self, facts: MessageFacts) -> timedelta:
        """Scanners behind a gateway come in several waves."""
        return max(self.settle, self.gateway) if facts.gateway else self.settle


@dataclass(frozen=True, slots=True)
class PageArrival:
    """The one click by which somebody came to a page of ours; no other click is meant."""

    message_id: MessageId
    link: str
    """n, or a<asset>."""
    machine_at: datetime

    def to_detail(self) -> dict[str, Json]:
        """Write it into the activity that it led to."""
        return {"came_by": self.link, "came_at": self.machine_at.isoformat()}

    @classmethod
    def of_detail(cls, message_id: MessageId, detail: Mapping[str, Json]) -> "PageArrival | None":
        """Read it from an activity; None where nobody came by a click."""
        link, at = detail.get("came_by"), detail.get("came_at")
        if not isinstance(link, str) or not isinstance(at, str):
            return None
        return cls(message_id, link, datetime.fromisoformat(at))


@dataclass(frozen=True, slots=True)
class NewHit:
    """A hit that is to be absorbed or settled."""

    id: int
    message_id: MessageId
    machine_at: datetime


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One act of the timeline; `origin` names what it comes from, once."""

    lead_id: LeadId
    kind: ActivityKind
    at: datetime
    origin: str
    message_id: MessageId | None = None
    asset_id: int | None = None
    name: str | None = None
    """Form or page key, or topic of the act."""
    verdict: Verdict = Verdict.HUMAN_PROVEN
    detail: Mapping[str, Json] = field(default_factory=dict)
    id: int = 0
    """0 until it is noted."""

    @property
    def link(self) -> str:
        """Which link of the message: n or a<asset>, "" where none was clicked."""
        link = self.detail.get("link")
        return link if isinstance(link, str) else ""


@dataclass(frozen=True, slots=True)
class Correction:
    """A noted activity that later evidence labels anew; its points must be compensated."""

    activity_id: int
    origin: str
    lead_id: LeadId
    before: Verdict
    after: Verdict


@dataclass(frozen=True, slots=True)
class Settled:
    """What became final in one pass."""

    hits: int = 0
    activities: tuple[ActivityRow, ...] = ()
    corrections: tuple[Correction, ...] = ()

    @property
    def lead_ids(self) -> frozenset[LeadId]:
        """Whose facts have changed."""
        rows: Collection[ActivityRow | Correction] = (*self.activities, *self.corrections)
        return frozenset(row.lead_id for row in rows)

    def plus(self, other: "Settled") -> "Settled":
        """Add another pass."""
        return Settled(
            self.hits + other.hits,
            self.activities + other.activities,
            self.corrections + other.corrections,
        )


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What the rules of today make of hits that older ones had judged."""

    hits: int = 0
    messages: int = 0
    to_machine: int = 0
    """Hits that counted as a person's."""
    to_person: int = 0
    """Hits that counted as a machine's."""
    unproven: int = 0
    """Hits that stay a person's, yet nothing proves them any more."""
    gained: tuple[ActivityRow, ...] = ()
    """Acts that count as a person's from now on."""
    corrections: tuple[Correction, ...] = ()

    @property
    def lead_ids(self) -> frozenset[LeadId]:
        """Whose facts have changed."""
        rows: Collection[ActivityRow | Correction] = (*self.gained, *self.corrections)
        return frozenset(row.lead_id for row in rows)


@dataclass(frozen=True, slots=True)
class Response:
    """How one message was answered, by settled verdicts; `*_at` are the first human ones."""

    opened_at: datetime | None = None
    clicked_at: datetime | None = None
    proven: bool = False
    machine_opens: int = 0
    machine_clicks: int = 0
