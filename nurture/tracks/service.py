"""Publish tracks, put leads in, move them on, take them out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import aliased

from campaigns import text
from campaigns.frequency_caps import may_enter
from campaigns.track import Track
from campaigns.vocabulary import EnrolmentState, ExitReason, Receipt
from campaigns.yamlfile import FileError
from nurture.kernel.database import (
    among,
    bulk_update,
    insert_columns,
    insert_ignoring,
    update_columns,
)
from nurture.kernel.errors import Conflict
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.tracks.errors import TrackRefused
from nurture.tracks.queries import ACTIVE, TrackState, get_track, last_ends, texts
from nurture.tracks.tables import Enrolment, ReceiptRow, TrackRow, TrackVersion

_parsed: dict[int, Track] = {}
"""Versions are immutable, so what was parsed once stays true for the life of a process."""


class NotAgain(StrEnum):
    """Why a track does not take a lead; the value is what people read."""

    INSIDE = "already in it"
    NEVER = "been in it already, and may not come back"
    NOT_YET = "been in it already, and may not come back yet"


@dataclass(frozen=True, slots=True)
class EnrolResult:
    """Who was put in a track, and who was left out for which reason."""

    enrolled: tuple[LeadId, ...]
    left_out: Mapping[LeadId, NotAgain]


class EnrolmentMove(NamedTuple):
    """Where an enrolment stands after a decision."""

    id: int
    step: str
    due_at: datetime
    arrived_at: datetime
    timeout_at: datetime | None
    serial: int
    casts: int
    waiting_for: str | None
    hold: str | None


@dataclass(frozen=True, slots=True)
class EnrolmentEnd:
    """An enrolment that a decision ended."""

    id: int
    reason: ExitReason


class NewReceipt(NamedTuple):
    """What happened at a due step; every due step ends in one (F156)."""

    enrolment_id: int
    lead_id: LeadId
    step: str
    kind: Receipt
    reason: str
    due_at: datetime
    dedup_key: str | None = None


def publish(work: Work, source: str, *, file: str) -> int:
    """Store a track's text as a new version; the same text again changes nothing.

    Returns the version's id; refuses a text with mistakes and names all of them.
    """
    track = _parse(source, file)
    row = work.session.scalar(select(TrackRow).where(TrackRow.key == track.key))
    if row is None:
        row = TrackRow(key=track.key, name=track.name, priority=track.priority)
        work.session.add(row)
        work.session.flush()
    last = work.session.scalar(
        select(TrackVersion)
        .where(TrackVersion.track_id == row.id)
        .order_by(TrackVersion.number.desc())
        .limit(1)
    )
    if last is not None and last.text == source:
        return last.id
    version = TrackVersion(
        track_id=row.id,
        number=last.number + 1 if last else 1,
        text=source,
        published_at=work.now,
        published_by=work.actor,
    )
    work.session.add(version)
    work.session.flush()
    row.live_version_id, row.name, row.priority = version.id, track.name, track.priority
    return version.id


def _parse(source: str, file: str) -> Track:
    try:
        return text.load(source, file=file)
    except FileError as error:
        raise TrackRefused(str(error)) from error


def definitions(work: Work, version_ids: Sequence[int]) -> dict[int, Track]:
    """Give the parsed tracks of versions, from this process's memory where it has them."""
    missing = set(version_ids) - _parsed.keys()
    if missing:
        for version_id, source in texts(work, missing).items():
            _parsed[version_id] = text.load(source, file=f"version {version_id}")
    return {version_id: _parsed[version_id] for version_id in version_ids}


def enrol(
    work: Work, track_key: str, lead_ids: Sequence[LeadId], *, due_at: datetime, reason: str
) -> EnrolResult:
    """Put leads at the first step of the live version; the re-entry policy decides who may.

    Racing enrolments are arbitrated by the unique (lead, track, run).
    """
    track = get_track(work, track_key)
    definition = _live(work, track)
    been = last_ends(work, track.id, lead_ids)
    place = _first_place(track, definition.first, due_at)
    left_out = _not_again(work, definition, been, lead_ids)
    rows: list[dict[str, object]] = [
        place | {"lead_id": lead_id, "run": been[lead_id][0] + 1 if lead_id in been else 1}
        for lead_id in dict.fromkeys(lead_ids)
        if lead_id not in left_out
    ]
    insert_ignoring(work.session, Enrolment, rows)
    enrolled = tuple(lead for lead in dict.fromkeys(lead_ids) if lead not in left_out)
    _note_entry(work, track.id, enrolled, definition.first, reason)
    return EnrolResult(enrolled=enrolled, left_out=left_out)


