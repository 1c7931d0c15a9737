"""Sessions and wrong passwords as rows. Everybody has to log in again once."""

import sqlalchemy as sa
from alembic import op

from nurture.kernel.types import UtcDateTime, type_id

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "login_session",
        sa.Column("id", type_id, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", type_id, nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_login_session_user_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
    )
    op.create_index("ix_login_session_user_id", "login_session", ["user_id"])
    op.create_table(
        "login_try",
        sa.Column("id", type_id, nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("wide", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_try")),
    )
    op.create_index("ix_login_try_account", "login_try", ["account", "at"])
    op.create_index("ix_login_try_source", "login_try", ["source", "at"])
    op.create_index("ix_login_try_at", "login_try", ["at"])
    for column in ("session_epoch", "failed_logins", "locked_until"):
        op.drop_column("app_user", column)


def downgrade() -> None:
    """Go back."""
    op.add_column("app_user", sa.Column("locked_until", UtcDateTime(), nullable=True))
    for column in ("failed_logins", "session_epoch"):
        op.add_column(
            "app_user", sa.Column(column, sa.Integer(), nullable=False, server_default="0")
        )
    op.drop_table("login_try")
    op.drop_table("login_session")
