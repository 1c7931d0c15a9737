"""What we wrote and what became of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from nurture.kernel.database import Base
from nurture.kernel.types import Json, UtcDateTime, type_id, type_json


class TemplateVersion(Base):
    """One published text of a mail; never changed afterwards."""

    __tablename__ = "template_version"
    __table_args__ = (UniqueConstraint("key", "number"),)

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    key: Mapped[str] = mapped_column(String(60))
    number: Mapped[int]
    subject: Mapped[str]
    html: Mapped[str]
    text: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(String(64))
    compiled: Mapped[Json] = mapped_column(type_json)
    """What the sender fills; made once, by the compiler version that it names."""
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SendBatch(Base):
    """The unit of one send job; its id is all that the queue learns."""

    __tablename__ = "send_batch"

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Machine time."""


class Message(Base):
    """One mail to one address; its life is the table of moves in `rules.py`."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("dedup_key"),
        Index(
            "ix_message_due",
            "not_before",
            "id",
            sqlite_where=text("state IN ('planned','deferred')"),
            postgresql_where=text("state IN ('planned','deferred')"),
        ),
        Index(
            "ix_message_sending",
            "lease_until",
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
        Index(
            "ix_message_doubt",
            "sent_at",
            sqlite_where=text("state = 'in_doubt'"),
            postgresql_where=text("state = 'in_doubt'"),
        ),
        Index(
            "ix_message_batch",
            "batch_id",
            sqlite_where=text("state IN ('planned','deferred')"),
            postgresql_where=text("state IN ('planned','deferred')"),
        ),
        Index(
            "ix_message_handoff_id",
            "handoff_id",
            sqlite_where=text("handoff_id IS NOT NULL"),
            postgresql_where=text("handoff_id IS NOT NULL"),
        ),
        Index("ix_message_lead", "lead_id", "sent_at"),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    dedup_key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(200))
    """Why it is held, dropped, refused or in doubt; never null in those states (Q19)."""
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    """The recipient of an alert."""
    handoff_id: Mapped[int | None] = mapped_column(type_id)
    recipient: Mapped[str] = mapped_column(String(254))
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment.id"), index=True)
    step: Mapped[str | None] = mapped_column(String(60))
    template_version_id: Mapped[int] = mapped_column(ForeignKey("template_version.id"))
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"))
    context: Mapped[Json] = mapped_column(type_json, default=dict)
    """What only this message knows, such as the answer links of an alert."""
    planned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    """Business time."""
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time; set by a 4xx answer."""
    attempts: Mapped[int] = mapped_column(default=0)
    batch_id: Mapped[int | None] = mapped_column(type_id)
    """No foreign key: it would be checked for each message on its way out, and vouch for nothing
    but the name of a job."""
    batched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time; a batch that nobody claimed is made anew."""
    claim: Mapped[str | None] = mapped_column(String(40))
    """The journal that holds it while SENDING."""
    host: Mapped[str | None] = mapped_column(String(80))
    """Where that journal lies."""
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time."""
    date_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The Date header, fixed at the first claim (S-06)."""
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Business time of the dot, for SENT and IN_DOUBT alike."""
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Machine time of the state's evidence."""
    presumed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Business time at which a mail in doubt was presumed delivered; it stays in doubt."""
    reply: Mapped[str | None] = mapped_column(String(300))
    body_hash: Mapped[str | None] = mapped_column(String(64))


class SendAttempt(Base):
    """One answer of a server to one message; append-only (Q17)."""

    __tablename__ = "attempt"
    __table_args__ = (
        Index("ix_attempt_message", "message_id"),
        Index(
            "ix_attempt_relay",
            "relay",
            "id",
            sqlite_where=text("relay IS NOT NULL"),
            postgresql_where=text("relay IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    outcome: Mapped[str] = mapped_column(String(12))
    code: Mapped[int | None]
    reply: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Machine time."""
    relay: Mapped[str | None] = mapped_column(String(120))
    """Which of several relays it went by; null where there is one."""
    stage: Mapped[str | None] = mapped_column(String(8))
    """To what it was answered, such as rcpt or dot; null where nobody knows."""


class UnmatchedMailRow(Base):
    """A mail that came to us and that a person must look at, as far as it says what it is."""

    __tablename__ = "stray_mail"
    __table_args__ = (UniqueConstraint("key"), Index("ix_stray_mail_at", "at"))

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Machine time."""
    sender: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    why: Mapped[str] = mapped_column(String(300))
