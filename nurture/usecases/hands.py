"""What promotion and sales need of the parts above them, given by whoever wires them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from campaigns.conditions import Facts
from campaigns.vocabulary import ExitReason
from nurture.handoff import Notifier
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work


class Enrolled(Protocol):
    """Who was put in a track."""

    @property
    def enrolled(self) -> Collection[LeadId]:
        """List them."""
        ...


class Enrol(Protocol):
    """Put leads in a track (`tracks.enrol`)."""

    def __call__(
        self,
        work: Work,
        track_key: str,
        lead_ids: Sequence[LeadId],
        /,
        *,
        due_at: datetime,
        reason: str,
    ) -> Enrolled:
        """Tell who is in it now."""
        ...


class LeaveTracks(Protocol):
    """End all active enrolments of leads (`tracks.leave`)."""

    def __call__(
        self, work: Work, lead_ids: Sequence[LeadId], /, *, reason: ExitReason, words: str
    ) -> object:
        """End them at once; the receipts say why in words."""
        ...


class FactsOf(Protocol):
    """Load what is known of leads, in bulk (`knowledge.known`)."""

    def __call__(self, work: Work, lead_ids: Sequence[LeadId], /) -> Mapping[LeadId, Facts]:
        """Give values and named acts."""
        ...


@dataclass(frozen=True, slots=True)
class Hands:
    """All of them together."""

    notify: Notifier
    enrol: Enrol
    leave_tracks: LeaveTracks
    facts: FactsOf
