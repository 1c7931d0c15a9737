"""Bring this host's spool into the database while `nurture web` runs."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from campaigns.vocabulary import JobName
from nurture import engagement
from nurture.kernel import spool
from nurture.kernel.database import passing
from nurture.kernel.work import Works

ACTOR = "shipper"
SQLITE_LINES = 500
"""A writer must not hold SQLite over 100 ms."""
POSTGRESQL_LINES = 5_000

log = structlog.get_logger(__name__)


def ship_once(works: Works, home: Path) -> int:
    """Ship every complete line of this host, and delete the files that are done; count lines."""
    folder = home / "spool"
    paths = spool.files(folder)
    if not paths:
        return 0
    with works.read(ACTOR) as work:
        shipped = engagement.positions(work)
    return sum(_ship_file(works, path, shipped.get(path.name, 0)) for path in paths)


class Shipper:
    """Ship every second in a thread of its own; a failure waits for the next second.

    `replay` are what else this host has to tell the database; they go first.
    """

    def __init__(
        self,
        works: Works,
        home: Path,
        every: float = 1.0,
        *,
        replay_requests: Sequence[Callable[[], object]] = (),
    ) -> None:
        self._every = every
        self._tasks = (*replay_requests, lambda: ship_once(works, home))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="shipper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ship what there is and end."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        ended = False
        while not ended:
            ended = self._stopping.wait(self._every)
            for task in self._tasks:
                self._do(task)

    def _do(self, task: Callable[[], object]) -> None:
        try:
            task()
        except Exception as error:  # the outermost call of a thread: nobody else would hear of it
            if passing(error):
                log.warning("database_away")
            else:
                log.exception("shipping_failed")


def _ship_file(works: Works, path: Path, offset: int) -> int:
    # Asked before reading: what is written after this moment is found by the next call.
    over = spool.finished(path)
    lines = 0
    if _size(path) > offset:
        while moved := _ship_chunk(works, path):
            lines += moved
    if over:
        path.unlink(missing_ok=True)
        with works.begin(ACTOR) as work:
            # In this order: a file without its position would be shipped a second time.
            engagement.forget(work, path.name)
    return lines


def _ship_chunk(works: Works, path: Path) -> int:
    postgresql = works.engine.dialect.name == "postgresql"
    with works.begin(ACTOR) as work:
        limit = POSTGRESQL_LINES if postgresql else SQLITE_LINES
        moved = engagement.ship_next(work, path, limit=limit)
        if moved:
            work.later(JobName.ABSORB)
    return moved


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
