"""A track that was paused goes on: what becomes of the steps that fell due meanwhile (F41)."""

from collections import defaultdict
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select

from campaigns.track import BranchStep, ContentStep, EmailStep, Track, WaitStep
from campaigns.vocabulary import Receipt
from nurture.kernel.database import bulk_update
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.tracks.queries import ACTIVE, get_track
from nurture.tracks.service import NewReceipt, definitions, note
from nurture.tracks.tables import Enrolment

WAITS_ANEW = "the track was paused: the wait starts anew"
LEFT_OUT = "left out: its time passed while the track was paused"


class Overdue(StrEnum):
    """What becomes of steps that fell due while their track was paused."""

    NOW = "now"
    """They are done now; the cap over all tracks holds back what would be too much."""
    ANEW = "anew"
    """Waits that are over start anew; what is not a wait is done now."""
    SKIP = "skip"
    """Mails whose time passed are left out; the lead goes on behind them."""


def overdue(work: Work, key: str) -> int:
    """Count the runs whose next step has fallen due in a track."""
    track = get_track(work, key)
    due = (ACTIVE, Enrolment.track_id == track.id, Enrolment.due_at < work.now)
    return work.session.scalar(select(func.count()).select_from(Enrolment).where(*due)) or 0


def settle_overdue(work: Work, key: str, how: Overdue, *, before: datetime, limit: int) -> int:
    """Do so for the next runs that fell due before an instant; count those that were looked at.

    Each is due now afterwards, so that who dies in between goes on with the rest.
    """
    track = get_track(work, key)
    query = (
        select(
            Enrolment.id,
            Enrolment.lead_id,
            Enrolment.version_id,
            Enrolment.step,
            Enrolment.due_at,
            Enrolment.timeout_at,
        )
        .where(ACTIVE, Enrolment.track_id == track.id, Enrolment.due_at < before)
        .order_by(Enrolment.id)
        .limit(limit)
        .with_for_update()
    )
    rows = work.session.execute(query).all()
    texts = definitions(work, list({row.version_id for row in rows}))
    receipts: list[NewReceipt] = []
    moved: defaultdict[frozenset[str], list[dict[str, object]]] = defaultdict(list)
    for row in rows:
        values, why = _place(
            texts[row.version_id], row.step, how, waited=row.timeout_at is not None
        )
        if "step" in values:
            values["arrived_at"] = work.now
        moved[frozenset(values)].append({"id": row.id, "due_at": work.now, **values})
        if why:
            kind = Receipt.SKIPPED_PAUSED if how is Overdue.SKIP else Receipt.WAITED
            receipts.append(
                NewReceipt(row.id, LeadId(row.lead_id), row.step, kind, why, row.due_at)
            )
    for alike in moved.values():
        bulk_update(work.session, Enrolment, alike)
    note(work, receipts)
    return len(rows)


def _place(track: Track, key: str, how: Overdue, *, waited: bool) -> tuple[dict[str, object], str]:
    """Say where a run stands from now on, and why, "" where it goes on as it stands."""
    step = track.step(key)
    if how is Overdue.ANEW and isinstance(step, WaitStep | BranchStep) and waited:
        return {"timeout_at": None, "waiting_for": None, "hold": None}, WAITS_ANEW
    if how is Overdue.SKIP:
        behind = _behind(track, key, waited=waited)
        if behind is not None:
            return {"step": behind, "timeout_at": None, "waiting_for": None, "hold": None}, LEFT_OUT
    return {}, ""


def _behind(track: Track, key: str, *, waited: bool) -> str | None:
    """Find the step behind the mail that fell due, which may stand behind a wait that is over."""
    step = track.step(key)
    if isinstance(step, WaitStep) and waited:
        key = track.following(step)
        step = track.step(key) if key else None
    if not isinstance(step, EmailStep | ContentStep):
        return None
    return track.following(step)
