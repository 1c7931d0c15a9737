"""A yes that waits to be confirmed from the mailbox itself."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from nurture.kernel.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "confirmation",
        sa.Column("id", _ID, nullable=False),
        sa.Column("lead_id", _ID, nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("email_hash", sa.String(length=64), nullable=False),
        sa.Column("basis", sa.String(length=30), nullable=False),
        sa.Column("evidence", _JSON, nullable=True),
        sa.Column("mailed", sa.Boolean(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("machine_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["lead.id"], name=op.f("fk_confirmation_lead_id_lead")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation")),
    )
    with op.batch_alter_table("confirmation", schema=None) as batch_op:
        batch_op.create_index("ix_confirmation_address", ["email_hash", "machine_at"], unique=False)
        batch_op.create_index("ix_confirmation_lead", ["lead_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("confirmation", schema=None) as batch_op:
        batch_op.drop_index("ix_confirmation_lead")
        batch_op.drop_index("ix_confirmation_address")
    op.drop_table("confirmation")
