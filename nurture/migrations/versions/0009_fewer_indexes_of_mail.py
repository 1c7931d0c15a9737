"""What a message carries through its states: fewer index entries, one foreign key less.

A message changes its state three times on its way out, and each time every index that holds it
gets another entry: two of them now hold only the messages that are looked for by them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WAITS = sa.text("state IN ('planned','deferred')")
_ALERTS = sa.text("handoff_id IS NOT NULL")


def upgrade() -> None:
    """Go forward."""
    op.drop_index("ix_message_batch", "message")
    op.drop_index("ix_message_handoff_id", "message")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_constraint("fk_message_batch_id_send_batch", type_="foreignkey")
    op.create_index(
        "ix_message_batch", "message", ["batch_id"], sqlite_where=_WAITS, postgresql_where=_WAITS
    )
    op.create_index(
        "ix_message_handoff_id",
        "message",
        ["handoff_id"],
        sqlite_where=_ALERTS,
        postgresql_where=_ALERTS,
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_message_batch", "message")
    op.drop_index("ix_message_handoff_id", "message")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_foreign_key(
            "fk_message_batch_id_send_batch", "send_batch", ["batch_id"], ["id"]
        )
    op.create_index("ix_message_batch", "message", ["batch_id"])
    op.create_index("ix_message_handoff_id", "message", ["handoff_id"])
