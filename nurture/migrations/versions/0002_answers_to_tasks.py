"""Answers to tasks: who, the note, what stood before; what to say."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("script", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("done_by", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("note", sa.String(length=500), nullable=True))
        batch_op.add_column(
            sa.Column(
                "before",
                sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql"),
                nullable=True,
            )
        )
        batch_op.create_index(
            "ix_task_done",
            ["done_at"],
            unique=False,
            sqlite_where=sa.text("done_at IS NOT NULL"),
            postgresql_where=sa.text("done_at IS NOT NULL"),
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index("ix_task_done")
        batch_op.drop_column("before")
        batch_op.drop_column("note")
        batch_op.drop_column("done_by")
        batch_op.drop_column("script")
