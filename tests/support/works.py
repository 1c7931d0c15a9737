"""The transaction owner of tests: everything happens inside one transaction that is rolled back."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from nurture.kernel.clock import Clock
from nurture.kernel.work import Work, Works, keep_promises
from tests.support.databases import Database


class RolledBackWorks(Works):
    """Turn each transaction into a savepoint of the connection's own, which never commits."""

    def __init__(self, connection: Connection, clock: Clock, database: Database) -> None:
        super().__init__(connection.engine, clock)
        self.database = database
        self.is_untouched = True
        """Whether no transaction was begun yet."""
        self._connection = connection

    def move(self, connection: Connection) -> None:
        """Go on in another database, inside a transaction of its own that is rolled back."""
        super().__init__(connection.engine, self.clock)
        self._connection = connection

    @contextmanager
    def begin(self, actor: str, *, durable: bool = False) -> Iterator[Work]:
        del durable  # nothing of a test stays
        self.is_untouched = False
        with self._session() as session, session.begin():
            work = self._work(session, actor)
            yield work
            keep_promises(session, work)

    @contextmanager
    def read(self, actor: str) -> Iterator[Work]:
        with self._session() as session:
            try:
                yield self._work(session, actor)
            finally:
                session.rollback()

    def _session(self) -> Session:
        return Session(
            self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )

    def _work(self, session: Session, actor: str) -> Work:
        now, machine = self.clock.now(), self.clock.machine()
        return Work(session=session, now=now, machine=machine, actor=actor)
