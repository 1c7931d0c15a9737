"""By which of several relays a mail went."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("attempt", sa.Column("relay", sa.String(length=120), nullable=True))
    op.create_index(
        "ix_attempt_relay",
        "attempt",
        ["relay", "id"],
        sqlite_where=sa.text("relay IS NOT NULL"),
        postgresql_where=sa.text("relay IS NOT NULL"),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_attempt_relay", table_name="attempt")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_column("relay")
