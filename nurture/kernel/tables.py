"""The kernel's own rows: promises, what came in once, clocks, switches and leases."""

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from nurture.kernel.database import Base
from nurture.kernel.types import Json, UtcDateTime, type_id, type_json


class OutboxEntry(Base):
    """A promise to the queue, made in the transaction that it belongs to."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_open", "relayed_at", "id"),)

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    job: Mapped[str] = mapped_column(String(40))
    payload: Mapped[Json] = mapped_column(type_json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    relayed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class InboxEntry(Base):
    """What came in from outside, once per source and external id (S-15)."""

    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("source", "external_id"),)

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    external_id: Mapped[str] = mapped_column(String(200))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Setting(Base):
    """A value that all processes share and that people or the clock change."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Json] = mapped_column(type_json)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(80))


class Lease(Base):
    """Who does a job that only one may do at a time, such as a tick's sweep."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class Heartbeat(Base):
    """When a process of a role was last alive (machine time)."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
