"""What a person must do, and what is parked until when."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from nurture.kernel.database import Base
from nurture.kernel.types import Json, UtcDateTime, type_id, type_json


class TaskRow(Base):
    """One thing to do by somebody, or a lead snoozed until a date."""

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("dedup_key"),
        Index(
            "ix_task_open",
            "due_at",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
        Index(
            "ix_task_done",
            "done_at",
            sqlite_where=text("done_at IS NOT NULL"),
            postgresql_where=text("done_at IS NOT NULL"),
        ),
        Index("ix_task_lead", "lead_id"),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    dedup_key: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(20))
    """call, wake, triage, ask, follow_up."""
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"))
    title: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(300))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    queue: Mapped[str | None] = mapped_column(String(60))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment.id"))
    step: Mapped[str | None] = mapped_column(String(60))
    outcomes: Mapped[Json] = mapped_column(type_json, default=dict)
    """outcome -> step of the track to go to."""
    script: Mapped[str | None] = mapped_column(String(60))
    """What to say, by its name in the company's file."""
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(40))
    done_by: Mapped[str | None] = mapped_column(String(80))
    note: Mapped[str | None] = mapped_column(String(500))
    holds_mail: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Marketing mail to its lead waits until it is answered."""
    before: Mapped[Json] = mapped_column(type_json)
    """What stood before the answer, for whoever takes it back."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
