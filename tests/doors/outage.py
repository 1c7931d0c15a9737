"""Databases that go away and come back: a stopped server, an unreadable file, a held lock."""

import fcntl
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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

    def begin(self) -> None:
        self._cluster.stop()

    def end(self) -> None:
        self._cluster.start()


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
    folder = Path(f"/tmp/no-{os.getpid()}-{os.urandom(3).hex()}")
    folder.mkdir(mode=0o755)
    cluster = OwnCluster(folder)
    try:
        with open_database(cluster.open()) as works:
            yield StoppedServer(works, cluster)
    finally:
        cluster.stop()
        shutil.rmtree(folder)


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
