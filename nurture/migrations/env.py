"""What Alembic runs: on the connection that `nurture.schema.upgrade` gives it."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from nurture.kernel.types import UtcDateTime
from nurture.schema import METADATA


def _plain_names(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write our own column type by its name."""
    return "UtcDateTime()" if kind == "type" and isinstance(item, UtcDateTime) else False


connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=True,
    compare_type=True,
    render_item=_plain_names,
)
with context.begin_transaction():
    context.run_migrations()
