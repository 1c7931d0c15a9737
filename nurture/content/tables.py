"""What we have to say, and what each lead has had."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from nurture.kernel.database import Base
from nurture.kernel.types import Json, UtcDateTime, type_id, type_json


class Asset(Base):
    """One item of the content library."""

    __tablename__ = "asset"

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    kind: Mapped[str] = mapped_column(String(30))
    topics: Mapped[Json] = mapped_column(type_json)
    stage: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(200))
    teaser: Mapped[str] = mapped_column(String(600))
    access: Mapped[str] = mapped_column(String(10))
    """open, or form: behind the download form."""
    path: Mapped[str] = mapped_column(String(200))
    """Where clicks lead: a path below the base URL, or an https address."""
    body: Mapped[str] = mapped_column(default="")
    minutes: Mapped[int] = mapped_column(default=0)
    """How long it takes to read, 0 = not said."""
    active_from: Mapped[date | None]
    active_through: Mapped[date | None]
    event_on: Mapped[date | None]
    """The day of an event or webinar."""
    replay_from: Mapped[date | None]


class SeenAsset(Base):
    """A lead has had an asset, by whatever way (F34)."""

    __tablename__ = "asset_seen"
    __table_args__ = (UniqueConstraint("lead_id", "asset_id"),)

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    how: Mapped[str] = mapped_column(String(20))
    """mailed, downloaded, read."""
