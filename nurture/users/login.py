"""Let people in: the same work, the same answer, whatever was wrong (X-16)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import case, select, update

from nurture.kernel.types import UserId
from nurture.kernel.work import Work, Works
from nurture.users.errors import WrongCredentials
from nurture.users.model import UserCard
from nurture.users.queries import get
from nurture.users.tables import User

TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
_NO = "The e-mail address or the password is wrong. After five wrong passwords wait 15 minutes."
_NOBODY = UserId(0)
_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class _Credentials:
    user_id: UserId
    password_hash: str
    usable: bool


def authenticate(works: Works, email: str, password: str) -> UserCard:
    """Let somebody in, or refuse with one and the same sentence.

    The slow hash is checked between two transactions: no writer waits for it. A wrong password
    is counted in a transaction that is kept, so that the refusal does not undo the count.
    """
    with works.read("login") as work:
        credentials = _credentials(work, email.strip().lower(), at=work.machine)
    fits = _fits(credentials.password_hash, password) and credentials.usable
    with works.begin("login") as work:
        # An unknown address updates no row, but takes the same way.
        _note(work, credentials.user_id, fits=fits, usable=credentials.usable)
        if fits:
            return get(work, credentials.user_id)
    raise WrongCredentials(_NO)


def hash_password(password: str) -> str:
    """Hash a password; this is slow on purpose, so do it outside of transactions."""
    return _hasher.hash(password)


def set_password_hash(work: Work, user_id: UserId, password_hash: str) -> None:
    """Give somebody a new password and end every session that the old one opened."""
    statement = update(User).where(User.id == user_id)
    work.session.execute(
        statement.values(
            password_hash=password_hash,
            failed_logins=0,
            locked_until=None,
            session_epoch=User.session_epoch + 1,
        )
    )


def end_sessions(work: Work, user_id: UserId) -> None:
    """End every session of somebody: on their wish, or when a role was taken away (X-17)."""
    statement = update(User).where(User.id == user_id)
    work.session.execute(statement.values(session_epoch=User.session_epoch + 1))


def _credentials(work: Work, email: str, *, at: datetime) -> _Credentials:
    statement = select(User.id, User.password_hash, User.active, User.locked_until)
    row = work.session.execute(statement.where(User.email == email)).one_or_none()
    if row is None or row.password_hash is None:
        return _Credentials(_NOBODY, _nobodys_hash(), usable=False)
    locked = row.locked_until is not None and row.locked_until > at
    return _Credentials(UserId(row.id), row.password_hash, usable=row.active and not locked)


@cache
def _nobodys_hash() -> str:
    """Hash something once, so that an unknown address costs as much as a known one."""
    return _hasher.hash("nobody's password")


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _note(work: Work, user_id: UserId, *, fits: bool, usable: bool) -> None:
    """Count a wrong password; a locked account is not counted on, or it would never open."""
    statement = update(User).where(User.id == user_id)
    if fits:
        work.session.execute(statement.values(failed_logins=0, locked_until=None))
    elif usable:
        full = User.failed_logins + 1 >= TRIES
        work.session.execute(
            statement.values(
                failed_logins=case((full, 0), else_=User.failed_logins + 1),
                locked_until=case((full, work.machine + LOCKED_FOR), else_=User.locked_until),
            )
        )
