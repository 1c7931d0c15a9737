"""The one owner of transactions: `Works.begin` commits or rolls back, nobody else does."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from campaigns.vocabulary import JobName
from nurture.kernel.clock import Clock, pace_of
from nurture.kernel.database import WriterLock
from nurture.kernel.tables import OutboxEntry
from nurture.kernel.types import Json


@dataclass(slots=True)
class Work:
    """One transaction: its session, both times and who acts."""

    session: Session
    now: datetime
    """Business time, aware UTC, fixed for the whole transaction."""
    machine: datetime
    """Real time, aware UTC, fixed for the whole transaction."""
    actor: str
    """Who acts: `user:3`, `tick`, `worker`, `prospect`; it stands in every history."""
    pace: float = 1.0
    """How fast business time runs: what machines may take, told in it, is so many times more."""
    promises: list[tuple[JobName, Json]] = field(default_factory=list)

    def later(self, job: JobName, payload: Json = None) -> None:
        """Promise a job; it becomes an outbox row of this transaction, or nothing at all."""
        self.promises.append((job, payload))


class Works:
    """Open transactions and read-only snapshots on one database."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """Bind an engine to the clock whose times every `Work` carries."""
        self.engine = engine
        self.clock = clock
        self._lock = WriterLock.of(engine)
        self._pace = pace_of(clock)
        self._reader = engine.execution_options(nurture_reading=True)
        self._durable = engine.execution_options(nurture_durable=True)

    @property
    def one_writer(self) -> bool:
        """Tell whether writers wait for each other, as on SQLite; then none may take long."""
        return self._lock.waits

    @contextmanager
    def begin(self, actor: str, *, durable: bool = False) -> Iterator[Work]:
        """Write: return to commit, raise to roll back.

        `durable`: on the disk before it returns, also on SQLite, where a power cut may else undo
        the last commits; for what the world must not learn of before the database is sure.
        """
        now, machine = self.clock.now(), self.clock.machine()
        with (
            self._lock.held(),
            Session(self._durable if durable else self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            work = Work(session, now, machine, actor, pace=self._pace)
            yield work
            keep_promises(session, work)

    @contextmanager
    def read(self, actor: str) -> Iterator[Work]:
        """Read one snapshot; the database itself refuses writes."""
        now, machine = self.clock.now(), self.clock.machine()
        with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            if self.engine.dialect.name == "postgresql":
                session.connection().exec_driver_sql(
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
                )
            yield Work(session, now, machine, actor, pace=self._pace)


def keep_promises(session: Session, work: Work) -> None:
    """Turn what was promised into outbox rows of the same transaction."""
    session.flush()
    if work.promises:
        session.execute(insert(OutboxEntry), _rows(work.promises, at=work.machine))


def _rows(promises: Sequence[tuple[JobName, Json]], *, at: datetime) -> list[dict[str, object]]:
    return [{"job": str(job), "payload": payload, "created_at": at} for job, payload in promises]
