"""The migrations make the tables that the code describes, on both databases, forth and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

from nurture import schema
from nurture.kernel.database import make_engine
from tests.support.databases import Database


@pytest.fixture
def empty(database: Database) -> Iterator[Engine]:
    url = database.fresh()
    engine = make_engine(url)
    with engine.begin() as connection:
        schema.METADATA.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    yield engine
    engine.dispose()
    database.drop(url)


def test_they_make_exactly_the_tables_of_the_code(empty: Engine) -> None:
    schema.upgrade(empty)
    assert schema.drift(empty) == []
    assert not schema.pending(empty)


def test_they_go_back_and_forth(empty: Engine) -> None:
    schema.upgrade(empty)
    schema.downgrade(empty)
    assert set(inspect(empty).get_table_names()) <= {"alembic_version"}
    assert schema.pending(empty)
    schema.upgrade(empty)
    assert schema.drift(empty) == []


def test_there_is_one_head() -> None:
    versions = Path(schema.__file__).parent / "migrations" / "versions"
    numbers = sorted(file.name.split("_")[0] for file in versions.glob("[0-9]*.py"))
    assert numbers == sorted(set(numbers))
