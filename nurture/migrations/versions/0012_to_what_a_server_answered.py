"""To what a server answered, and which suppressions a person has lifted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from nurture.kernel.types import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql")


def upgrade() -> None:
    """Go forward."""
    op.add_column("attempt", sa.Column("stage", sa.String(length=8), nullable=True))
    op.create_table(
        "lifted_suppression",
        sa.Column("id", _ID, nullable=False),
        sa.Column("email_hash", sa.String(length=64), nullable=False),
        sa.Column("lead_id", _ID, nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("suppressed_at", UtcDateTime(), nullable=False),
        sa.Column("evidence", _JSON, nullable=True),
        sa.Column("lifted_at", UtcDateTime(), nullable=False),
        sa.Column("machine_at", UtcDateTime(), nullable=False),
        sa.Column("lifted_by", sa.String(length=80), nullable=False),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["lead.id"], name=op.f("fk_lifted_suppression_lead_id_lead")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lifted_suppression")),
    )
    op.create_index(
        op.f("ix_lifted_suppression_lead_id"), "lifted_suppression", ["lead_id"], unique=False
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_lifted_suppression_lead_id"), table_name="lifted_suppression")
    op.drop_table("lifted_suppression")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_column("stage")
