"""Databases that go away and come back: a stopped server, an unreadable file, a held lock."""

import fcntl
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from nurture.kernel.clock import FrozenClock
from nurture.kernel.database import make_engine
from nurture.kernel.work import Works
from nurture.schema import METADATA
from tests.conftest import MONDAY
from tests.support.postgres import OwnCluster


class Outage(ABC):
    """A database that goes away and comes back."""

    def __init__(self, works: Works) -> None:
        self.works = works

    @abstractmethod
    def begin(self) -> None:
        """Take it away."""

    @abstractmethod
    def end(self) -> None:
        """Bring it back."""


class StoppedServer(Outage):
    """PostgreSQL is stopped, and whoever is connected is cut off."""

    def __init__(self, works: Works, cluster: OwnCluster) -> None:
        super().__init__(works)
        self._cluster = cluster
        self._away = False

    def begin(self) -> None:
        self._cluster.stop()
        self._away = True

    def end(self) -> None:
        if self._away:
            self._cluster.start()
        self._away = False


class UnreadableFile(Outage):
    """The file of SQLite is not where it was, and something else is there."""

    def begin(self) -> None:
        self.works.engine.dispose()
        self._file.rename(self._file.with_suffix(".away"))
        self._file.mkdir()

    def end(self) -> None:
        self._file.rmdir()
        self._file.with_suffix(".away").rename(self._file)

    @property
    def _file(self) -> Path:
        return Path(self.works.engine.url.database or "")


class HeldLock(Outage):
    """A writer of SQLite holds its lock and does not come to an end."""

    _handle = -1

    def begin(self) -> None:
        self._handle = os.open(f"{self.works.engine.url.database}.lock", os.O_RDWR | os.O_CREAT)
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def end(self) -> None:
        os.close(self._handle)


@contextmanager
def on_sqlite(home: Path, kind: type[Outage]) -> Iterator[Outage]:
    with open_database(f"sqlite:///{home / 'own.db'}") as works:
        yield kind(works)


@contextmanager
def on_postgresql() -> Iterator[Outage]:
    cluster, url = _cluster()
    name = f"t{os.urandom(6).hex()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    own = make_url(url).set(database=name).render_as_string(hide_password=False)
    with open_database(own) as works:
        outage = StoppedServer(works, cluster)
        try:
            yield outage
        finally:
            outage.end()


@cache
def _cluster() -> tuple[OwnCluster, str]:
    """Make the cluster that tests of this process stop and start; it ends with the run."""
    folder = Path(f"/tmp/no-{os.getpid()}-{os.urandom(3).hex()}")
    folder.mkdir(mode=0o755)
    cluster = OwnCluster(folder)
    return cluster, cluster.open()


@contextmanager
def open_database(url: str) -> Iterator[Works]:
    engine = make_engine(url)
    METADATA.create_all(engine)
    yield Works(engine, FrozenClock(MONDAY))
    engine.dispose()


@contextmanager
def outage_of(kind: str, home: Path) -> Iterator[Outage]:
    """Open a database of one's own that can be taken away in one of three ways."""
    match kind:
        case "stopped server":
            chosen = on_postgresql()
        case "unreadable file":
            chosen = on_sqlite(home, UnreadableFile)
        case _:
            chosen = on_sqlite(home, HeldLock)
    with chosen as found:
        yield found
