"""Find what is due and move it; several ticks at once are correct, one is enough."""

import argparse
import gc
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from redis import Redis
from redis.exceptions import RedisError

from campaigns.vocabulary import JobName
from nurture import mail, pages, runtime, schema
from nurture.kernel import outbox, shared_values
from nurture.kernel.database import passing
from nurture.kernel.database_errors import explaining_the_database, words_of
from nurture.kernel.errors import Refusal, Unavailable
from nurture.kernel.log import configure, logger
from nurture.kernel.work import Work
from nurture.runtime import Runtime
from nurture.usecases.delivery import host_lookups, recover
from nurture.usecases.intake import confirmation, stored_lists, take_in
from nurture.usecases.journeys import advance
from nurture.usecases.responses import evidence, hit_processing, poll_mailbox
from nurture.usecases.sales import handoff_answers, promotion
from workers.queues import connect, queue, queue_url, seen_workers
from workers.relay import relay_once, send_off
from workers.watch import Watcher

EVERY_SECONDS = 1.0
SWEEP_SECONDS = 10.0
"""How often leftovers are looked for: dead senders, forgotten hits, late hand-offs."""
BREAK = timedelta(minutes=1)
"""After a longer one, hosts have as long to settle their own journals before others give up."""
WORKERS_SECONDS = 3.0
"""How often it is looked which workers report to the queue."""
QUEUE_SECONDS = 5.0
"""A queue that takes a question and never answers must not hold the tick."""
BATCH = 500
MOST_STEPS = 10
"""Batches of due steps in one pass: with a crowd, the first mail does not wait for the last."""
MOST_WAITING = 8
"""Jobs in the queue from which on no more mail is put in batches; the database is the queue."""


@dataclass(slots=True)
class Pulse:
    """When this process last passed (machine time)."""

    last: datetime | None = None
    queue_away: str | None = None
    """What was last said of the queue; None = nothing yet."""
    looked: float = -WORKERS_SECONDS
    """When workers were last looked for, by the process's own clock."""
    behind: bool = False
    """Whether it was said that the tables are not those of this version."""

    def looks_for_workers(self) -> bool:
        """Tell whether it is time to look again who reports to the queue."""
        now = time.monotonic()
        if now - self.looked < WORKERS_SECONDS:
            return False
        self.looked = now
        return True

    def begins(self, now: datetime) -> bool:
        """Tell of its first pass, and of the first after this host has slept."""
        first = self.last is None or now - self.last > mail.LONGEST_GAP
        self.last = now
        return first


@dataclass(slots=True)
class Reach:
    """Since when this process has reached the database without a break (machine time)."""

    since: datetime | None = None
    last: datetime | None = None

    def steady(self, now: datetime) -> bool:
        """Tell whether other hosts have had time to settle their own journals since then."""
        if self.since is None or self.last is None or now - self.last > BREAK:
            self.since = now
        self.last = now
        return now - self.since >= BREAK


