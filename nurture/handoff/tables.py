"""The passage to sales: offers, their timers, and whose turn it is."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from nurture.kernel.database import Base
from nurture.kernel.types import Json, UtcDateTime, type_id, type_json


class Handoff(Base):
    """One offer of one lead to sales; at most one is open (Q09)."""

    __tablename__ = "handoff"
    __table_args__ = (
        Index(
            "uq_handoff_open",
            "lead_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(
            "ix_handoff_chase",
            "chase_at",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_handoff_owner", "owner_id", "closed_at"),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    state: Mapped[str] = mapped_column(String(12))
    """HandoffState: offered, accepted, contacted, closed."""
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    queue: Mapped[str | None] = mapped_column(String(60))
    channel: Mapped[str] = mapped_column(String(20))
    hot: Mapped[bool]
    route_reason: Mapped[str] = mapped_column(String(300))
    score: Mapped[Json] = mapped_column(type_json)
    """{fit, engagement, grade} when offered (Q08)."""
    reasons: Mapped[Json] = mapped_column(type_json)
    """Up to three sentences: why now."""
    packet: Mapped[Json] = mapped_column(type_json)
    """What sales got: who, topics, BANT known and unknown, recent acts."""
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    machine_at: Mapped[datetime] = mapped_column(UtcDateTime)
    timer_from: Mapped[datetime] = mapped_column(UtcDateTime)
    accept_by: Mapped[datetime] = mapped_column(UtcDateTime)
    contact_by: Mapped[datetime] = mapped_column(UtcDateTime)
    result_by: Mapped[datetime] = mapped_column(UtcDateTime)
    chase_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When to remind, escalate or reassign next."""
    chase_step: Mapped[str] = mapped_column(String(12))
    """remind, escalate, reassign, or none once escalated to the top."""
    turn: Mapped[int] = mapped_column(default=1)
    """How many owners it has had."""
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    contacted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(20))
    """rejected, won, lost, recycled, withdrawn."""
    reason: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(String(500))


class HandoffEvent(Base):
    """What happened to an offer; append-only."""

    __tablename__ = "handoff_event"
    __table_args__ = (Index("ix_handoff_event_handoff", "handoff_id", "at"),)

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    handoff_id: Mapped[int] = mapped_column(ForeignKey("handoff.id"))
    kind: Mapped[str] = mapped_column(String(20))
    """offered, reminded, escalated, reassigned, accepted, contacted, rejected, undone."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(80))
    detail: Mapped[Json] = mapped_column(type_json, default=dict)


class Turn(Base):
    """Whose turn it is in a round robin; updated in the offer's transaction."""

    __tablename__ = "handoff_turn"

    pool: Mapped[str] = mapped_column(String(60), primary_key=True)
    count: Mapped[int]
