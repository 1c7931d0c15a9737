"""What Alembic runs: on the connection that `nurture.schema.upgrade` gives it."""

from alembic import context
from sqlalchemy import Connection

from nurture.schema import METADATA

connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
