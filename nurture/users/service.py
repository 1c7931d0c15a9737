"""Take people on, and note when they are away."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update

from nurture.kernel.database import upsert
from nurture.kernel.errors import Invalid
from nurture.kernel.types import UserId
from nurture.kernel.work import Work
from nurture.users.errors import NoSuchUser, Taken
from nurture.users.model import NewUser
from nurture.users.sessions import end_sessions
from nurture.users.tables import Absence, User


def apply(work: Work, people: Sequence[NewUser]) -> dict[str, UserId]:
    """Bring users into the state of a file; passwords, themes and leave stay. Tells their ids."""
    ids: dict[str, UserId] = {}
    for person in people:
        row = _row(person)
        statement = upsert(work.session, User).values({**row, **_FRESH})
        statement = statement.on_conflict_do_update(index_elements=["handle"], set_=row)
        work.session.execute(statement)
    for handle, user_id in work.session.execute(select(User.handle, User.id)):
        ids[handle] = UserId(user_id)
    for person in people:
        line = {"manager_id": _id(ids, person.manager), "deputy_id": _id(ids, person.deputy)}
        work.session.execute(update(User).where(User.handle == person.handle).values(line))
    work.session.expire_all()
    return {person.handle: ids[person.handle] for person in people}


def add(work: Work, person: NewUser) -> UserId:
    """Take one person on; who is here stays; manager and deputy must be here."""
    email = person.email.strip().lower()
    same = select(User).where(or_(User.handle == person.handle, User.email == email))
    if (taken := work.session.scalars(same.order_by(User.email != email)).first()) is not None:
        raise Taken(_taken(taken, person, email))
    return apply(work, [person])[person.handle]


def _taken(other: User, person: NewUser, email: str) -> str:
    if other.email == email:
        return (
            f"{other.name} logs in as {email} already. "
            f"`nurture user password {other.handle}` sets a new password."
        )
    return (
        f"“{person.handle}” is the short name of {other.name} already. "
        "Give another one with --handle."
    )


def set_active(work: Work, user_id: UserId, *, active: bool) -> None:
    """Let somebody work, or stop; stopping ends every session."""
    work.session.execute(update(User).where(User.id == user_id).values(active=active))
    if not active:
        end_sessions(work, user_id)


def set_theme(work: Work, user_id: UserId, theme: str) -> None:
    """Remember how somebody likes the console: auto, light or dark."""
    if theme not in ("auto", "light", "dark"):
        raise Invalid("Choose one of auto, light and dark.")
    work.session.execute(update(User).where(User.id == user_id).values(theme=theme))


def add_absence(work: Work, user_id: UserId, *, begins_at: datetime, ends_at: datetime) -> None:
    """Note that somebody gets no new leads from one instant to another."""
    if ends_at <= begins_at:
        raise Invalid("The last day of leave lies before the first: swap them.")
    row = {"user_id": user_id, "begins_at": begins_at, "ends_at": ends_at}
    work.session.execute(insert(Absence), [row])


def end_absence(work: Work, absence_id: int) -> None:
    """Let somebody get leads again from now on; leave that has not begun is taken back."""
    begun = Absence.begins_at < work.now
    work.session.execute(
        update(Absence).where(Absence.id == absence_id, begun).values(ends_at=work.now)
    )
    work.session.execute(delete(Absence).where(Absence.id == absence_id, ~begun))


_FRESH: dict[str, object] = {
    "active": True,
    "theme": "auto",
}


def _row(person: NewUser) -> dict[str, object]:
    return {
        "handle": person.handle,
        "name": person.name,
        "email": person.email.strip().lower(),
        "roles": [role.value for role in person.roles],
        "channel": None if person.channel is None else person.channel.value,
        "zone": person.zone,
        "country": person.country,
        "capacity": person.capacity,
        "firm": person.firm,
    }


def _id(ids: dict[str, UserId], handle: str | None) -> UserId | None:
    if handle is None:
        return None
    if handle not in ids:
        raise NoSuchUser(
            f"There is no user “{handle}” who could be manager or deputy: add them first."
        )
    return ids[handle]
