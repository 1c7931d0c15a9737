"""Who can take leads, when they work, and whose turn it is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import func, select, update

from campaigns.routing import RoutingCandidate
from campaigns.timing import Calendar, Hours
from campaigns.vocabulary import Channel
from nurture.handoff.tables import Handoff, Turn
from nurture.kernel.database import insert_ignoring
from nurture.kernel.types import UserId
from nurture.kernel.work import Work
from nurture.users.tables import Absence, User

POOL = "sales"


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of ours, as far as offers need to know."""

    id: UserId
    handle: str
    name: str
    channel: Channel
    hours: Hours
    manager_id: UserId | None
    deputy_id: UserId | None
    candidate: RoutingCandidate


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Everybody, by handle and by id."""

    by_handle: Mapping[str, Colleague]
    by_id: Mapping[UserId, Colleague]


def colleagues(work: Work) -> Colleagues:
    """Load everybody with their absences and open offers."""
    away = set(
        work.session.scalars(
            select(Absence.user_id).where(Absence.begins_at <= work.now, Absence.ends_at > work.now)
        )
    )
    held = work.session.execute(
        select(Handoff.owner_id, func.count())
        .where(Handoff.closed_at.is_(None), Handoff.owner_id.is_not(None))
        .group_by(Handoff.owner_id)
    )
    open_offers = {UserId(owner_id): count for owner_id, count in held if owner_id is not None}
    people = [
        _colleague(user, away=user.id in away, open_offers=open_offers.get(UserId(user.id), 0))
        for user in work.session.scalars(select(User).order_by(User.id))
    ]
    return Colleagues(
        by_handle={one.handle: one for one in people}, by_id={one.id: one for one in people}
    )


def present(people: Colleagues, one: Colleague) -> Colleague:
    """Give somebody, or who stands in once they are disabled: the deputy, else the next manager.

    Where none of these is active either, the rules still mean the one whom they name.
    """
    seen, asked = {one.id}, one
    while not asked.candidate.active:
        others = (
            people.by_id.get(each or UserId(0)) for each in (asked.deputy_id, asked.manager_id)
        )
        left = [other for other in others if other is not None and other.id not in seen]
        after = next((other for other in left if other.candidate.active), None) or next(
            iter(left[::-1]), None
        )
        if after is None:
            return one
        seen.add(after.id)
        asked = after
    return asked


def candidates(people: Colleagues, *, without: Collection[str]) -> list[RoutingCandidate]:
    """List whom routing may choose from; somebody in `without` has had the lead and was late."""
    return [replace(one.candidate, had=one.handle in without) for one in people.by_id.values()]


def turn(work: Work) -> int:
    """Read the round-robin counter and keep it locked until the offers stand."""
    insert_ignoring(work.session, Turn, [{"pool": POOL, "count": 0}])
    found = work.session.scalar(select(Turn.count).where(Turn.pool == POOL).with_for_update())
    return found or 0


def set_turn(work: Work, count: int) -> None:
    """Move the counter on."""
    work.session.connection().execute(update(Turn).where(Turn.pool == POOL).values(count=count))


def _colleague(user: User, *, away: bool, open_offers: int) -> Colleague:
    return Colleague(
        id=UserId(user.id),
        handle=user.handle,
        name=user.name,
        channel=Channel(user.channel) if user.channel else Channel.MANAGER_QUEUE,
        hours=Hours(user.zone, Calendar(user.country or "")),
        manager_id=None if user.manager_id is None else UserId(user.manager_id),
        deputy_id=None if user.deputy_id is None else UserId(user.deputy_id),
        candidate=RoutingCandidate(
            key=user.handle,
            name=user.name,
            active=user.active,
            away=away,
            capacity=user.capacity,
            open=open_offers,
        ),
    )
