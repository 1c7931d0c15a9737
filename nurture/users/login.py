"""Let people in: the same work, the same answer, whatever was wrong (X-16)."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, delete, func, insert, select, update

from nurture.kernel.types import UserId
from nurture.kernel.work import Work, Works
from nurture.users.errors import TooManyTries, WrongCredentials
from nurture.users.login_delays import (
    MOST_SPREAD_TRIES,
    MOST_WIDE_TRIES,
    PERIOD,
    LoginAttempts,
    TrySource,
    open_again,
)
from nurture.users.model import UserCard
from nurture.users.queries import get
from nurture.users.sessions import begin_session, end_sessions
from nurture.users.tables import LoginTry, User

_NO = "The e-mail address or the password is wrong."
_NOBODY = UserId(0)
_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Somebody whose password was right, and the session that it opened."""

    card: UserCard
    token: str


@dataclass(frozen=True, slots=True)
class _Credentials:
    user_id: UserId
    password_hash: str
    usable: bool


def account_of(email: str, *, key: bytes) -> str:
    """Hide an address that somebody logs in as, or tries to."""
    return _hidden(key, "account", email.strip().lower())


def authenticate(
    works: Works, email: str, password: str, *, source: TrySource, key: bytes
) -> LoggedIn:
    """Let somebody in, or refuse with one and the same sentence.

    The try is counted before the password is looked at, so that many at once count as many, and
    taken back when it was right. The slow hash is checked between two transactions: no writer waits
    for it. An unknown address takes the same way at the same time.
    """
    account = account_of(email, key=key)
    with works.read("login") as work:
        _refuse_early(work, account, source)
    with works.begin("login") as work:
        _one_at_a_time(work, account)
        refused = _wait(work, account, source)
        if refused is None:
            _count(work, account, source)
        credentials = _credentials(work, email.strip().lower())
    if refused is not None:
        raise TooManyTries.until(refused, now=works.clock.machine())

    fits = _fits(credentials.password_hash, password) and credentials.usable

    if not fits:
        raise WrongCredentials(_NO)
    with works.begin("login") as work:
        mine = (LoginTry.account == account, LoginTry.source == source.name)
        work.session.execute(delete(LoginTry).where(*mine))
        return LoggedIn(get(work, credentials.user_id), begin_session(work, credentials.user_id))


def hash_password(password: str) -> str:
    """Hash a password; this is slow on purpose, so do it outside of transactions."""
    return _hasher.hash(password)


def set_password_hash(work: Work, user_id: UserId, password_hash: str) -> None:
    """Give somebody a new password and end every session that the old one opened."""
    statement = update(User).where(User.id == user_id)
    work.session.execute(statement.values(password_hash=password_hash))
    end_sessions(work, user_id)


def _refuse_early(work: Work, account: str, source: TrySource) -> None:
    """Turn a flood away without writing anything."""
    until = _wait(work, account, source)
    if until is not None:
        raise TooManyTries.until(until, now=work.machine)


def _wait(work: Work, account: str, source: TrySource) -> datetime | None:
    """Tell until when this source has to wait; None when it may try now."""
    until = open_again(_tried(work, account, source))
    return until if until is not None and until > work.machine else None


def _tried(work: Work, account: str, source: TrySource) -> LoginAttempts:
    since = LoginTry.at > work.machine - PERIOD
    here = (LoginTry.account == account, LoginTry.source == source.name)
    wide = (LoginTry.account == account, LoginTry.wide == source.wide)
    others = (LoginTry.account == account, LoginTry.source != source.name)
    count = select(func.count()).select_from(LoginTry).where(since, *others)
    return LoginAttempts(
        here=_times(work, since, *here),
        wide=_times(work, since, *wide)[-MOST_WIDE_TRIES:],
        spread=()
        if source.shared
        else _times(work, since, LoginTry.source == source.name)[-MOST_SPREAD_TRIES:],
        elsewhere=work.session.scalar(count) or 0,
    )


def _times(work: Work, *conditions: ColumnElement[bool]) -> Sequence[datetime]:
    statement = select(LoginTry.at).where(*conditions).order_by(LoginTry.at)
    return work.session.scalars(statement).all()


def _count(work: Work, account: str, source: TrySource) -> None:
    work.session.execute(delete(LoginTry).where(LoginTry.at <= work.machine - PERIOD))
    row = {"account": account, "source": source.name, "wide": source.wide, "at": work.machine}
    work.session.execute(insert(LoginTry), [row])


def _one_at_a_time(work: Work, account: str) -> None:
    """Let tries on one account wait for each other, or many at once would all find room."""
    if work.session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(bytes.fromhex(account)[:8], signed=True)
        work.session.execute(select(func.pg_advisory_xact_lock(number)))


def _credentials(work: Work, email: str) -> _Credentials:
    statement = select(User.id, User.password_hash, User.active).where(User.email == email)
    row = work.session.execute(statement).one_or_none()
    if row is None or row.password_hash is None:
        return _Credentials(_NOBODY, _nobodys_hash(), usable=False)
    return _Credentials(UserId(row.id), row.password_hash, usable=row.active)


@cache
def _nobodys_hash() -> str:
    """Hash something once, so that an unknown address costs as much as a known one."""
    return _hasher.hash("nobody's password")


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _hidden(key: bytes, kind: str, words: str) -> str:
    return hmac.digest(key, f"{kind}\0{words}".encode(), "sha256")[:16].hex()
