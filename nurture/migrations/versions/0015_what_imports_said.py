"""Which import said no to mail for whom, which of its rows repeat others; sources as typed."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "imported_refusal",
        sa.Column("id", _ID, nullable=False),
        sa.Column("import_id", _ID, nullable=False),
        sa.Column("email_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["import_run.id"],
            name=op.f("fk_imported_refusal_import_id_import_run"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_refusal")),
        sa.UniqueConstraint(
            "import_id", "email_hash", name=op.f("uq_imported_refusal_import_id_email_hash")
        ),
    )
    op.create_index("ix_imported_refusal_hash", "imported_refusal", ["email_hash"], unique=False)
    op.create_table(
        "import_repeat",
        sa.Column("id", _ID, nullable=False),
        sa.Column("import_id", _ID, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_run.id"], name=op.f("fk_import_repeat_import_id_import_run")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_repeat")),
        sa.UniqueConstraint("import_id", "row", name=op.f("uq_import_repeat_import_id_row")),
    )
    op.add_column(
        "import_run", sa.Column("repeated", sa.Integer(), server_default="0", nullable=False)
    )
    _note_old_refusals()
    _name_sources()


def downgrade() -> None:
    """Go back; sources keep their names."""
    op.drop_column("import_run", "repeated")
    op.drop_table("import_repeat")
    op.drop_index("ix_imported_refusal_hash", table_name="imported_refusal")
    op.drop_table("imported_refusal")


def _note_old_refusals() -> None:
    """Tie each no of a list to the import that its evidence names, if that import is there."""
    read = (
        "CAST(json_extract(evidence, '$.import') AS INTEGER)"
        if op.get_bind().dialect.name == "sqlite"
        else "CAST(evidence ->> 'import' AS BIGINT)"
    )
    op.execute(
        "INSERT INTO imported_refusal (import_id, email_hash) "  # noqa: S608 - one of two constants
        f"SELECT import_run.id, suppression.email_hash FROM suppression "
        f"JOIN import_run ON import_run.id = {read} WHERE suppression.reason = 'imported'"
    )


def _name_sources() -> None:
    """Give a source that was named by its key the capitals that somebody typed."""
    source = sa.table(
        "source",
        sa.column("id", sa.Integer),
        sa.column("key", sa.String),
        sa.column("name", sa.String),
    )
    bind = op.get_bind()
    for number, key, name in bind.execute(sa.select(source.c.id, source.c.key, source.c.name)):
        words = key.rpartition("/")[2].replace("_", " ")
        typed = words[:1].upper() + words[1:]
        if name == words.capitalize() and name != typed:
            bind.execute(sa.update(source).where(source.c.id == number).values(name=typed))
