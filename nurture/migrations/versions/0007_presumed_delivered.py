"""When a mail that was maybe delivered was presumed delivered."""

import sqlalchemy as sa
from alembic import op

from nurture.kernel.types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("message", sa.Column("presumed_at", UtcDateTime(), nullable=True))
    op.create_index(
        "ix_message_doubt",
        "message",
        ["sent_at"],
        sqlite_where=sa.text("state = 'in_doubt'"),
        postgresql_where=sa.text("state = 'in_doubt'"),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_message_doubt", table_name="message")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("presumed_at")
