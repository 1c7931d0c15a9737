"""Which hits older rules have judged, found without reading all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; the verdicts stay until somebody has them judged again."""
    settled = sa.text("settled_at IS NOT NULL")
    op.create_index(
        "ix_hit_ruleset",
        "hit",
        ["ruleset", "message_id"],
        sqlite_where=settled,
        postgresql_where=settled,
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_hit_ruleset", table_name="hit")
