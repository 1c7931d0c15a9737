"""What happens next to the new leads of a list, as somebody chose before it came in (F175)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from nurture import tracks
from nurture.kernel.errors import Invalid
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.usecases.shared.working_hours import morning


@dataclass(frozen=True, slots=True)
class EntryChoice:
    """A track, a rest until a date, or neither: then the tracks' own conditions decide."""

    track: str = ""
    until: date | None = None
    zone: str = "UTC"
    """Where that day begins: where the person is who named it."""

    @property
    def resumes_at(self) -> datetime | None:
        """Tell when the rest is over."""
        return None if self.until is None else morning(self.until, self.zone)

    def to_json(self) -> dict[str, Json]:
        """Write it down, so that an import goes on as it began."""
        until = self.until.isoformat() if self.until else None
        return {"track": self.track, "until": until, "zone": self.zone}

    @classmethod
    def from_json(cls, value: Json) -> "EntryChoice":
        """Read what `to_json` wrote; an import that says nothing lets the conditions decide."""
        told: Mapping[str, Json] = value if isinstance(value, dict) else {}
        until = told.get("until")
        return cls(
            str(told.get("track") or ""),
            date.fromisoformat(str(until)) if until else None,
            str(told.get("zone") or "UTC"),
        )


def refuse_impossible(work: Work, entry: EntryChoice) -> None:
    """Refuse a track that nobody can enter, and a date that has passed."""
    if entry.track:
        track = tracks.get_track(work, entry.track)
        if track.version_id is None:
            raise Invalid(f"The track “{track.name}” is not published: choose another one.")
    if entry.resumes_at is not None and entry.resumes_at <= work.now:
        raise Invalid("Choose a day after today: until then the new leads rest.")
