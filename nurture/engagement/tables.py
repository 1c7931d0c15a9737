"""What prospects did: raw hits with their verdicts, and the timeline of activities."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from nurture.kernel.database import Base
from nurture.kernel.types import Json, UtcDateTime, type_id, type_json


class SpoolPosition(Base):
    """How far a spool file has been shipped; moves in the transaction that copies its hits."""

    __tablename__ = "spool_position"

    spool: Mapped[str] = mapped_column(String(80), primary_key=True)
    offset: Mapped[int] = mapped_column(type_id)
    shipped_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Hit(Base):
    """One request to a tracked link or pixel, as shipped from a host's spool."""

    __tablename__ = "hit"
    __table_args__ = (
        Index(
            "ix_hit_new",
            "id",
            sqlite_where=text("absorbed_at IS NULL"),
            postgresql_where=text("absorbed_at IS NULL"),
        ),
        Index(
            "ix_hit_settle",
            "settle_at",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
        Index("ix_hit_message", "message_id", "machine_at"),
        Index(
            "ix_hit_ruleset",
            "ruleset",
            "message_id",
            sqlite_where=text("settled_at IS NOT NULL"),
            postgresql_where=text("settled_at IS NOT NULL"),
        ),
        Index("ix_hit_window", "machine_at", "network"),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(1))
    """c click, o open, u a verified token with a link that this host does not know."""
    message_id: Mapped[int] = mapped_column(type_id)
    template_version_id: Mapped[int] = mapped_column(type_id)
    link: Mapped[str] = mapped_column(String(20))
    """n of the version's link table, or a<asset>."""
    method: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Business time."""
    machine_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Real time; gaps between hits are measured in it."""
    agent: Mapped[str] = mapped_column(String(60))
    """Family of the user agent, never the whole string (T-04)."""
    network: Mapped[str] = mapped_column(String(64))
    """HMAC of the /24 or /48 of the address; empty where it says nothing (T-04)."""
    prefetch: Mapped[bool] = mapped_column(default=False)
    verdict: Mapped[str] = mapped_column(String(20))
    reasons: Mapped[Json] = mapped_column(type_json, default=list)
    ruleset: Mapped[int] = mapped_column(default=0)
    absorbed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time; null until the absorb job has joined it to a lead."""
    settle_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time at which the verdict becomes final."""
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Activity(Base):
    """One row of a lead's timeline; append-only, a hit adds one when its verdict settles."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("ix_activity_lead", "lead_id", "at"),
        UniqueConstraint("origin"),
        Index("ix_activity_asset", "asset_id", "kind"),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Business time of the act."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"))
    name: Mapped[str | None] = mapped_column(String(80))
    """Form or page key, or topic of the act."""
    verdict: Mapped[str] = mapped_column(String(20))
    origin: Mapped[str] = mapped_column(String(80))
    """What it comes from, once: hit:17, submission:3, message:9, inbox:4."""
    detail: Mapped[Json] = mapped_column(type_json, default=dict)
