"""Which tasks marketing mail waits for: the answers to replies that nobody has answered yet."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; a reply that is still to be answered holds mail from now on."""
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("holds_mail", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    task = sa.table(
        "task",
        sa.column("holds_mail", sa.Boolean()),
        sa.column("dedup_key", sa.String()),
        sa.column("done_at", sa.DateTime()),
    )
    waiting = task.c.dedup_key.like("reply|%") & task.c.done_at.is_(None)
    op.execute(task.update().where(waiting).values(holds_mail=sa.true()))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_column("holds_mail")
