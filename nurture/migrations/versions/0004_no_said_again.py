"""When a no was last said once more, so that taking the first one back does not lose it."""

import sqlalchemy as sa
from alembic import op

from nurture.kernel.types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("suppression", sa.Column("again_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.drop_column("again_at")
