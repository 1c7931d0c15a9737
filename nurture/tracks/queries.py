"""What stands where: tracks, versions, due enrolments, receipts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case, func, select
from sqlalchemy.sql.elements import ColumnElement

from campaigns.frequency_caps import CompetingTrack
from campaigns.vocabulary import EnrolmentState, ExitReason
from nurture.kernel.database import among, is_postgresql, one_of, rows
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead
from nurture.tracks.errors import NoSuchTrack
from nurture.tracks.tables import Enrolment, ReceiptRow, TrackRow, TrackVersion

ACTIVE = Enrolment.state == EnrolmentState.ACTIVE


class DueEnrolment(NamedTuple):
    """An enrolment that must be looked at, as the tick claimed it; in the order of its query."""

    id: int
    lead_id: LeadId
    track_id: int
    track_key: str
    version_id: int
    step: str
    due_at: datetime
    arrived_at: datetime
    started_at: datetime
    timeout_at: datetime | None
    serial: int
    casts: int
    outcome: str
    priority: int


@dataclass(frozen=True, slots=True)
class TrackState:
    """A track as it runs now."""

    id: int
    key: str
    name: str
    priority: int
    paused_at: datetime | None
    version_id: int | None
    version: int


class DueClaim(NamedTuple):
    """What one tick holds: who is due, and in which tracks each of these leads is active."""

    due: list[DueEnrolment]
    rivals: dict[LeadId, tuple[CompetingTrack, ...]]


def claim_due(work: Work, *, limit: int) -> DueClaim:
    """Lock the leads that are due, in id order, and give all due enrolments of each.

    Leads that another tick holds are passed over on PostgreSQL; SQLite has one writer anyway.
    """
    return _held(work, _locked(work, _longest_due(work, limit=limit)))


def claim_of(work: Work, lead_ids: Sequence[LeadId]) -> DueClaim:
    """Lock these leads, in id order, and give all due enrolments of each."""
    return _held(work, _locked(work, among(work.session, Lead.id, set(lead_ids))))


def _longest_due(work: Work, *, limit: int) -> ColumnElement[bool]:
    first = (
        select(Enrolment.lead_id)
        .join(TrackRow, TrackRow.id == Enrolment.track_id)
        .where(ACTIVE, Enrolment.due_at <= work.now, TrackRow.paused_at.is_(None))
        .order_by(Enrolment.due_at, Enrolment.id)
        .limit(limit)
    )
    return one_of(work.session, Lead.id, first)


def _locked(work: Work, which: ColumnElement[bool]) -> list[int]:
    query = select(Lead.id).where(which).order_by(Lead.id)
    if is_postgresql(work.session):
        query = query.with_for_update(skip_locked=True, key_share=True)
    return [lead_id for (lead_id,) in rows(work.session, query)]


def _held(work: Work, lead_ids: Sequence[int]) -> DueClaim:
    """Read again under the lock, in no order: what was due a moment ago may have moved."""
    query = (
        select(
            Enrolment.id,
            Enrolment.lead_id,
            Enrolment.track_id,
            TrackRow.key,
            Enrolment.version_id,
            Enrolment.step,
            Enrolment.due_at,
            Enrolment.arrived_at,
            Enrolment.started_at,
            Enrolment.timeout_at,
            Enrolment.serial,
            Enrolment.casts,
            Enrolment.outcome,
            TrackRow.priority,
        )
        .join(TrackRow, TrackRow.id == Enrolment.track_id)
        .where(
            ACTIVE,
            TrackRow.paused_at.is_(None),
            among(work.session, Enrolment.lead_id, lead_ids),
        )
    )
    active = [DueEnrolment._make(row) for row in rows(work.session, query)] if lead_ids else []
    return DueClaim([one for one in active if one.due_at <= work.now], _rivals(active))


def _rivals(active: Sequence[DueEnrolment]) -> dict[LeadId, tuple[CompetingTrack, ...]]:
    """Most leads are in one track only, and share what is said of it."""
    alone: dict[int, tuple[CompetingTrack, ...]] = {
        one.track_id: (CompetingTrack(one.track_key, one.priority),) for one in active
    }
    found = {one.lead_id: alone[one.track_id] for one in active}
    if len(found) == len(active):
        return found
    found = {}
    for one in active:
        found[one.lead_id] = found.get(one.lead_id, ()) + alone[one.track_id]
    return found


def rivals(work: Work, lead_ids: Sequence[LeadId]) -> dict[LeadId, tuple[CompetingTrack, ...]]:
    """Name the tracks in which each lead is active."""
    query = (
        select(Enrolment.lead_id, TrackRow.key, TrackRow.priority)
        .join(TrackRow, TrackRow.id == Enrolment.track_id)
        .where(
            ACTIVE, TrackRow.paused_at.is_(None), among(work.session, Enrolment.lead_id, lead_ids)
        )
    )
    found: dict[LeadId, list[CompetingTrack]] = {}
    for row in rows(work.session, query):
        found.setdefault(LeadId(row.lead_id), []).append(CompetingTrack(row.key, row.priority))
    return {lead: tuple(ones) for lead, ones in found.items()}


def texts(work: Work, version_ids: Iterable[int]) -> dict[int, str]:
    """Give the YAML of versions."""
    query = select(TrackVersion.id, TrackVersion.text).where(TrackVersion.id.in_(set(version_ids)))
    return {row.id: row.text for row in work.session.execute(query)}


def tracks(work: Work) -> list[TrackState]:
    """List the tracks by priority."""
    return _tracks(work, TrackRow.live_version_id.is_not(None))


def get_track(work: Work, key: str) -> TrackState:
    """Give one track or refuse."""
    found = _tracks(work, TrackRow.key == key)
    if not found:
        raise NoSuchTrack(
            f"There is no track “{key}”. `nurture tracks list` names those there are."
        )
    return found[0]


def _tracks(work: Work, condition: ColumnElement[bool]) -> list[TrackState]:
    query = (
        select(TrackRow, TrackVersion.number)
        .join(TrackVersion, TrackVersion.id == TrackRow.live_version_id, isouter=True)
        .where(condition)
        .order_by(TrackRow.priority, TrackRow.key)
    )
    return [
        TrackState(
            id=track.id,
            key=track.key,
            name=track.name,
            priority=track.priority,
            paused_at=track.paused_at,
            version_id=track.live_version_id,
            version=number or 0,
        )
        for track, number in work.session.execute(query)
    ]


def last_ends(
    work: Work, track_id: int, lead_ids: Sequence[LeadId]
) -> dict[LeadId, tuple[int, bool, datetime | None]]:
    """Tell of each lead who has been in a track: runs so far, whether active, last end."""
    was_in = func.coalesce(Enrolment.exit_reason, "") != ExitReason.TAKEN_BACK
    active = func.max((Enrolment.state == EnrolmentState.ACTIVE).cast(Enrolment.run.type))
    query = (
        select(
            Enrolment.lead_id,
            func.max(Enrolment.run).label("runs"),
            active.label("active"),
            func.max(case((was_in, Enrolment.ended_at))).label("ended"),
        )
        .where(Enrolment.track_id == track_id, among(work.session, Enrolment.lead_id, lead_ids))
        .group_by(Enrolment.lead_id)
    )
    return {
        LeadId(row.lead_id): (row.runs, bool(row.active), row.ended)
        for row in work.session.execute(query)
    }


def counts(work: Work, track_id: int) -> dict[str, int]:
    """Count the leads that stand at each step now."""
    query = (
        select(Enrolment.step, func.count())
        .where(ACTIVE, Enrolment.track_id == track_id)
        .group_by(Enrolment.step)
    )
    return dict(work.session.execute(query).all())


def endings(work: Work, track_id: int) -> dict[ExitReason, int]:
    """Count how enrolments of a track ended."""
    query = (
        select(Enrolment.exit_reason, func.count())
        .where(Enrolment.track_id == track_id, Enrolment.exit_reason.is_not(None))
        .group_by(Enrolment.exit_reason)
    )
    return {ExitReason(reason or ""): n for reason, n in work.session.execute(query)}


@dataclass(frozen=True, slots=True)
class TrackStay:
    """One enrolment of a lead, for its page."""

    id: int
    track_key: str
    track_name: str
    version: int
    step: str
    state: str
    due_at: datetime
    waiting_for: str | None
    started_at: datetime
    ended_at: datetime | None
    exit_reason: str | None
    paused: bool


def stays(work: Work, lead_id: LeadId) -> list[TrackStay]:
    """List the enrolments of a lead, the active ones first."""
    query = (
        select(Enrolment, TrackRow.key, TrackRow.name, TrackRow.paused_at, TrackVersion.number)
        .join(TrackRow, TrackRow.id == Enrolment.track_id)
        .join(TrackVersion, TrackVersion.id == Enrolment.version_id)
        .where(Enrolment.lead_id == lead_id)
        .order_by(Enrolment.state, Enrolment.started_at.desc())
    )
    return [
        TrackStay(
            id=row.id,
            track_key=key,
            track_name=name,
            version=number,
            step=row.step,
            state=row.state,
            due_at=row.due_at,
            waiting_for=row.waiting_for,
            started_at=row.started_at,
            ended_at=row.ended_at,
            exit_reason=row.exit_reason,
            paused=paused is not None,
        )
        for row, key, name, paused, number in work.session.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """What happened at a due step of a lead."""

    at: datetime
    due_at: datetime
    track_name: str
    step: str
    kind: str
    reason: str


def receipts(work: Work, lead_id: LeadId, *, limit: int = 50) -> list[ReceiptLine]:
    """List the latest receipts of a lead, newest first."""
    query = (
        select(ReceiptRow, TrackRow.name)
        .join(Enrolment, Enrolment.id == ReceiptRow.enrolment_id)
        .join(TrackRow, TrackRow.id == Enrolment.track_id)
        .where(ReceiptRow.lead_id == lead_id)
        .order_by(ReceiptRow.at.desc(), ReceiptRow.id.desc())
        .limit(limit)
    )
    return [
        ReceiptLine(
            at=row.at,
            due_at=row.due_at,
            track_name=name,
            step=row.step,
            kind=row.kind,
            reason=row.reason,
        )
        for row, name in work.session.execute(query)
    ]


def next_due(work: Work) -> datetime | None:
    """Tell when the next enrolment falls due; what a stepped clock jumps to."""
    query = (
        select(func.min(Enrolment.due_at))
        .join(TrackRow, TrackRow.id == Enrolment.track_id)
        .where(ACTIVE, TrackRow.paused_at.is_(None))
    )
    return work.session.scalar(query)


@dataclass(frozen=True, slots=True)
class EnrolmentStanding:
    """How an enrolment stands, for the guard at the moment of sending."""

    ended: str | None
    paused: bool


def places(work: Work, enrolment_ids: Iterable[int]) -> dict[int, EnrolmentStanding]:
    """Tell of enrolments whether they ended, why, and whether their track is paused."""
    query = (
        select(Enrolment.id, Enrolment.exit_reason, TrackRow.paused_at)
        .join(TrackRow, TrackRow.id == Enrolment.track_id)
        .where(among(work.session, Enrolment.id, set(enrolment_ids)))
    )
    return {
        row.id: EnrolmentStanding(ended=row.exit_reason, paused=row.paused_at is not None)
        for row in rows(work.session, query)
    }
