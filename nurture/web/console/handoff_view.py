"""A hand-off as pages show it: who, how warm, whose, and how much of the time is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from campaigns.rejection_reasons import RejectReason
from campaigns.vocabulary import HandoffState, Heat, Role
from nurture import handoff, leads, users
from nurture.handoff import (
    UNDO_WITHIN,
    HandoffAnswer,
    HandoffEventView,
    HandoffView,
    OfferScope,
    Waits,
)
from nurture.kernel.types import Json, LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads import LeadView
from nurture.usecases.sales import handoff_answers
from nurture.users import UserCard
from nurture.web.time_left import Countdown, countdown

READERS = (Role.MARKETER, Role.MANAGER, Role.ADMIN)
"""Who sees everybody's hand-offs; sales and dealers see their own."""
WAITING_FOR = {
    HandoffState.OFFERED: "Accept",
    HandoffState.ACCEPTED: "First contact",
    HandoffState.CONTACTED: "Result",
    HandoffState.CLOSED: "Closed",
}
UNDOABLE = frozenset(
    str(one)
    for one in HandoffAnswer
    if one not in (HandoffAnswer.REDIRECT, HandoffAnswer.REASSIGN, HandoffAnswer.WITHDRAW)
)
BY_ITSELF = frozenset({"offered", "reminded", "escalated", "reassigned"})
"""What the timers and the routing do."""
EVENTS = {
    "offered": ("send", "Offered"),
    "reminded": ("bell", "Reminded"),
    "escalated": ("flag", "The manager was told"),
    "reassigned": ("repeat", "Given to somebody else, nobody had answered"),
    "redirected": ("user-plus", "Given to somebody else"),
    "accepted": ("check", "Accepted"),
    "contacted": ("phone-call", "Spoke with them"),
    "no_answer": ("phone-off", "Called, no answer"),
    "rejected": ("arrow-back-up", "Given back to marketing"),
    "won": ("trophy", "Won"),
    "lost": ("circle-x", "Lost"),
    "withdrawn": ("archive", "Withdrawn"),
    "undone": ("history", "Took the answer back"),
    "unreached": ("mail-x", "The mail about it came back"),
}


@dataclass(frozen=True, slots=True)
class HandoffRow:
    """One line of the queue."""

    id: int
    lead: str
    firm: str
    phone: str
    heat: Heat
    owner: str
    owner_id: UserId | None
    waiting_for: str
    countdown: Countdown | None
    """None once it is closed."""
    may_accept: bool


@dataclass(frozen=True, slots=True)
class EventLine:
    """One thing that happened to a hand-off."""

    at: datetime
    icon: str
    words: str
    who: str


@dataclass(frozen=True, slots=True)
class HandoffPanel:
    """One hand-off opened: what sales was told, what can be done, what happened."""

    row: HandoffRow
    state: HandoffState
    lead_href: str
    who: str
    email: str
    why_theirs: str
    reasons: tuple[str, ...]
    topics: tuple[str, ...]
    known: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]
    say: str
    promised: str
    events: tuple[EventLine, ...]
    unreached: str
    """Whom no mail about it reaches, "" where all arrived or it is somebody else's now."""
    answers: tuple[str, ...]
    others: tuple[tuple[int, str, str], ...]
    """Id, name and load of whoever else may get it; empty where this reader may not give it."""
    noted: str
    """The reader's last answer in words, while it can be taken back."""
    undo_until: datetime | None
    ended: str
    tomorrow: date


@dataclass(frozen=True, slots=True)
class PersonLoad:
    """Who has how much, in their own name and in the queue of their name."""

    id: int
    handle: str
    name: str
    open: int
    late: int
    capacity: int
    away: bool


def sees(reader: UserCard, offer: HandoffView) -> bool:
    """Tell whether somebody may look at an offer: theirs, or any for those who oversee."""
    return offer.owner_id == reader.id or reader.has(*READERS)


