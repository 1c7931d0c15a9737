"""What the benchmarks of sending share: planned mail, a sink, one worker, four connections."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import exists, func, or_, select

from campaigns.vocabulary import MessageState
from nurture import mail
from nurture.kernel.settings import Settings
from nurture.kernel.types import MessageId
from nurture.mail.service import BATCH
from nurture.mail.tables import Message
from nurture.mail.transport import Outgoing, SendOutcome, TransportResult
from nurture.usecases.delivery import send_batches
from nurture.usecases.journeys import advance
from tests.bench.instance import TUESDAY, Instance, add_leads, instance
from tests.bench.smtp import smtp_sink
from tests.support.sender import send_batch
from workers.queues import connect
from workers.relay import send_off
from workers.valkey import EmbeddedValkey

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Office:
    """An instance with mail to send, a sink to send it to, and a queue with one worker."""

    one: Instance
    port: int
    queue: str

    def plan(self, count: int) -> int:
        """Plan so many welcome mails, and put them in batches."""
        add_leads(self.one.here, count, due=TUESDAY)
        planned = 0
        while planned < count:
            planned += advance.advance(
                self.one.here.works, limit=500, journey=self.one.here.journey
            ).planned
        return planned

    def through_the_queue(self, count: int) -> float:
        """Tell the messages per second from the first batch to the last recorded answer."""
        before = self._sent()
        queue, began = connect(self.queue), time.perf_counter()
        send_off(self.one.here.works, queue, batches=count // BATCH + 1)
        while self._is_under_way():
            time.sleep(0.01)
        took = time.perf_counter() - began
        assert self._sent() - before == count
        return count / took

    def directly(self, count: int) -> float:
        """Do the same in this process, batch by batch, without any queue."""
        before, post = self._sent(), self.one.here.post()
        began = time.perf_counter()
        first = self._batches(count)[0]
        for _ in send_batches.deliver(self.one.here.works, first, post=post, seconds=600):
            pass
        took = time.perf_counter() - began
        assert self._sent() - before == count
        return count / took

    def size(self) -> int:
        """Weigh the mail that is planned next, and count it as sent."""
        scale = Scale()
        post = replace(self.one.here.post(), transport=scale)
        for batch in self._batches(self.plan(1)):
            send_batch(self.one.here.works, batch, post=post)
        return scale.size

    def _batches(self, count: int) -> list[int]:
        with self.one.here.works.begin("bench") as work:
            return mail.batch_due(work, batches=count // BATCH + 1)

    def _is_under_way(self) -> bool:
        """Ask in a way that costs the sender nothing: two indexes hold only what is under way."""
        with self.one.here.works.read("bench") as work:
            waits = exists().where(Message.state.in_([MessageState.PLANNED, MessageState.DEFERRED]))
            leaves = exists().where(Message.state == MessageState.SENDING)
            return bool(work.session.scalar(select(or_(waits, leaves))))

    def _sent(self) -> int:
        with self.one.here.works.read("bench") as work:
            query = select(func.count()).where(Message.state == MessageState.SENT)
            return work.session.scalar(query) or 0


@dataclass(slots=True)
class Scale:
    """A transport that sends nothing and remembers how long the last message was."""

    size: int = 0

    def send_batch(
        self,
        messages: Iterable[Outgoing],
        *,
        before_dot: Callable[[MessageId], None],
        on_reply: Callable[[TransportResult], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """Accept everything."""
        assert not should_stop()
        for one in messages:
            self.size = len(one.data)
            before_dot(one.message_id)
            on_reply(TransportResult(one.message_id, SendOutcome.SENT, 250))


@contextmanager
def office() -> Iterator[Office]:
    """Start everything; stop it when the block ends."""
    with smtp_sink() as port, instance("postgresql", smtp_url=f"smtp://127.0.0.1:{port}") as one:
        valkey = EmbeddedValkey(one.home)
        valkey.start()
        worker = subprocess.Popen(
            [sys.executable, "-m", "workers", "worker"],
            cwd=ROOT,
            env=surroundings(one.here.settings, valkey.url),
            stderr=subprocess.DEVNULL,
        )
        try:
            yield Office(one, port, valkey.url)
        finally:
            worker.terminate()
            worker.wait(60)
            valkey.stop()


def surroundings(settings: Settings, queue: str) -> dict[str, str]:
    """Name an instance to another process, in its environment."""
    return {
        **os.environ,
        "NURTURE_HOME": str(settings.home),
        "NURTURE_DATABASE_URL": settings.database,
        "NURTURE_SMTP_URL": settings.smtp_url or "",
        "NURTURE_REDIS_URL": queue,
        "NURTURE_CLOCK": settings.clock,
    }
