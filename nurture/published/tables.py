"""Published texts and their versions."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from nurture.kernel.database import Base
from nurture.kernel.types import UtcDateTime, type_id


class PublishedText(Base):
    """One version of a library file, immutable; the highest number of its kind is in force."""

    __tablename__ = "rule_version"
    __table_args__ = (UniqueConstraint("kind", "number"),)

    id: Mapped[int] = mapped_column(type_id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    """The file's name without `.yaml`, as `LibraryFile` has it."""
    number: Mapped[int]
    text: Mapped[str]
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
