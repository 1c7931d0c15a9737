"""How warm they are: the ledger, and the score derived from it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from nurture.kernel.database import Base
from nurture.kernel.types import UtcDateTime, type_id


class LedgerRow(Base):
    """Points that one act or fact gave under one rule; append-only, mended by counter-entries."""

    __tablename__ = "score_ledger"
    __table_args__ = (UniqueConstraint("origin"), Index("ix_score_ledger_lead", "lead_id", "at"))

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    axis: Mapped[str] = mapped_column(String(10))
    """fit or engagement."""
    rule: Mapped[str] = mapped_column(String(60))
    rule_group: Mapped[str] = mapped_column(String(60))
    rule_version: Mapped[int]
    points: Mapped[float]
    """After caps, before decay."""
    given: Mapped[float]
    """Before caps: what the rule says."""
    half_life_days: Mapped[float | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    intent: Mapped[bool] = mapped_column(default=False)
    act: Mapped[str | None] = mapped_column(String(80), index=True)
    """The activity's origin; null for facts."""
    origin: Mapped[str] = mapped_column(String(160))
    """rule group and act, once."""
    words: Mapped[str] = mapped_column(String(200))
    """How the waterfall names it."""


class ScoreRow(Base):
    """The score of a lead, derived from its ledger (Q21)."""

    __tablename__ = "score"
    __table_args__ = (
        Index("ix_score_due", "recheck_at"),
        Index("ix_score_log", "engagement_log2"),
    )

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), primary_key=True)
    fit: Mapped[float] = mapped_column(default=0.0)
    engagement: Mapped[float] = mapped_column(default=0.0)
    """Forward-decayed accumulator of the half-life class, as of `as_of`."""
    steady: Mapped[float] = mapped_column(default=0.0)
    """Points that do not decay."""
    as_of: Mapped[datetime] = mapped_column(UtcDateTime)
    engagement_log2: Mapped[float | None]
    """log2(engagement) + as_of in half-lives: orders leads by decayed score at any instant."""
    grade: Mapped[str] = mapped_column(String(2), default="C3")
    """As of `as_of`; the grid's cell."""
    recheck_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the cell or a definition may change by time alone."""
    rule_version: Mapped[int] = mapped_column(default=1)
