"""What people sent through forms."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from nurture.kernel.database import Base
from nurture.kernel.types import Json, UtcDateTime, type_id, type_json


class Submission(Base):
    """One form that somebody sent; never lost, also when no lead comes of it (Q24)."""

    __tablename__ = "submission"
    __table_args__ = (Index("ix_submission_lead", "lead_id"), UniqueConstraint("nonce"))

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64))
    """From the form's signed token: sending twice is once."""
    form: Mapped[str] = mapped_column(String(60))
    page: Mapped[str] = mapped_column(String(60))
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    machine_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answers: Mapped[Json] = mapped_column(type_json)
    consent_version: Mapped[str | None] = mapped_column(String(40))
    quarantine: Mapped[str | None] = mapped_column(String(200))
    """Why no lead came of it."""
    promised_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