def answers_for(reader: UserCard, owner: UserCard | None, staff: Mapping[UserId, UserCard]) -> bool:
    """Tell whether somebody may answer an offer that lies with `owner`, or in that one's queue."""
    return users.acts_for(reader, owner, staff)


def handoff_rows(
    offers: Sequence[HandoffView],
    *,
    people: Mapping[LeadId, LeadView],
    staff: Mapping[UserId, UserCard],
    reader: UserCard,
    now: datetime,
) -> tuple[HandoffRow, ...]:
    """Put offers into lines, in the order given."""
    return tuple(
        _row(one, people[one.lead_id], reader=reader, staff=staff, now=now)
        for one in offers
        if one.lead_id in people
    )


def panel_of(work: Work, offer: HandoffView, *, reader: UserCard) -> HandoffPanel:
    """Put everything about one offer together."""
    staff = {one.id: one for one in users.everybody(work)}
    person = leads.get(work, offer.lead_id)
    owner = whose(offer, staff)
    mine = answers_for(reader, owner, staff)
    events, back = handoff.events(work, offer.id), handoff.came_back(work, offer.id)
    until = _undo_until(events, reader, work.now)
    packet = offer.packet
    return HandoffPanel(
        row=_row(offer, person, reader=reader, staff=staff, now=work.now),
        state=offer.state,
        lead_href=f"/leads/{offer.lead_id}",
        who=_who(person),
        email=person.email,
        why_theirs=offer.route_reason,
        reasons=offer.reasons,
        topics=_words(packet.get("topics")),
        known=_pairs(packet.get("known")),
        unknown=_words(packet.get("unknown")),
        say=_text(packet.get("say")),
        promised=_text(packet.get("promised")),
        unreached=_unreached(back, offer, owner),
        events=_lines(sorted([*events, *back], key=lambda one: one.at), staff),
        answers=answers_to(offer.state) if mine else (),
        others=others(work, offer, reader, staff) if mine and offer.closed_at is None else (),
        noted=EVENTS[events[-1].kind][1] if until else "",
        undo_until=until,
        ended=ended_words(work, offer),
        tomorrow=work.now.astimezone(ZoneInfo(reader.zone)).date() + timedelta(days=1),
    )


def answers_to(state: HandoffState) -> tuple[str, ...]:
    """Name the answers that make sense, the first one first."""
    match state:
        case HandoffState.OFFERED:
            return ("accept", "spoke", "no_answer", "not_a_fit")
        case HandoffState.ACCEPTED:
            return ("spoke", "no_answer", "not_a_fit")
        case HandoffState.CONTACTED:
            return ("won", "no_answer", "not_a_fit")
        case HandoffState.CLOSED:
            return ()


def person_loads(work: Work, counts: Sequence[Waits]) -> tuple[PersonLoad, ...]:
    """Count open and late offers by person, whoever is latest first."""
    away = users.away(work, at=work.now)
    found = [
        _load(one, counts, away=one.id in away)
        for one in users.everybody(work)
        if one.active and one.channel is not None
    ]
    return tuple(sorted(found, key=lambda one: (-one.late, -one.open, one.name)))


def _load(person: UserCard, counts: Sequence[Waits], *, away: bool) -> PersonLoad:
    theirs = [one for one in counts if OfferScope.one(person.id, person.handle).have(one)]
    return PersonLoad(
        id=person.id,
        handle=person.handle,
        name=person.name,
        open=handoff.total(theirs),
        late=handoff.late(theirs),
        capacity=person.capacity,
        away=away,
    )


def _row(
    offer: HandoffView,
    person: LeadView,
    *,
    reader: UserCard,
    staff: Mapping[UserId, UserCard],
    now: datetime,
) -> HandoffRow:
    owner = whose(offer, staff)
    accepts = offer.state is HandoffState.OFFERED and answers_for(reader, owner, staff)
    return HandoffRow(
        id=offer.id,
        lead=person.name,
        firm=", ".join(part for part in (person.company, person.country) if part),
        phone=person.phone or "",
        heat=offer.heat,
        owner=owner_words(offer, owner),
        owner_id=offer.owner_id,
        waiting_for=WAITING_FOR[offer.state],
        countdown=countdown(offer, owner, now),
        may_accept=accepts,
    )


