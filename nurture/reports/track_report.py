"""Who stands where in a track, what happened at its steps, and how those who left it left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select

from campaigns.vocabulary import EnrolmentState, ExitReason, Receipt
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.tracks.tables import Enrolment, ReceiptRow, TrackVersion

_ACTIVE = Enrolment.state == EnrolmentState.ACTIVE


@dataclass(frozen=True, slots=True)
class TrackCounts:
    """How many ever came into a track, are in it now, and fall due before an instant."""

    came: int
    inside: int
    due: int


@dataclass(frozen=True, slots=True)
class TrackPassage:
    """One run of a lead through a track: where it stands, or how it ended."""

    id: int
    lead_id: LeadId
    step: str
    due_at: datetime
    arrived_at: datetime
    waiting_for: str | None
    hold: str | None
    ended_at: datetime | None
    exit_reason: str | None


@dataclass(frozen=True, slots=True)
class PassagePage:
    """A stretch of such runs, the oldest first, and how many there are in all."""

    rows: Sequence[TrackPassage]
    total: int


@dataclass(frozen=True, slots=True)
class TrackEdition:
    """A published version of a track, and who is still on it."""

    id: int
    number: int
    published_at: datetime
    published_by: str
    inside: int


def loads(work: Work, *, before: datetime) -> dict[int, TrackCounts]:
    """Tell of every track how full it is."""
    came = _by_track(work, select(Enrolment.track_id, func.count()))
    inside = _by_track(work, select(Enrolment.track_id, func.count()).where(_ACTIVE))
    due = _by_track(
        work, select(Enrolment.track_id, func.count()).where(_ACTIVE, Enrolment.due_at < before)
    )
    return {
        track_id: TrackCounts(count, inside.get(track_id, 0), due.get(track_id, 0))
        for track_id, count in came.items()
    }


def _by_track(work: Work, query: Select[int, int]) -> dict[int, int]:
    rows = work.session.execute(query.group_by(Enrolment.track_id))
    return {int(track_id): int(count) for track_id, count in rows}


def standing(
    work: Work, track_id: int, *, step: str | None = None, first: int = 0, limit: int = 100
) -> PassagePage:
    """List who is in a track, or at one of its steps."""
    where = [Enrolment.track_id == track_id, _ACTIVE]
    return _part(work, where if step is None else [*where, Enrolment.step == step], first, limit)


def due_before(
    work: Work, track_id: int, *, before: datetime, first: int = 0, limit: int = 100
) -> PassagePage:
    """List whose next step falls due before an instant."""
    where = [Enrolment.track_id == track_id, _ACTIVE, Enrolment.due_at < before]
    return _part(work, where, first, limit)


def ended(
    work: Work, track_id: int, *, reason: ExitReason, first: int = 0, limit: int = 100
) -> PassagePage:
    """List the runs that ended for one reason."""
    where = [Enrolment.track_id == track_id, Enrolment.exit_reason == reason]
    return _part(work, where, first, limit)


def everybody(work: Work, track_id: int, *, first: int = 0, limit: int = 100) -> PassagePage:
    """List every run that ever began in a track."""
    return _part(work, [Enrolment.track_id == track_id], first, limit)


def _part(work: Work, where: Sequence[ColumnElement[bool]], first: int, limit: int) -> PassagePage:
    total = work.session.scalar(select(func.count()).select_from(Enrolment).where(*where)) or 0
    query = select(Enrolment).where(*where).order_by(Enrolment.id).offset(first).limit(limit)
    rows = [
        TrackPassage(
            id=row.id,
            lead_id=LeadId(row.lead_id),
            step=row.step,
            due_at=row.due_at,
            arrived_at=row.arrived_at,
            waiting_for=row.waiting_for,
            hold=row.hold,
            ended_at=row.ended_at,
            exit_reason=row.exit_reason,
        )
        for row in work.session.scalars(query)
    ]
    return PassagePage(rows, total)


def happened(work: Work, track_id: int) -> Mapping[str, Mapping[Receipt, int]]:
    """Count what happened at each step, also every kind of not sending."""
    query = (
        select(ReceiptRow.step, ReceiptRow.kind, func.count())
        .join(Enrolment, Enrolment.id == ReceiptRow.enrolment_id)
        .where(Enrolment.track_id == track_id)
        .group_by(ReceiptRow.step, ReceiptRow.kind)
    )
    found: dict[str, dict[Receipt, int]] = {}
    for step, kind, count in work.session.execute(query):
        found.setdefault(step, {})[Receipt(kind)] = count
    return found


def editions(work: Work, track_id: int) -> list[TrackEdition]:
    """List the versions of a track, the newest first."""
    inside = dict(
        work.session.execute(
            select(Enrolment.version_id, func.count())
            .where(Enrolment.track_id == track_id, _ACTIVE)
            .group_by(Enrolment.version_id)
        ).all()
    )
    rows = work.session.scalars(
        select(TrackVersion)
        .where(TrackVersion.track_id == track_id)
        .order_by(TrackVersion.number.desc())
    )
    return [
        TrackEdition(
            id=row.id,
            number=row.number,
            published_at=row.published_at,
            published_by=row.published_by,
            inside=inside.get(row.id, 0),
        )
        for row in rows
    ]
