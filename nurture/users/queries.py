"""Who is there, who may get leads, who is away."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select

from campaigns.vocabulary import Channel, Role
from nurture.kernel.errors import NotFound
from nurture.kernel.types import Json, UserId
from nurture.kernel.work import Work
from nurture.users.errors import NoSuchUser
from nurture.users.model import AbsenceRow, SalesCandidate, UserCard
from nurture.users.tables import Absence, User

_TAKES_LEADS = frozenset({Role.SALES, Role.DEALER})


def find(work: Work, user_id: UserId) -> UserCard | None:
    """Find somebody; None for an id that nobody has."""
    row = work.session.get(User, user_id)
    return None if row is None else card(row)


def get(work: Work, user_id: UserId) -> UserCard:
    """Find somebody, or refuse."""
    found = find(work, user_id)
    if found is None:
        raise NoSuchUser(f"There is no user {user_id}.")
    return found


def by_handle(work: Work, handle: str) -> UserCard:
    """Find somebody by the short name that routing and campaigns use, or refuse."""
    row = work.session.scalar(select(User).where(User.handle == handle))
    if row is None:
        raise NoSuchUser(f"There is no user “{handle}”.")
    return card(row)


def by_name_or_email(work: Work, who: str) -> UserCard:
    """Find somebody by short name or by the address of the login; a refusal says who is there."""
    named = or_(User.handle == who, User.email == who.strip().lower())
    row = work.session.scalar(select(User).where(named))
    if row is None:
        there = ", ".join(sorted(one.handle for one in everybody(work)))
        raise NoSuchUser(
            f"There is no user “{who}”. There are: {there}."
            if there
            else f"There is no user “{who}”, nor any other: "
            "`nurture publish` brings those of users.yaml, `nurture user add` takes one on."
        )
    return card(row)


def by_ids(work: Work, user_ids: Iterable[UserId]) -> dict[UserId, UserCard]:
    """Find several people."""
    statement = select(User).where(User.id.in_(set(user_ids)))
    return {UserId(row.id): card(row) for row in work.session.scalars(statement)}


def everybody(work: Work) -> list[UserCard]:
    """List all users by name, also those who left."""
    return [card(row) for row in work.session.scalars(select(User).order_by(User.name, User.id))]


def candidates(work: Work, *, at: datetime) -> list[SalesCandidate]:
    """List who may get leads: active sales people and dealers, in id order."""
    gone = away(work, at=at)
    people = work.session.scalars(select(User).where(User.active).order_by(User.id))
    cards = [card(row) for row in people]
    return [
        SalesCandidate(
            user_id=one.id,
            handle=one.handle,
            name=one.name,
            channel=one.channel,
            roles=one.roles,
            zone=one.zone,
            country=one.country,
            capacity=one.capacity,
            away=one.id in gone,
        )
        for one in cards
        if one.roles & _TAKES_LEADS
    ]


def away(work: Work, *, at: datetime) -> set[UserId]:
    """Tell who is absent at an instant of business time."""
    statement = select(Absence.user_id).where(Absence.begins_at <= at, Absence.ends_at > at)
    return {UserId(user_id) for user_id in work.session.scalars(statement)}


def absences(work: Work, user_id: UserId) -> list[AbsenceRow]:
    """List somebody's absences, the first first."""
    statement = select(Absence).where(Absence.user_id == user_id).order_by(Absence.begins_at)
    return [
        AbsenceRow(row.id, UserId(row.user_id), row.begins_at, row.ends_at)
        for row in work.session.scalars(statement)
    ]


def absences_of(work: Work, user_ids: Iterable[UserId], *, since: datetime) -> list[AbsenceRow]:
    """List absences of several people that are not over yet, the first first."""
    statement = (
        select(Absence)
        .where(Absence.user_id.in_(set(user_ids)), Absence.ends_at > since)
        .order_by(Absence.begins_at, Absence.id)
    )
    return [
        AbsenceRow(row.id, UserId(row.user_id), row.begins_at, row.ends_at)
        for row in work.session.scalars(statement)
    ]


def get_absence(work: Work, absence_id: int) -> AbsenceRow:
    """Find a note of leave, or refuse."""
    row = work.session.get(Absence, absence_id)
    if row is None:
        raise NotFound("This absence was taken back already.")
    return AbsenceRow(row.id, UserId(row.user_id), row.begins_at, row.ends_at)


def card(row: User) -> UserCard:
    """Turn a row into a value without its secrets."""
    return UserCard(
        id=UserId(row.id),
        handle=row.handle,
        name=row.name,
        email=row.email,
        roles=_roles(row.roles),
        channel=None if row.channel is None else Channel(row.channel),
        zone=row.zone,
        country=row.country,
        capacity=row.capacity,
        firm=row.firm,
        manager_id=None if row.manager_id is None else UserId(row.manager_id),
        deputy_id=None if row.deputy_id is None else UserId(row.deputy_id),
        active=row.active,
        theme=row.theme,
    )


def _roles(value: Json) -> frozenset[Role]:
    return frozenset(Role(str(role)) for role in value) if isinstance(value, list) else frozenset()
