"""Lists on their way in are kept in the database, where every host reads them."""

import re

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from nurture.kernel.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), "postgresql")
_PUT_BEFORE = re.compile(r"[0-9a-f]{12}-(?=.)")
"""What stood before the name of a list that came through the console."""


def upgrade() -> None:
    """Go forward; an import that is not through yet has to be started anew."""
    op.create_table(
        "import_file",
        sa.Column("id", _ID, nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("kept_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_file")),
    )
    op.create_table(
        "import_chunk",
        sa.Column("file_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["import_file.id"], name=op.f("fk_import_chunk_file_id_import_file")
        ),
        sa.PrimaryKeyConstraint("file_id", "number", name=op.f("pk_import_chunk")),
    )
    # Altered in place: on SQLite a table that others point at cannot be made anew.
    number = "BIGINT" if op.get_bind().dialect.name == "postgresql" else "INTEGER"
    op.execute(
        f"ALTER TABLE import_run ADD COLUMN file_id {number}"
        " CONSTRAINT fk_import_run_file_id_import_file REFERENCES import_file (id)"
    )
    op.drop_column("import_run", "path")
    op.drop_column("import_run", "fingerprint")
    _make_drafts()
    _show_names_alone()


def downgrade() -> None:
    """Go back."""
    op.drop_table("import_draft")
    op.drop_column("import_run", "file_id")
    for name, length in (("path", 400), ("fingerprint", 64)):
        op.add_column(
            "import_run",
            sa.Column(name, sa.String(length=length), nullable=False, server_default=""),
        )
    op.drop_table("import_chunk")
    op.drop_table("import_file")


def _make_drafts() -> None:
    op.create_table(
        "import_draft",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("shown", sa.String(length=200), nullable=False),
        sa.Column("file_id", _ID, nullable=False),
        sa.Column("told", _JSON, nullable=True),
        sa.Column("job", sa.String(length=20), nullable=False),
        sa.Column("payload", _JSON, nullable=True),
        sa.Column("asked", sa.String(length=16), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=False),
        sa.Column("found", _JSON, nullable=True),
        sa.Column("import_id", _ID, nullable=True),
        sa.Column("moved_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["import_file.id"], name=op.f("fk_import_draft_file_id_import_file")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_run.id"], name=op.f("fk_import_draft_import_id_import_run")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_draft")),
        sa.UniqueConstraint("name", name=op.f("uq_import_draft_name")),
    )


def _show_names_alone() -> None:
    run = sa.table("import_run", sa.column("id", _ID), sa.column("file_name", sa.String()))
    bind = op.get_bind()
    for number, name in bind.execute(sa.select(run.c.id, run.c.file_name)).all():
        if shown := _PUT_BEFORE.sub("", name, count=1) if _PUT_BEFORE.match(name) else "":
            bind.execute(sa.update(run).where(run.c.id == number).values(file_name=shown))
