"""Whether we may write: permissions given and addresses that are never written to."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from nurture.kernel.database import Base
from nurture.kernel.types import Json, UtcDateTime, type_id, type_json


class Permission(Base):
    """Why we may write to a lead, when it was given, and on what evidence (GDPR Art. 7(1))."""

    __tablename__ = "permission"
    __table_args__ = (
        Index(
            "uq_permission_open",
            "lead_id",
            "channel",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    channel: Mapped[str] = mapped_column(String(10), default="mail")
    basis: Mapped[str] = mapped_column(String(30))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    evidence: Mapped[Json] = mapped_column(type_json, default=dict)
    """Text version, page, form, import and row, network prefix."""


class Suppression(Base):
    """An address that is never written to; kept as a keyed hash, so that it outlives erasure."""

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("email_hash"),)

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    email_hash: Mapped[str] = mapped_column(String(64))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"), index=True)
    reason: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Business time."""
    machine_at: Mapped[datetime] = mapped_column(UtcDateTime)
    evidence: Mapped[Json] = mapped_column(type_json, default=dict)
    again_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was last said once more, for whatever reason; the first one's time stays."""


class LiftedSuppression(Base):
    """A suppression that a person took back: what it was, who did it and why; append-only."""

    __tablename__ = "lifted_suppression"

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    email_hash: Mapped[str] = mapped_column(String(64))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"), index=True)
    reason: Mapped[str] = mapped_column(String(20))
    suppressed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    evidence: Mapped[Json] = mapped_column(type_json, default=dict)
    lifted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Business time."""
    machine_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lifted_by: Mapped[str] = mapped_column(String(80))
    why: Mapped[str] = mapped_column(String(300))


class ImportedRefusal(Base):
    """A no that an import said; it goes with the import, unless somebody else said it too."""

    __tablename__ = "imported_refusal"
    __table_args__ = (
        UniqueConstraint("import_id", "email_hash"),
        Index("ix_imported_refusal_hash", "email_hash"),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    email_hash: Mapped[str] = mapped_column(String(64))


class Confirmation(Base):
    """A yes from a form that somebody has yet to confirm from the mailbox itself (D-25)."""

    __tablename__ = "confirmation"
    __table_args__ = (
        Index("ix_confirmation_lead", "lead_id"),
        Index("ix_confirmation_address", "email_hash", "machine_at"),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    channel: Mapped[str] = mapped_column(String(10))
    email_hash: Mapped[str] = mapped_column(String(64))
    """So that an address is not asked too often, also when its lead is erased."""
    basis: Mapped[str] = mapped_column(String(30))
    evidence: Mapped[Json] = mapped_column(type_json)
    mailed: Mapped[bool]
    """False where the address had been asked often enough."""
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    machine_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When nobody waited for an answer any more."""
