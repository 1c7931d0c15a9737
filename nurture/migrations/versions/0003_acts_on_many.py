"""What was done to many leads at once, so that it can be taken back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from nurture.kernel.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "bulk_act",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("detail", _JSON, nullable=True),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_act")),
    )
    op.create_table(
        "bulk_change",
        sa.Column("id", _ID, nullable=False),
        sa.Column("act_id", _ID, nullable=False),
        sa.Column("lead_id", _ID, nullable=False),
        sa.Column("before", _JSON, nullable=True),
        sa.ForeignKeyConstraint(
            ["act_id"], ["bulk_act.id"], name=op.f("fk_bulk_change_act_id_bulk_act")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_bulk_change_lead_id_lead")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_change")),
        sa.UniqueConstraint("act_id", "lead_id", name=op.f("uq_bulk_change_act_id_lead_id")),
    )
    with op.batch_alter_table("bulk_change", schema=None) as batch_op:
        batch_op.create_index("ix_bulk_change_lead", ["lead_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("bulk_change", schema=None) as batch_op:
        batch_op.drop_index("ix_bulk_change_lead")
    op.drop_table("bulk_change")
    op.drop_table("bulk_act")
