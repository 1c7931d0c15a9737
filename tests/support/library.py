"""The example library in force, published once for all tests of a worker that begin with it."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import Engine

from nurture.engagement import LinkFiles
from nurture.kernel.clock import FrozenClock
from nurture.kernel.database import make_engine
from nurture.kernel.work import Works
from nurture.runtime import Runtime
from nurture.usecases.publishing.publish import publish_library
from tests.support.databases import Database, run_folder
from tests.support.works import RolledBackWorks

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "campaigns" / "library"
MAILS = ROOT / "templates" / "mail"


@dataclass(frozen=True, slots=True)
class _Stand:
    """A database in which the library was published at one moment, and the links of its mails."""

    url: str
    engine: Engine
    links: Path


@dataclass
class Shelf:
    """What was published so far, by database and moment."""

    stands: dict[tuple[Database, datetime], _Stand] = field(default_factory=dict)
    open: ExitStack = field(default_factory=ExitStack)
    """Transactions of the present test, to be rolled back."""

    def stand(self, database: Database, moment: datetime) -> _Stand:
        """Publish in a database of its own, or find where this was done."""
        key = database, moment
        if key not in self.stands:
            url = database.fresh()
            home = Path(mkdtemp(prefix="library-", dir=run_folder()))
            engine = make_engine(url)
            publish(Works(engine, FrozenClock(moment)), LinkFiles(home))
            self.stands[key] = _Stand(url, engine, home / "links")
        return self.stands[key]

    def forget(self, database: Database) -> None:
        """Drop what was published in databases of this kind."""
        for key in [key for key in self.stands if key[0] == database]:
            stand = self.stands.pop(key)
            stand.engine.dispose()
            database.drop(stand.url)
            shutil.rmtree(stand.links.parent)


_shelf = Shelf()


def publish(works: Works, links: LinkFiles) -> None:
    """Publish the example library, as every installation begins."""
    publish_library(works, LIBRARY, mails=MAILS, links=links)


def put_in_force(here: Runtime) -> None:
    """Bring the example library into force; a test that begins with this finds it published."""
    works, clock = here.works, here.clock
    if not (isinstance(works, RolledBackWorks) and isinstance(clock, FrozenClock)):
        publish(works, here.links)
        return
    if not works.is_untouched:
        publish(works, here.links)
        return
    stand = _shelf.stand(works.database, clock.instant)
    connection = _shelf.open.enter_context(stand.engine.connect())
    _shelf.open.callback(connection.begin().rollback)
    works.move(connection)
    shutil.copytree(stand.links, here.home / "links", dirs_exist_ok=True)


@contextmanager
def rolled_back_after() -> Iterator[None]:
    """Roll back, in the end, what a test wrote beside the library."""
    try:
        yield
    finally:
        _shelf.open.close()


@contextmanager
def dropped_after(database: Database) -> Iterator[None]:
    """Drop, in the end, the databases in which the library was published."""
    try:
        yield
    finally:
        _shelf.forget(database)
