"""Where leads stand in tracks, kept so that they can be put back to where they were."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from campaigns.vocabulary import EnrolmentState, Receipt
from nurture.kernel.database import CHUNK, among, bulk_update, chunks
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work
from nurture.tracks.queries import ACTIVE
from nurture.tracks.service import NewReceipt, note
from nurture.tracks.tables import Enrolment


@dataclass(frozen=True, slots=True)
class SavedPosition:
    """One run through a track, and what it forgets when it ends."""

    id: int
    lead_id: LeadId
    track_id: int
    step: str
    waiting_for: str | None = None
    hold: str | None = None

    def to_json(self) -> dict[str, Json]:
        """Write it down."""
        return {
            "id": self.id,
            "track_id": self.track_id,
            "step": self.step,
            "waiting_for": self.waiting_for,
            "hold": self.hold,
        }

    @classmethod
    def from_json(cls, lead_id: LeadId, told: Mapping[str, Json]) -> "SavedPosition":
        """Read what `to_json` wrote."""
        waiting_for, hold = told.get("waiting_for"), told.get("hold")
        return cls(
            id=int(str(told["id"])),
            lead_id=lead_id,
            track_id=int(str(told["track_id"])),
            step=str(told["step"]),
            waiting_for=None if waiting_for is None else str(waiting_for),
            hold=None if hold is None else str(hold),
        )


def stands(
    work: Work, lead_ids: Sequence[LeadId], *, track_id: int | None = None
) -> list[SavedPosition]:
    """Tell where leads stand now, in one track or in all."""
    found: list[SavedPosition] = []
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        query = select(
            Enrolment.id,
            Enrolment.lead_id,
            Enrolment.track_id,
            Enrolment.step,
            Enrolment.waiting_for,
            Enrolment.hold,
        ).where(ACTIVE, among(work.session, Enrolment.lead_id, chunk))
        if track_id is not None:
            query = query.where(Enrolment.track_id == track_id)
        found += [
            SavedPosition(
                row.id, LeadId(row.lead_id), row.track_id, row.step, row.waiting_for, row.hold
            )
            for row in work.session.execute(query.order_by(Enrolment.id))
        ]
    return found


def put_back(work: Work, wanted: Iterable[SavedPosition], *, words: str) -> None:
    """Let runs go on where they were ended, due when they were due."""
    rows = list(wanted)
    bulk_update(
        work.session,
        Enrolment,
        [
            {
                "id": one.id,
                "state": EnrolmentState.ACTIVE,
                "ended_at": None,
                "exit_reason": None,
                "waiting_for": one.waiting_for,
                "hold": one.hold,
            }
            for one in rows
        ],
    )
    note(
        work,
        [
            NewReceipt(one.id, one.lead_id, one.step, Receipt.WAITED, words, work.now)
            for one in rows
        ],
    )
