"""What the name servers tell of the domains that people have mailboxes at."""

import sqlalchemy as sa
from alembic import op

from nurture.kernel.types import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "mail_host",
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("gateway", sa.String(length=40), nullable=True),
        sa.Column("takes_mail", sa.Boolean(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("ask_after", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_mail_host")),
    )
    with op.batch_alter_table("mail_host", schema=None) as batch_op:
        batch_op.create_index("ix_mail_host_ask_after", ["ask_after"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("mail_host", schema=None) as batch_op:
        batch_op.drop_index("ix_mail_host_ask_after")
    op.drop_table("mail_host")