def not_again(work: Work, track: TrackState, lead_ids: Sequence[LeadId]) -> dict[LeadId, NotAgain]:
    """Tell who cannot be put in a track, by its re-entry policy, and why; nobody is."""
    return _not_again(work, _live(work, track), last_ends(work, track.id, lead_ids), lead_ids)


def _live(work: Work, track: TrackState) -> Track:
    if track.version_id is None:
        raise Conflict(f"The track “{track.name}” has never been published.")
    return definitions(work, [track.version_id])[track.version_id]


def _not_again(
    work: Work,
    definition: Track,
    been: Mapping[LeadId, tuple[int, bool, datetime | None]],
    lead_ids: Sequence[LeadId],
) -> dict[LeadId, NotAgain]:
    found: dict[LeadId, NotAgain] = {}
    for lead_id in dict.fromkeys(lead_ids):
        _, active, ended = been.get(lead_id, (0, False, None))
        if active:
            found[lead_id] = NotAgain.INSIDE
        elif not may_enter(definition.again, ended, now=work.now):
            never = definition.again.days is None
            found[lead_id] = NotAgain.NEVER if never else NotAgain.NOT_YET
    return found


def _first_place(track: TrackState, first: str, due_at: datetime) -> dict[str, object]:
    return {
        "lead_id": 0,
        "run": 0,
        "track_id": track.id,
        "version_id": track.version_id,
        "state": EnrolmentState.ACTIVE,
        "step": first,
        "due_at": due_at,
        "arrived_at": due_at,
        "started_at": due_at,
        "serial": 0,
        "casts": 0,
        "outcome": "",
    }


def _note_entry(
    work: Work, track_id: int, lead_ids: Sequence[LeadId], step: str, reason: str
) -> None:
    query = select(Enrolment.id, Enrolment.lead_id).where(
        ACTIVE, Enrolment.track_id == track_id, among(work.session, Enrolment.lead_id, lead_ids)
    )
    note(
        work,
        [
            NewReceipt(
                row.id, LeadId(row.lead_id), step, Receipt.WAITED, f"Put in: {reason}", work.now
            )
            for row in work.session.execute(query)
        ],
    )


def move(work: Work, moves: Sequence[EnrolmentMove]) -> None:
    """Write where enrolments stand after a batch of decisions."""
    if moves:
        given = dict(zip(EnrolmentMove._fields, zip(*moves, strict=True), strict=True))
        update_columns(work.session, Enrolment, {**given, "outcome": [""] * len(moves)})


def end(work: Work, ends: Sequence[EnrolmentEnd]) -> None:
    """End enrolments that a batch of decisions ended."""
    rows = [
        {
            "id": one.id,
            "state": EnrolmentState.ENDED,
            "ended_at": work.now,
            "exit_reason": one.reason,
            "waiting_for": None,
            "hold": None,
        }
        for one in ends
    ]
    bulk_update(work.session, Enrolment, rows)


def leave(
    work: Work,
    lead_ids: Sequence[LeadId],
    *,
    reason: ExitReason,
    words: str,
    track_id: int | None = None,
) -> tuple[int, ...]:
    """Take leads out of one track or of all at once, with a receipt each; give the enrolments."""
    query = select(Enrolment.id, Enrolment.lead_id, Enrolment.step).where(
        ACTIVE, among(work.session, Enrolment.lead_id, lead_ids)
    )
    if track_id is not None:
        query = query.where(Enrolment.track_id == track_id)
    found = work.session.execute(query).all()
    note(
        work,
        [
            NewReceipt(row.id, row.lead_id, row.step, Receipt.EXITED, words, work.now)
            for row in found
        ],
    )
    end(work, [EnrolmentEnd(row.id, reason) for row in found])
    return tuple(row.id for row in found)


