"""A person's manager is called so."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; every reporting line stays."""
    with op.batch_alter_table("app_user", schema=None) as batch_op:
        batch_op.alter_column("boss_id", new_column_name="manager_id")


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("app_user", schema=None) as batch_op:
        batch_op.alter_column("manager_id", new_column_name="boss_id")
