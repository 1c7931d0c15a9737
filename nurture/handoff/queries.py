"""Offers as the console and the answer pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from campaigns.vocabulary import Channel, HandoffState, Heat
from nurture.handoff.rules import heat
from nurture.handoff.tables import Handoff, HandoffEvent
from nurture.kernel.database import CHUNK, among, chunks
from nurture.kernel.errors import NotFound
from nurture.kernel.types import Json, LeadId, UserId
from nurture.kernel.work import Work
from nurture.users.tables import User

UNREACHED = "unreached"
"""A mail about an offer came back; the kind of its event."""


@dataclass(frozen=True, slots=True)
class HandoffView:
    """One offer; `packet` is what sales was told when it was made."""

    id: int
    lead_id: LeadId
    state: HandoffState
    owner_id: UserId | None
    queue: str | None
    channel: Channel
    hot: bool
    grade: str
    route_reason: str
    reasons: tuple[str, ...]
    packet: Mapping[str, Json]
    offered_at: datetime
    timer_from: datetime
    accept_by: datetime
    contact_by: datetime
    result_by: datetime
    accepted_at: datetime | None
    contacted_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    reason: str | None
    note: str | None
    turn: int

    @property
    def heat(self) -> Heat:
        """Give the one word that sales people see."""
        return heat(hot=self.hot, grade=self.grade)

    @property
    def due_at(self) -> datetime:
        """Tell which deadline runs now: to accept, to make contact, to bring a result."""
        match self.state:
            case HandoffState.OFFERED:
                return self.accept_by
            case HandoffState.ACCEPTED:
                return self.contact_by
            case HandoffState.CONTACTED | HandoffState.CLOSED:
                return self.result_by

    @property
    def started_at(self) -> datetime:
        """Tell since when that deadline runs."""
        if self.state is HandoffState.CONTACTED:
            return self.contacted_at or self.timer_from
        return self.timer_from


@dataclass(frozen=True, slots=True)
class HandoffEventView:
    """One line of an offer's history."""

    kind: str
    at: datetime
    actor: str
    detail: Mapping[str, Json]


def get(work: Work, handoff_id: int) -> HandoffView:
    """Read one offer, open or closed."""
    row = work.session.get(Handoff, handoff_id, populate_existing=True)
    if row is None:
        raise NotFound("This hand-off does not exist.")
    return view(row)


def find_open(work: Work, lead_id: LeadId) -> HandoffView | None:
    """Find a lead's open offer."""
    return open_of(work, [lead_id]).get(lead_id)


def open_of(work: Work, lead_ids: Sequence[LeadId]) -> dict[LeadId, HandoffView]:
    """Find the open offers of many leads."""
    return {
        LeadId(row.lead_id): view(row)
        for chunk in chunks(lead_ids, CHUNK)
        for row in work.session.scalars(
            select(Handoff)
            .where(among(work.session, Handoff.lead_id, chunk), Handoff.closed_at.is_(None))
            .execution_options(populate_existing=True)
        )
    }


def open_leads(work: Work, lead_ids: Sequence[LeadId]) -> set[LeadId]:
    """Tell which leads sales has in hand."""
    return {
        LeadId(lead_id)
        for chunk in chunks(lead_ids, CHUNK)
        for lead_id in work.session.scalars(
            select(Handoff.lead_id).where(
                among(work.session, Handoff.lead_id, chunk), Handoff.closed_at.is_(None)
            )
        )
    }


def handles(work: Work) -> dict[UserId, str]:
    """Tell how routing rules call everybody."""
    return {
        UserId(id_): handle for id_, handle in work.session.execute(select(User.id, User.handle))
    }


def held_by(work: Work, owner_id: UserId, *, queue: str) -> list[HandoffView]:
    """List the open offers of one person and of the queue of their name, the first due first."""
    theirs = (Handoff.owner_id == owner_id) | (Handoff.queue == queue)
    statement = select(Handoff).where(Handoff.closed_at.is_(None), theirs)
    return [view(row) for row in work.session.scalars(statement.order_by(Handoff.chase_at))]


def closed_of(work: Work, owner_id: UserId, *, limit: int) -> list[HandoffView]:
    """List what became of somebody's offers, the latest first."""
    rows = work.session.scalars(
        select(Handoff)
        .where(Handoff.owner_id == owner_id, Handoff.closed_at.is_not(None))
        .order_by(Handoff.closed_at.desc(), Handoff.id.desc())
        .limit(limit)
    )
    return [view(row) for row in rows]


def of_lead(work: Work, lead_id: LeadId) -> list[HandoffView]:
    """List all offers of a lead, the newest first."""
    rows = work.session.scalars(
        select(Handoff)
        .where(Handoff.lead_id == lead_id)
        .order_by(Handoff.id.desc())
        .execution_options(populate_existing=True)
    )
    return [view(row) for row in rows]


def events(work: Work, handoff_id: int) -> list[HandoffEventView]:
    """List what happened to an offer, the first thing first."""
    return [one for one in _events(work, handoff_id) if one.kind != UNREACHED]


def came_back(work: Work, handoff_id: int) -> list[HandoffEventView]:
    """List the mails about an offer that reached nobody; no answer of anybody depends on them."""
    return [one for one in _events(work, handoff_id) if one.kind == UNREACHED]


def _events(work: Work, handoff_id: int) -> list[HandoffEventView]:
    rows = work.session.scalars(
        select(HandoffEvent).where(HandoffEvent.handoff_id == handoff_id).order_by(HandoffEvent.id)
    )
    return [HandoffEventView(row.kind, row.at, row.actor, _mapping(row.detail)) for row in rows]


def last_sent_back(work: Work, lead_ids: Sequence[LeadId]) -> dict[LeadId, tuple[datetime, str]]:
    """Tell when sales last sent each lead back, and why."""
    found: dict[LeadId, tuple[datetime, str]] = {}
    for chunk in chunks(lead_ids, CHUNK):
        rows = work.session.execute(
            select(Handoff.lead_id, Handoff.closed_at, Handoff.reason)
            .where(among(work.session, Handoff.lead_id, chunk), Handoff.closed_at.is_not(None))
            .where(Handoff.outcome.in_(("rejected", "lost")))
            .order_by(Handoff.closed_at)
        )
        found.update((LeadId(lead_id), (at, reason or "")) for lead_id, at, reason in rows if at)
    return found


def view(row: Handoff) -> HandoffView:
    """Read a row as a value."""
    reasons = row.reasons if isinstance(row.reasons, list) else []
    return HandoffView(
        id=row.id,
        lead_id=LeadId(row.lead_id),
        state=HandoffState(row.state),
        owner_id=None if row.owner_id is None else UserId(row.owner_id),
        queue=row.queue,
        channel=Channel(row.channel),
        hot=row.hot,
        grade=str(_mapping(row.score).get("grade", "")),
        route_reason=row.route_reason,
        reasons=tuple(str(one) for one in reasons),
        packet=_mapping(row.packet),
        offered_at=row.offered_at,
        timer_from=row.timer_from,
        accept_by=row.accept_by,
        contact_by=row.contact_by,
        result_by=row.result_by,
        accepted_at=row.accepted_at,
        contacted_at=row.contacted_at,
        closed_at=row.closed_at,
        outcome=row.outcome,
        reason=row.reason,
        note=row.note,
        turn=row.turn,
    )


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}
