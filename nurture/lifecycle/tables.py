"""Which stage a lead is in, since when and why."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from nurture.kernel.database import Base
from nurture.kernel.types import UtcDateTime, type_id


class StageChange(Base):
    """One stretch of a lead in one stage; the open one has no end (Q01, Q02)."""

    __tablename__ = "stage_change"
    __table_args__ = (
        Index(
            "uq_stage_change_open",
            "lead_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index("ix_stage_change_at", "to_stage", "at"),
        Index("ix_stage_change_lead", "lead_id", "at"),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    from_stage: Mapped[str | None] = mapped_column(String(20))
    to_stage: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    machine_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(300))
    actor: Mapped[str] = mapped_column(String(80))
    definition_version: Mapped[int | None]
