"""Column types that both databases understand alike, and the names of ids."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NewType, TypeAlias

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

LeadId = NewType("LeadId", int)
UserId = NewType("UserId", int)
MessageId = NewType("MessageId", int)
EmailAddress = NewType("EmailAddress", str)

type_json = JSON().with_variant(JSONB(), "postgresql")
type_id = BigInteger().with_variant(Integer(), "sqlite")

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class UtcDateTime(TypeDecorator[datetime]):
    """Store aware instants; SQLite keeps them as naive UTC text of fixed width."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive instant: nobody knows what it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"A naive datetime reached the database: {value!r}. Give an aware UTC one."
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None] | None:
        """Take what PostgreSQL gives as it is: `make_engine` has it answer in UTC."""
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give the zone back that SQLite cannot keep."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC)
