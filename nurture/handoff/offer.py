"""Offer leads to sales: route, start the timers, tell the owner; all in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import bindparam, insert, update

from campaigns.conditions import Facts
from campaigns.routing import Route, route
from campaigns.sla import Deadlines, deadlines
from campaigns.vocabulary import Channel, HandoffState
from nurture.handoff.colleagues import (
    Colleague,
    Colleagues,
    candidates,
    colleagues,
    present,
    set_turn,
    turn,
)
from nurture.handoff.notifier import AlertKind, Notifier
from nurture.handoff.queries import UNREACHED, open_leads
from nurture.handoff.rules import Rules, first_chase
from nurture.handoff.tables import Handoff, HandoffEvent
from nurture.kernel.database import CHUNK, chunks, upsert
from nurture.kernel.errors import Invalid
from nurture.kernel.types import Json, LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead


@dataclass(frozen=True, slots=True)
class NewOffer:
    """A lead for sales, with what they are told; the packet speaks of topics, not behaviour."""

    lead_id: LeadId
    hot: bool
    facts: Facts
    """What routing asks for."""
    score: Mapping[str, Json]
    """{fit, engagement, grade} at this moment (Q08)."""
    reasons: tuple[str, ...]
    packet: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Offered:
    """Where a lead went: to a person, or into somebody's queue."""

    handoff_id: int
    lead_id: LeadId
    owner_id: UserId | None
    queue: str | None


@dataclass(frozen=True, slots=True)
class OfferPlace:
    """Who looks after an offer, by which timers, and why it is them."""

    owner_id: UserId | None
    queue: str | None
    answers: Colleague
    """Who is told, and in whose time the timers run: the owner, or whose queue it is."""
    channel: Channel
    deadlines: Deadlines
    reason: str


@dataclass(slots=True)
class OfferContext:
    """Gives places one after the other, counting hands and turns as it goes."""

    people: Colleagues
    rules: Rules
    turn: int
    now: datetime
    given: dict[str, int] = field(default_factory=dict)

    def place(self, facts: Facts, *, hot: bool, without: Collection[str] = ()) -> OfferPlace:
        """Route one lead; somebody in `without` has had it."""
        able = [
            replace(one, open=one.open + self.given.get(one.key, 0))
            for one in candidates(self.people, without=without)
        ]
        found = route(self.rules.routing, facts, able, turn=self.turn, now=self.now)
        self.turn = found.turn
        if found.owner:
            self.given[found.owner] = self.given.get(found.owner, 0) + 1
        return self._place(found, hot=hot)

    def give(self, colleague: Colleague, *, hot: bool, reason: str) -> OfferPlace:
        """Give one lead to a certain person."""
        self.given[colleague.handle] = self.given.get(colleague.handle, 0) + 1
        route_ = Route(colleague.handle, "", reason, reason, self.turn)
        return self._place(route_, hot=hot)

    def _place(self, found: Route, *, hot: bool) -> OfferPlace:
        answers = self.people.by_handle.get(found.owner or found.queue)
        if answers is None:
            raise Invalid(f"The routing rules name {found.owner or found.queue}, who is unknown.")
        answers = present(self.people, answers)
        channel = answers.channel if found.owner else Channel.MANAGER_QUEUE
        return OfferPlace(
            owner_id=answers.id if found.owner else None,
            queue=answers.handle if found.queue else None,
            answers=answers,
            channel=channel,
            deadlines=deadlines(
                self.rules.sla, channel, hot=hot, offered_at=self.now, hours=answers.hours
            ),
            reason=found.reason,
        )


def open_desk(work: Work, rules: Rules) -> OfferContext:
    """Load everybody and lock the turn; close the desk in the same transaction."""
    return OfferContext(people=colleagues(work), rules=rules, turn=turn(work), now=work.now)


def close_desk(work: Work, desk: OfferContext) -> None:
    """Write whose turn it is next."""
    set_turn(work, desk.turn)


