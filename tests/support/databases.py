"""A database with the whole schema for each test worker, and fresh copies of it on request."""

import os
import shutil
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

import psycopg
from alembic import command
from sqlalchemy import make_url

from nurture.kernel.database import make_engine
from nurture.schema import METADATA, alembic_config
from tests.support.postgres import server_url


def run_folder() -> Path:
    """Tell the folder of this run; all workers share it."""
    return Path(os.environ["NURTURE_TEST_RUN"])


def open_run() -> None:
    """Make the run's folder: short, for sockets, and open to the server's user."""
    folder = Path(tempfile.mkdtemp(prefix="nt-", dir="/tmp"))
    folder.chmod(0o755)
    os.environ["NURTURE_TEST_RUN"] = str(folder)
    os.environ["NURTURE_TEST_CONTROLLER"] = str(os.getpid())


def close_run() -> None:
    """Drop the folder; where a cluster runs, its guardian does so after stopping it."""
    if not (run_folder() / "postgres.url").exists():
        shutil.rmtree(run_folder(), ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Database:
    """One template with the schema, from which databases are copied."""

    kind: str
    template: str
    """A file on SQLite, the name of a database on PostgreSQL."""

    def fresh(self) -> str:
        """Copy the template; tell the copy's URL, for tests that commit or start processes."""
        name = f"t{uuid.uuid4().hex[:12]}"
        if self.kind == "sqlite":
            file = run_folder() / f"{name}.db"
            shutil.copyfile(self.template, file)
            return f"sqlite:///{file}"
        _execute(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}"')
        return _postgres_url(name)

    def drop(self, url: str) -> None:
        """Forget a copy, whoever is still connected to it."""
        name = make_url(url).database or ""
        if self.kind == "postgresql":
            _execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            return
        for suffix in ("", "-wal", "-shm", ".lock"):
            Path(name + suffix).unlink(missing_ok=True)


def make_database(kind: str, worker: str) -> Database:
    """Create this worker's template with every table."""
    name = f"template_{worker}"
    if kind == "sqlite":
        file = run_folder() / f"{name}.db"
        _create_tables(f"sqlite:///{file}")
        return Database(kind=kind, template=str(file))
    _execute(f'DROP DATABASE IF EXISTS "{name}"')
    _execute(f'CREATE DATABASE "{name}"')
    _create_tables(_postgres_url(name))
    return Database(kind=kind, template=name)


def _create_tables(url: str) -> None:
    engine = make_engine(url)
    METADATA.create_all(engine)  # tests/shape proves that the migrations make the same tables
    with engine.begin() as connection:
        command.stamp(alembic_config(connection), "head")
    if engine.dialect.name == "sqlite":
        with engine.connect().execution_options(nurture_reading=True) as connection:
            connection.exec_driver_sql("COMMIT")
            # A copy of the file must hold everything: nothing may stay in the log beside it.
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


def _postgres_url(name: str) -> str:
    url = make_url(server_url(run_folder())).set(database=name)
    return url.render_as_string(hide_password=False)


def _execute(statement: str) -> None:
    with psycopg.connect(server_url(run_folder()), autocommit=True) as connection:
        connection.execute(statement.encode())