def go_on(work: Work, held: Mapping[LeadId, datetime], *, reason: ExitReason, words: str) -> int:
    """Let runs go on where they stood that ended for a reason at each lead's instant; count them.

    A lead that has come into the same track again meanwhile stays where it is now.
    """
    again = aliased(Enrolment)
    newer = select(again.id).where(
        again.lead_id == Enrolment.lead_id,
        again.track_id == Enrolment.track_id,
        again.run > Enrolment.run,
    )
    query = select(
        Enrolment.id, Enrolment.lead_id, Enrolment.step, Enrolment.due_at, Enrolment.ended_at
    ).where(
        among(work.session, Enrolment.lead_id, list(held)),
        Enrolment.exit_reason == reason,
        ~newer.exists(),
    )
    found = [
        row for row in work.session.execute(query) if row.ended_at == held[LeadId(row.lead_id)]
    ]
    rows = [
        {
            "id": row.id,
            "state": EnrolmentState.ACTIVE,
            "ended_at": None,
            "exit_reason": None,
            "due_at": max(row.due_at, work.now),
        }
        for row in found
    ]
    bulk_update(work.session, Enrolment, rows)
    receipts = [
        NewReceipt(row.id, LeadId(row.lead_id), row.step, Receipt.WAITED, words, work.now)
        for row in found
    ]
    note(work, receipts)
    return len(found)


def put_off(work: Work, lead_ids: Sequence[LeadId], *, until: datetime, reason: str) -> None:
    """Look at the due enrolments of leads again later, with a receipt for each."""
    late = select(Enrolment.id, Enrolment.lead_id, Enrolment.step, Enrolment.due_at)
    found = work.session.execute(
        late.where(ACTIVE, Enrolment.due_at <= work.now, Enrolment.lead_id.in_(lead_ids))
    ).all()
    note(
        work,
        [
            NewReceipt(row.id, row.lead_id, row.step, Receipt.WAITED, reason, row.due_at)
            for row in found
        ],
    )
    bulk_update(work.session, Enrolment, [{"id": row.id, "due_at": until} for row in found])


def note(work: Work, receipts: Sequence[NewReceipt]) -> None:
    """Append receipts."""
    if receipts:
        given = dict(zip(NewReceipt._fields, zip(*receipts, strict=True), strict=True))
        given |= {"reason": tuple(one.reason[:300] for one in receipts)}
        insert_columns(work.session, ReceiptRow, {**given, "at": [work.now] * len(receipts)})


def resume_waiting(work: Work, at_by_lead: Mapping[LeadId, datetime]) -> None:
    """Make enrolments due whose branch waits, since their lead has done something at that time."""
    query = select(Enrolment.id, Enrolment.lead_id, Enrolment.arrived_at).where(
        ACTIVE, Enrolment.waiting_for.is_not(None), Enrolment.lead_id.in_(list(at_by_lead))
    )
    rows = [
        {"id": row.id, "due_at": max(row.arrived_at, at_by_lead[row.lead_id])}
        for row in work.session.execute(query)
    ]
    bulk_update(work.session, Enrolment, rows)


def release(work: Work, lead_ids: Sequence[LeadId], *, hold: Receipt) -> None:
    """Look at once again at leads that were held back for a reason which may hold no longer."""
    work.session.execute(
        update(Enrolment)
        .where(ACTIVE, Enrolment.lead_id.in_(lead_ids), Enrolment.hold == hold)
        .values(due_at=work.now)
    )


def answer(work: Work, enrolment_id: int, *, step: str, outcome: str) -> None:
    """Move an enrolment on that waited for a person's answer at a step."""
    work.session.execute(
        update(Enrolment)
        .where(ACTIVE, Enrolment.id == enrolment_id, Enrolment.step == step)
        .values(outcome=outcome, due_at=work.now)
    )


def pause(work: Work, key: str) -> None:
    """Stop a track where it stands; nobody loses a place."""
    track = get_track(work, key)
    work.session.execute(update(TrackRow).where(TrackRow.id == track.id).values(paused_at=work.now))


def resume(work: Work, key: str) -> None:
    """Let a track run again; what fell due meanwhile is due now."""
    track = get_track(work, key)
    work.session.execute(update(TrackRow).where(TrackRow.id == track.id).values(paused_at=None))


def message_key(enrolment_id: int, *, step: str, serial: int) -> str:
    """Name the one message that a step may plan: (enrolment, step, serial) (S-01)."""
    return hashlib.sha256(f"{enrolment_id}|{step}|{serial}".encode()).hexdigest()