def offer(
    work: Work, offers: Sequence[NewOffer], *, rules: Rules, notify: Notifier
) -> list[Offered]:
    """Offer leads; one that has an open offer already is passed over (Q09)."""
    if not offers:
        return []
    desk = open_desk(work, rules)
    taken = open_leads(work, [one.lead_id for one in offers])
    fresh = [one for one in offers if one.lead_id not in taken]
    places = {one.lead_id: desk.place(one.facts, hot=one.hot) for one in fresh}
    close_desk(work, desk)

    made = _insert(work, [_row(work, one, places[one.lead_id]) for one in fresh])

    log(work, [(one.handoff_id, AlertKind.OFFERED, _told(places[one.lead_id])) for one in made])
    own(work, {one.lead_id: places[one.lead_id] for one in made})
    for one in made:
        answers = places[one.lead_id].answers
        notify.alert(work, one.handoff_id, user_id=answers.id, kind=AlertKind.OFFERED)
    return made


def log(work: Work, events: Sequence[tuple[int, str, Mapping[str, Json]]]) -> None:
    """Write what happened to offers."""
    if events:
        work.session.execute(
            insert(HandoffEvent),
            [
                {
                    "handoff_id": handoff_id,
                    "kind": str(kind),
                    "at": work.now,
                    "actor": work.actor,
                    "detail": dict(detail),
                }
                for handoff_id, kind, detail in events
            ],
        )


def note_unreached(work: Work, handoff_id: int, *, to: UserId, words: str) -> None:
    """Write down that a mail about an offer came back from one of ours."""
    log(work, [(handoff_id, UNREACHED, {"to": int(to), "text": words[:200]})])


def own(work: Work, places: Mapping[LeadId, OfferPlace]) -> None:
    """Let the leads belong to whom they were given."""
    rows = [
        {"lead": lead_id, "owner": place.owner_id, "line": place.queue}
        for lead_id, place in places.items()
    ]
    if rows:
        work.session.connection().execute(
            update(Lead)
            .where(Lead.id == bindparam("lead"))
            .values(owner_id=bindparam("owner"), queue=bindparam("line"), changed_at=work.now),
            rows,
        )


def timers(place: OfferPlace) -> dict[str, object]:
    """List the columns that a new owner resets."""
    chase = first_chase(place.deadlines)
    return {
        "state": str(HandoffState.OFFERED),
        "owner_id": place.owner_id,
        "queue": place.queue,
        "channel": str(place.channel),
        "route_reason": place.reason[:300],
        "accept_by": place.deadlines.accept_by,
        "contact_by": place.deadlines.first_contact_by,
        "result_by": place.deadlines.result_by,
        "chase_at": chase.at,
        "chase_step": str(chase.step),
    }


def _row(work: Work, new: NewOffer, place: OfferPlace) -> dict[str, object]:
    return {
        **timers(place),
        "lead_id": new.lead_id,
        "hot": new.hot,
        "score": dict(new.score),
        "reasons": list(new.reasons),
        "packet": dict(new.packet),
        "offered_at": work.now,
        "machine_at": work.machine,
        "timer_from": work.now,
        "turn": 1,
    }


def _insert(work: Work, rows: Sequence[Mapping[str, object]]) -> list[Offered]:
    made: list[Offered] = []
    for chunk in chunks(rows, CHUNK):
        statement = (
            upsert(work.session, Handoff)
            .values(list(chunk))
            # The open-offer constraint arbitrates between two that offer one lead at once.
            .on_conflict_do_nothing()
            .returning(Handoff.id, Handoff.lead_id, Handoff.owner_id, Handoff.queue)
        )
        made += [
            Offered(
                handoff_id=handoff_id,
                lead_id=LeadId(lead_id),
                owner_id=None if owner_id is None else UserId(owner_id),
                queue=queue,
            )
            for handoff_id, lead_id, owner_id, queue in work.session.connection().execute(statement)
        ]
    return sorted(made, key=lambda one: one.handoff_id)


def _told(place: OfferPlace) -> dict[str, Json]:
    return {"to": place.answers.handle, "queue": place.queue, "why": place.reason}
