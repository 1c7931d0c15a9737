"""Who is logged in: one row a session, which ends on the server (X-17). Machine time throughout."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, delete, insert, or_, select, update

from nurture.kernel.types import UserId
from nurture.kernel.work import Work
from nurture.users.model import UserCard
from nurture.users.queries import card
from nurture.users.tables import LoginSession, User

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
NOTED_EVERY = timedelta(minutes=5)
"""A session's use is written down no more often than this: reading pages should not write."""
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class SessionReader:
    """Somebody with an open session."""

    card: UserCard
    worn: bool
    """It is time to note that the session is in use."""


def begin_session(work: Work, user_id: UserId) -> str:
    """Open a session; its token is known to the browser only, and the database holds a hash."""
    work.session.execute(delete(LoginSession).where(_over(work.machine)))
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    row = {
        "token_hash": _hash(token),
        "user_id": user_id,
        "begun_at": work.machine,
        "seen_at": work.machine,
    }
    work.session.execute(insert(LoginSession), [row])
    return token


def reader_of(work: Work, token: str) -> SessionReader | None:
    """Find who holds a session; None where it has ended, is too old, or the user may not log in."""
    statement = (
        select(User, LoginSession.seen_at)
        .join(LoginSession, LoginSession.user_id == User.id)
        .where(LoginSession.token_hash == _hash(token), User.active, ~_over(work.machine))
    )
    row = work.session.execute(statement).one_or_none()
    if row is None:
        return None
    return SessionReader(card(row[0]), worn=work.machine - row[1] >= NOTED_EVERY)


def note_use(work: Work, token: str) -> None:
    """Write down that a session is in use."""
    statement = update(LoginSession).where(LoginSession.token_hash == _hash(token))
    work.session.execute(statement.values(seen_at=work.machine))


def end_session(work: Work, token: str) -> None:
    """End one session: its cookie is worth nothing from now on."""
    work.session.execute(delete(LoginSession).where(LoginSession.token_hash == _hash(token)))


def end_sessions(work: Work, user_id: UserId) -> None:
    """End every session of somebody."""
    work.session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))


def _over(machine: datetime) -> ColumnElement[bool]:
    return or_(LoginSession.seen_at <= machine - IDLE, LoginSession.begun_at <= machine - LONGEST)


def _hash(token: str) -> str:
    """Hash a token; it is random, so that a quick hash is enough (OWASP ASVS 3.2)."""
    return sha256(token.encode()).hexdigest()
