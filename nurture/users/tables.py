"""Who may use the product, and when they are away."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from nurture.kernel.database import Base
from nurture.kernel.types import Json, UtcDateTime, type_id, type_json


class User(Base):
    """Somebody who logs in or answers alert mails."""

    __tablename__ = "app_user"

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    handle: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    roles: Mapped[Json] = mapped_column(type_json)
    channel: Mapped[str | None] = mapped_column(String(20))
    zone: Mapped[str] = mapped_column(String(60), default="UTC")
    country: Mapped[str | None] = mapped_column(String(2))
    """Whose holidays stop the timers."""
    capacity: Mapped[int] = mapped_column(default=20)
    firm: Mapped[str | None] = mapped_column(String(120))
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    active: Mapped[bool] = mapped_column(default=True)
    theme: Mapped[str] = mapped_column(String(10), default="auto")


class LoginSession(Base):
    """One login of somebody, for as long as it lasts (machine time)."""

    __tablename__ = "login_session"
    __table_args__ = (Index("ix_login_session_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of what the browser holds: who reads the database cannot use it."""
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LoginTry(Base):
    """One wrong password, kept for an hour (machine time); who and whence are hashes."""

    __tablename__ = "login_try"
    __table_args__ = (
        Index("ix_login_try_account", "account", "at"),
        Index("ix_login_try_source", "source", "at"),
        Index("ix_login_try_at", "at"),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    account: Mapped[str] = mapped_column(String(32))
    """The address that was typed, whether it is somebody's or not."""
    source: Mapped[str] = mapped_column(String(32))
    wide: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Absence(Base):
    """A stretch in which somebody gets no new leads (business time)."""

    __tablename__ = "absence"
    __table_args__ = (Index("ix_absence_user", "user_id", "begins_at"),)

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    begins_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