def owner_words(offer: HandoffView, owner: UserCard | None) -> str:
    """Name whose turn it is; a queue where it is nobody's yet."""
    if owner is None:
        return "Nobody yet"
    return owner.name if offer.owner_id is not None else f"Queue of {owner.name}"


def whose(offer: HandoffView, staff: Mapping[UserId, UserCard]) -> UserCard | None:
    """Find the owner; of an offer in a queue, whoever looks after the queue."""
    if offer.owner_id is not None:
        return staff.get(offer.owner_id)
    return next((one for one in staff.values() if one.handle == offer.queue), None)


def _undo_until(
    events: Sequence[HandoffEventView], reader: UserCard, now: datetime
) -> datetime | None:
    last = events[-1] if events else None
    if last is None or last.kind not in UNDOABLE or last.actor != f"user:{reader.id}":
        return None
    until = last.at + UNDO_WITHIN
    return until if now <= until else None


def _lines(
    events: Sequence[HandoffEventView], staff: Mapping[UserId, UserCard]
) -> tuple[EventLine, ...]:
    return tuple(
        EventLine(one.at, *EVENTS.get(one.kind, ("point", _plain(one.kind))), _actor(one, staff))
        for one in reversed(events)
    )


def _actor(event: HandoffEventView, staff: Mapping[UserId, UserCard]) -> str:
    kind, _, number = event.actor.partition(":")
    card = staff.get(UserId(int(number))) if kind == "user" and number.isdecimal() else None
    if card is not None:
        return card.name
    if "text" in event.detail:
        return _text(event.detail["text"])
    return "by itself" if event.kind in BY_ITSELF else ""


def _unreached(back: Sequence[HandoffEventView], offer: HandoffView, owner: UserCard | None) -> str:
    if owner is None or offer.closed_at is not None:
        return ""
    return owner.name if any(one.detail.get("to") == owner.id for one in back) else ""


def others(
    work: Work, offer: HandoffView, reader: UserCard, staff: Mapping[UserId, UserCard]
) -> tuple[tuple[int, str, str], ...]:
    """List to whom a reader may give an offer, with what each has in hand."""
    held: dict[UserId, int] = {}
    for one in handoff.waiting_counts(work):
        if one.owner_id is not None:
            held[one.owner_id] = held.get(one.owner_id, 0) + one.count
    return tuple(
        (one.user_id, one.name, "away" if one.away else f"{held.get(one.user_id, 0)} open")
        for one in users.candidates(work, at=work.now)
        if one.user_id != offer.owner_id and users.may_get(reader, staff[one.user_id], staff)
    )


def ended_words(work: Work, offer: HandoffView) -> str:
    """Say how an offer ended, "" while it is open."""
    if offer.closed_at is None:
        return ""
    words = EVENTS.get(offer.outcome or "", ("", "Closed"))[1]
    if offer.reason in set(RejectReason):
        words = f"{words}: {handoff_answers.sent_back(work)[RejectReason(offer.reason)].words}"
    return f"{words}. {offer.note}" if offer.note else f"{words}."


def _who(person: LeadView) -> str:
    parts = (_plain(person.job), person.company, leads.country_name(person.country))
    return ", ".join(one for one in parts if one)


def _plain(raw: str | None) -> str:
    return raw.replace("_", " ").capitalize() if raw and "_" in raw else raw or ""


def _words(value: Json) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def _pairs(value: Json) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        return ()
    return tuple((name, _text(one)) for name, one in value.items())


def _text(value: Json) -> str:
    return "" if value is None else str(value)
