"""Mail that came to us and that a person must look at."""

import sqlalchemy as sa
from alembic import op

from nurture.kernel.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "stray_mail",
        sa.Column("id", _ID, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("sender", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("why", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stray_mail")),
        sa.UniqueConstraint("key", name=op.f("uq_stray_mail_key")),
    )
    with op.batch_alter_table("stray_mail", schema=None) as batch_op:
        batch_op.create_index("ix_stray_mail_at", ["at"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("stray_mail", schema=None) as batch_op:
        batch_op.drop_index("ix_stray_mail_at")
    op.drop_table("stray_mail")
