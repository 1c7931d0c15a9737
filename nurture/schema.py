"""Every table in one import, for migrations and for tests."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from nurture.consent import tables as consent
from nurture.content import tables as content
from nurture.engagement import tables as engagement
from nurture.handoff import tables as handoff
from nurture.kernel import tables as kernel
from nurture.kernel.database import Base, WriterLock
from nurture.kernel.log import logger
from nurture.leads import tables as leads
from nurture.lifecycle import tables as lifecycle
from nurture.mail import tables as mail
from nurture.pages import tables as pages
from nurture.published import tables as published
from nurture.scoring import tables as scoring
from nurture.tasks import tables as tasks
from nurture.tracks import tables as tracks
from nurture.users import tables as users

DOMAINS = (
    kernel,
    leads,
    users,
    consent,
    content,
    tracks,
    mail,
    engagement,
    pages,
    published,
    scoring,
    lifecycle,
    handoff,
    tasks,
)
METADATA = Base.metadata
LOOK_SECONDS = 2.0
WAITING = "The database needs an upgrade. Run `nurture db upgrade`; this process waits for it."


def alembic_config(connection: Connection) -> Config:
    """Point Alembic at our revisions and at an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, *, to: str = "head") -> None:
    """Bring a database to a revision; on SQLite other writers of this host wait."""
    with WriterLock.of(engine).held(), engine.begin() as connection:
        command.upgrade(alembic_config(connection), to)


def downgrade(engine: Engine, *, to: str = "base") -> None:
    """Take a database back to a revision."""
    with WriterLock.of(engine).held(), engine.begin() as connection:
        command.downgrade(alembic_config(connection), to)


def pending(engine: Engine) -> bool:
    """Tell whether the database lacks revisions that this code needs."""
    with engine.execution_options(nurture_reading=True).connect() as connection:
        scripts = ScriptDirectory.from_config(alembic_config(connection))
        here = MigrationContext.configure(connection).get_current_revision()
        return bool(here != scripts.get_current_head())


def await_tables(engine: Engine, stopped: Callable[[float], object]) -> None:
    """Say once that the database needs an upgrade, and wait until it has had it.

    `stopped` waits for so many seconds, and says whether to give up. A database that is away is
    not waited for: whoever works with it knows what to do then.
    """
    told = False
    while is_behind(engine):
        if not told:
            logger().warning("database_behind", reason=WAITING)
            told = True
        if stopped(LOOK_SECONDS):
            return
    if told:
        logger().info("database_upgraded")


def is_behind(engine: Engine) -> bool:
    """Tell whether a database that answers lacks revisions; one that is away is not behind."""
    try:
        return pending(engine)
    except (OperationalError, InterfaceError):
        return False


def drift(engine: Engine) -> list[object]:
    """List how the tables in the database differ from the code's."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA))