@dataclass(frozen=True, slots=True)
class TickProcess:
    """One process's tick: `pass_once` does all that is due now and tells how much it was."""

    here: Runtime
    connection: Redis
    watcher: Watcher = field(default_factory=Watcher)
    pulse: Pulse = field(default_factory=Pulse)
    reach: Reach = field(default_factory=Reach)

    def pass_once(self, *, sweep: bool = True) -> int:
        """Do everything that is due; a part that fails never stops the others."""
        done = 0
        for part in self._parts(sweep=sweep):
            try:
                done += part()
            except Refusal as refusal:
                logger().warning("refused", name=part.__name__, reason=refusal.sentence)
            except Exception as error:  # noqa: BLE001 - the outermost call of a process: the other parts go on
                if behind := words_of(error, behind_only=True):
                    self._say_behind(behind)
                    return done
                if passing(error):
                    # One line a pass: what fails without a database fails for every part.
                    logger().warning("database_away", name=part.__name__)
                    return done
                logger().exception("failed", name=part.__name__)
            else:
                self.pulse.behind = False
        return done

    def _say_behind(self, words: str) -> None:
        """Say once that the tables are not those of this version; nothing can go on until then."""
        if not self.pulse.behind:
            logger().warning("tables_behind", reason=words)
        self.pulse.behind = True

    def _parts(self, *, sweep: bool) -> Sequence[Callable[[], int]]:
        quick = (self._reap, self._settle, self._advance, self._batch, self._relay)
        slow = (
            self._absorb,
            self._resume_imports,
            self._collect,
            self._look_up,
            self._recheck,
            self._chase,
            self._release,
            self._resume,
            self._presume,
            self._forget,
        )
        # The audit comes last: what is due goes first.
        return (*slow, *quick, self._watch) if sweep else quick

    def _advance(self) -> int:
        """Go on while steps are due, before mail is given out: the next one may call a mail off."""
        done = 0
        for _ in range(MOST_STEPS):
            due = advance.advance(self.here.works, limit=BATCH, journey=self.here.journey).due
            done += due
            if not due:
                break
        return done

    def _batch(self) -> int:
        away, waiting, seen = self._ask_the_queue()
        room = 0 if away else MOST_WAITING - waiting
        with self.here.works.begin("tick") as work:
            self.beat(work)
            for name, at in seen.items():
                shared_values.beat(work, name, seen=at)
            self._say_of_the_queue(work, away)
            share = mail.pace(work) if room > 0 else 0
        if away:
            raise Unavailable(away)
        return send_off(self.here.works, self.connection, batches=room, marketing=share)

    def _ask_the_queue(self) -> tuple[str, int, dict[str, datetime]]:
        """Tell why the queue is away, how many jobs wait there, and which workers report to it."""
        try:
            return "", queue(self.connection).count, self._workers()
        except RedisError:
            return "The queue does not answer; mail waits in the database.", 0, {}

    def _workers(self) -> dict[str, datetime]:
        """Look who reports, every few seconds."""
        if not self.pulse.looks_for_workers():
            return {}
        return seen_workers(self.connection)

    def _say_of_the_queue(self, work: Work, away: str) -> None:
        """Leave for people why the queue is away; most of the time there is nothing to write."""
        if away != self.pulse.queue_away:
            shared_values.put(work, shared_values.QUEUE_AWAY, new=away)
            self.pulse.queue_away = away

    def beat(self, work: Work) -> None:
        """Say that this tick is alive, and first look whether all ticks were away.

        Where business time runs fast or steps, a gap of real time says nothing of it.
        """
        real = self.here.settings.clock == "real"
        if self.pulse.begins(work.machine):
            mail.know_relays(work, self.here.relays)
            if real and mail.end_outage(work, role="tick"):
                logger().warning("stood_still")
        shared_values.beat(work, f"tick@{self.here.host}:{os.getpid()}")

    def _relay(self) -> int:
        return relay_once(self.here.works, self.connection)

    def _presume(self) -> int:
        with self.here.works.begin("tick") as work:
            return mail.presume_delivered(work)

    def _forget(self) -> int:
        with self.here.works.begin("tick") as work:
            forgotten = outbox.forget_relayed(work) + mail.forget_unmatched(work)
            forgotten += mail.forget_batches(work) + pages.forget_counts(work)
        return forgotten + stored_lists.forget(self.here.works)

    def _settle(self) -> int:
        here = self.here
        settled = hit_processing.settle(
            here.works,
            limit=BATCH,
            facts=evidence.message_facts,
            then=lambda work, settled: evidence.weigh_settled(work, settled, journey=here.journey),
        )
        return len(settled.activities)

    def _absorb(self) -> int:
        here = self.here
        return hit_processing.absorb(
            here.works, limit=BATCH, facts=evidence.message_facts, patience=here.patience
        )

    def _reap(self) -> int:
        here = self.here
        journals = here.home / "journals"
        with here.works.read("tick") as work:  # which fails while the database is away
            others = self.reach.steady(work.machine)
        return recover.reap(
            here.works, journals=journals, host=here.host, secret=here.secret, others=others
        )

    def _resume_imports(self) -> int:
        return take_in.resume_stalled(self.here.works)

    def _recheck(self) -> int:
        return promotion.recheck_due(self.here.works, limit=BATCH, notify=self.here.notify)

    def _chase(self) -> int:
        return handoff_answers.chase(self.here.works, limit=BATCH, notify=self.here.notify)

    def _look_up(self) -> int:
        """Ask for what the name servers tell; without a network, nothing waits for it."""
        with self.here.works.begin("tick") as work:
            who = f"{self.here.host}:{os.getpid()}/{secrets.token_hex(4)}"
            if host_lookups.due(work, who=who):
                work.later(JobName.LOOK_UP)
        return 0

    def _collect(self) -> int:
        """Ask for the mailbox to be read; whoever reads it may take as long as its server does."""
        if not self.here.settings.inbox_url.get_secret_value():
            return 0
        with self.here.works.begin("tick") as work:
            # Each attempt is a holder of its own: who has just asked waits for the minute, too.
            who = f"{self.here.host}:{os.getpid()}/{secrets.token_hex(4)}"
            if poll_mailbox.due(work, who=who):
                work.later(JobName.COLLECT)
        return 0

    def _release(self) -> int:
        """Before the rests end: nobody is asked what to do with who never confirmed."""
        return confirmation.release(self.here.works, limit=BATCH)

    def _resume(self) -> int:
        return handoff_answers.resume(self.here.works, limit=BATCH)

    def _watch(self) -> int:
        """Check the promises beside the tick; it makes no work, so nothing follows at once."""
        self.watcher.look(self.here.works, who=f"{self.here.host}:{os.getpid()}")
        return 0


def run(tick: TickProcess, *, stopped: threading.Event) -> None:
    """Pass every second, at once again while there is work, until asked to stop."""
    since_sweep = SWEEP_SECONDS
    while not stopped.is_set():
        sweep = since_sweep >= SWEEP_SECONDS
        done = tick.pass_once(sweep=sweep)
        since_sweep = 0.0 if sweep else since_sweep + EVERY_SECONDS
        if not done:
            stopped.wait(EVERY_SECONDS)


@explaining_the_database()
def main(arguments: Sequence[str]) -> int:
    """Run the tick: `python -m workers tick`."""
    argparse.ArgumentParser(prog="python -m workers tick", description=main.__doc__).parse_args(
        arguments
    )
    here = runtime.start()
    configure(json=here.settings.log_format == "json")
    stopped = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda _sign, _frame: stopped.set())
    schema.await_tables(here.works.engine, stopped.wait)
    connection = connect(queue_url(here.settings), patience=QUEUE_SECONDS)
    gc.freeze()  # what stays for good is not looked through again with every batch
    run(TickProcess(here, connection), stopped=stopped)
    return 0
