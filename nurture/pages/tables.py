"""What people sent through forms, and how often forms were sent."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from nurture.kernel.database import Base
from nurture.kernel.types import Json, UtcDateTime, type_id, type_json


class Submission(Base):
    """One form that somebody sent; never lost, also when no lead comes of it (Q24)."""

    __tablename__ = "submission"
    __table_args__ = (
        Index("ix_submission_lead", "lead_id"),
        Index(
            "ix_submission_open",
            "standing",
            "at",
            sqlite_where=text("standing IN ('unproven', 'held')"),
            postgresql_where=text("standing IN ('unproven', 'held')"),
        ),
        UniqueConstraint("nonce"),
    )

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
    standing: Mapped[str] = mapped_column(String(20), default="proven", server_default="proven")
    """proven, unproven, discarded, or held where no lead came of it yet."""
    utm: Mapped[Json] = mapped_column(type_json, default=dict)
    """By which campaign its author came, for when the answers are proven."""
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was proven or discarded, where that came later than the form."""
    settled_by: Mapped[str | None] = mapped_column(String(200))
    """How or by whom."""


class FormPost(Base):
    """That a form was sent: counted for limits in machine time, and forgotten after a month.

    Neither the address nor the network can be read back: both are keyed hashes.
    """

    __tablename__ = "form_post"
    __table_args__ = (
        Index("ix_form_post_machine_at", "machine_at"),
        Index("ix_form_post_address", "email_hash", "machine_at"),
        Index("ix_form_post_network", "network", "machine_at"),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    machine_at: Mapped[datetime] = mapped_column(UtcDateTime)
    email_hash: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(32))
    """Of the /24 or /64 that it came from; "" where nobody knows."""
    mailed: Mapped[bool]
    """Whether it caused a mail to that address."""
    alerted: Mapped[bool]
    """Whether it caused alert mails to our own people."""
    proven: Mapped[bool]
    """Whether its author came by a link of a mail to that address."""
