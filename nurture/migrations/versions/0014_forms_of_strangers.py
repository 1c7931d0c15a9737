"""What strangers say in forms waits for proof, and how often they say it is counted.

Whatever was sent before counts as proven, as it did then; what was set aside as a machine's is
held, so that a person sees it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from nurture.kernel.types import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql")
_OPEN = sa.text("standing IN ('unproven', 'held')")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "form_post",
        sa.Column("id", _ID, nullable=False),
        sa.Column("machine_at", UtcDateTime(), nullable=False),
        sa.Column("email_hash", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(length=32), nullable=False),
        sa.Column("mailed", sa.Boolean(), nullable=False),
        sa.Column("alerted", sa.Boolean(), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_post")),
    )
    with op.batch_alter_table("form_post", schema=None) as batch_op:
        batch_op.create_index("ix_form_post_machine_at", ["machine_at"], unique=False)
        batch_op.create_index("ix_form_post_address", ["email_hash", "machine_at"], unique=False)
        batch_op.create_index("ix_form_post_network", ["network", "machine_at"], unique=False)
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("standing", sa.String(length=20), server_default="proven", nullable=False)
        )
        batch_op.add_column(sa.Column("utm", _JSON, nullable=True))
        batch_op.add_column(sa.Column("settled_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("settled_by", sa.String(length=200), nullable=True))
        batch_op.create_index(
            "ix_submission_open",
            ["standing", "at"],
            unique=False,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        )
    op.execute("UPDATE submission SET standing = 'held' WHERE quarantine IS NOT NULL")


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index("ix_submission_open")
        batch_op.drop_column("settled_by")
        batch_op.drop_column("settled_at")
        batch_op.drop_column("utm")
        batch_op.drop_column("standing")
    op.drop_table("form_post")
