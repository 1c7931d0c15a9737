"""Where each lead stands: tracks, their immutable versions, enrolments and receipts."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from nurture.kernel.database import Base
from nurture.kernel.types import UtcDateTime, type_id


class TrackRow(Base):
    """A nurture track by name; what it does stands in its versions."""

    __tablename__ = "track"

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    priority: Mapped[int]
    """1 wins over 2 when both want the same lead (F47)."""
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    live_version_id: Mapped[int | None] = mapped_column(type_id)


class TrackVersion(Base):
    """One published text of a track; never changed afterwards."""

    __tablename__ = "track_version"
    __table_args__ = (UniqueConstraint("track_id", "number"),)

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id"))
    number: Mapped[int]
    text: Mapped[str]
    """YAML with its comments."""
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by: Mapped[str] = mapped_column(String(80))


class Enrolment(Base):
    """One run of one lead through one version of a track."""

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("lead_id", "track_id", "run"),
        Index(
            "ix_enrolment_due",
            "due_at",
            "id",
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
        Index("ix_enrolment_track", "track_id", "state", "step"),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("track_version.id"))
    run: Mapped[int]
    """1 for the first time, 2 for the second (re-entry)."""
    state: Mapped[str] = mapped_column(String(10))
    step: Mapped[str] = mapped_column(String(60))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When to look at it next; for a waiting branch its timeout (Q14: never null)."""
    arrived_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When this step was reached."""
    timeout_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    serial: Mapped[int] = mapped_column(default=0)
    """Messages planned in this run; (enrolment, step, serial) is a message's identity."""
    casts: Mapped[int] = mapped_column(default=0)
    """Items sent in the present visit of a stream."""
    outcome: Mapped[str] = mapped_column(String(40), default="")
    """The answer to the task that the lead waited for."""
    waiting_for: Mapped[str | None] = mapped_column(String(200))
    """What a branch waits for; evidence of it makes the enrolment due at once."""
    hold: Mapped[str | None] = mapped_column(String(20))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    exit_reason: Mapped[str | None] = mapped_column(String(20))


class ReceiptRow(Base):
    """What happened at a due step, also when nothing was sent (F156); append-only."""

    __tablename__ = "receipt"
    __table_args__ = (
        Index("ix_receipt_lead", "lead_id", "at"),
        Index("ix_receipt_enrolment", "enrolment_id"),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    step: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(String(300))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    dedup_key: Mapped[str | None] = mapped_column(String(64))
    """The message that this step planned."""
