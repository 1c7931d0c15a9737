"""Whatever is killed, nothing is sent twice and nothing is lost (B1-B3, F-01..F-08, F-18..F-20)."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select

from campaigns.vocabulary import MessageKind, MessageState
from nurture import mail
from nurture.kernel.types import Json
from nurture.kernel.work import Works
from nurture.mail.tables import Message
from nurture.usecases.publishing.check_library import kind_of
from tests.faults.counting_sink import CountingSink
from tests.faults.installation import Installation, installed, prepared
from workers.valkey import recorded_url

MESSAGES = int(os.environ.get("KILL_TEST_MESSAGES", "3000"))
KILLS = int(os.environ.get("KILL_TEST_KILLS", "60"))
CONNECTIONS = 4
WORKERS = 2
LEASE = 5
STOPPED_FOR = LEASE + 2
TERMINAL = {MessageState.SENT, MessageState.REFUSED, MessageState.DROPPED, MessageState.IN_DOUBT}
SUPERVISED = {"workers worker": 6, "workers tick": 3, "nurture.web.serve": 3, "valkey-server": 3}
"""How often each is killed in sixty; oftener, and the supervisor's pauses fill the time."""


@dataclass
class Killed:
    """What was done to an installation."""

    by_name: Counter[str] = field(default_factory=Counter)
    stopped: bool = False
    flushed: bool = False

    @property
    def count(self) -> int:
        return self.by_name.total()


@pytest.mark.slow
def test_sixty_kills_send_nothing_twice_and_lose_nothing(home: Path, fresh_url: str) -> None:
    # Each message takes its time, so that there is always somebody to kill in the middle of one.
    began = time.monotonic()
    with CountingSink(cut=0.01, delay=0.05) as sink:
        settings = {
            "NURTURE_DATABASE_URL": fresh_url,
            "NURTURE_SMTP_URL": f"smtp://127.0.0.1:{sink.port}",
            "NURTURE_WORKERS": str(WORKERS),
            "NURTURE_LEASE_SECONDS": str(LEASE),
            "NURTURE_SMTP_CONNECTIONS": str(CONNECTIONS),
        }
        works = prepared(home, settings).works
        with installed(home, settings) as here:
            _wait(lambda: b"Nurture runs at" in (home / "up.log").read_bytes(), here)
            planned = _plan(works)
            _wait(lambda: sink.accepted.total() > 20, here)
            killed = _kill_at_random(here, works, home)
            over = time.monotonic()
            _wait(lambda: _unfinished(works) == 0, here)
    states = _states(works)
    works.engine.dispose()

    lasted = f"killing {over - began:.0f} s, the rest {time.monotonic() - over:.0f} s"
    print(dict(killed.by_name), Counter(states.values()), "cuts", sink.cuts, lasted)  # noqa: T201 - figures of the run
    assert killed.count >= KILLS
    assert killed.stopped
    assert killed.flushed
    _check(states, planned, sink, killed)


def _check(
    states: dict[str, MessageState], planned: set[str], sink: CountingSink, killed: Killed
) -> None:
    accepted = {header.partition(".")[0].strip("<") for header in sink.accepted}
    twice = {header: n for header, n in sink.accepted.items() if n > 1}
    assert twice == {}, "the same mail was accepted twice"
    assert len(accepted) == len(sink.accepted), "two Message-IDs for one mail"
    assert states.keys() == planned, "a message is gone, or came from nowhere"
    assert set(states.values()) <= TERMINAL
    sent = {key for key, state in states.items() if state is MessageState.SENT}
    doubt = {key for key, state in states.items() if state is MessageState.IN_DOUBT}
    assert sent <= accepted, "counts as sent, but nobody accepted it"
    assert accepted <= sent | doubt, "accepted, but does not count as sent"
    assert sent | doubt == planned, "dropped or refused for no reason"
    assert len(doubt) <= killed.count * CONNECTIONS + sink.cuts


def _plan(works: Works) -> set[str]:
    """Plan mails to nobody in particular: what is tested is the sending."""
    content: Json = {
        "id": 1,
        "title": "T",
        "teaser": "t",
        "type": "article",
        "topic": "x",
        "minutes": 1,
        "url": "http://x.example",
    }
    with works.begin("test") as work:
        version = mail.live_versions(work)["requested_file"]
        messages = [
            mail.NewMessage(
                dedup_key=f"{n:064}",
                kind=kind_of("requested_file"),
                recipient=f"reader{n}@firm{n % 40}.example",
                template_version_id=version,
                not_before=work.now,
                context={"lead": {"first_name": "R"}, "content": content},
            )
            for n in range(MESSAGES)
        ]
        assert kind_of("requested_file") is MessageKind.REQUESTED
        assert mail.plan(work, messages) == MESSAGES
    return set(_states(works))


def _kill_at_random(here: Installation, works: Works, home: Path) -> Killed:
    """Kill horses, parents, tick, web and queue while there is mail to send."""
    chance, killed = random.Random(7), Killed()
    while killed.count < KILLS and _unfinished(works) > 0:
        assert here.process.poll() is None, "the supervisor ended"
        time.sleep(chance.uniform(0.1, 0.5))
        if killed.count >= KILLS // 3 and not killed.stopped:
            killed.stopped = _stop_a_horse(here)
        if killed.count >= KILLS // 2 and not killed.flushed:
            killed.flushed = _flush(home)
        name = _next(chance, killed)
        found = here.pids(name) if name in SUPERVISED else here.horses()
        if found and here.kill(chance.choice(found)):
            killed.by_name[name] += 1
    return killed


def _next(chance: random.Random, killed: Killed) -> str:
    left = [one for one, most in SUPERVISED.items() if killed.by_name[one] < most * KILLS // 60]
    return chance.choice([*left, *["horse"] * 8])


def _stop_a_horse(here: Installation) -> bool:
    """Stop a sender for longer than its lease, then let it go on (F-07)."""
    for horse in here.horses():
        try:
            os.kill(horse, signal.SIGSTOP)
            time.sleep(STOPPED_FOR)
            os.kill(horse, signal.SIGCONT)
        except ProcessLookupError:
            continue
        return True
    return False


def _flush(home: Path) -> bool:
    """Empty the queue's server in the middle of everything (F-18)."""
    try:
        return bool(Redis.from_url(recorded_url(home) or "").flushall())
    except RedisError:
        return False


def _unfinished(works: Works) -> int:
    with works.read("test") as work:
        query = select(func.count()).select_from(Message).where(Message.state.not_in(TERMINAL))
        return work.session.scalar(query) or 0


def _states(works: Works) -> dict[str, MessageState]:
    """Give the state of each message by its number, with which its Message-ID begins."""
    with works.read("test") as work:
        rows = work.session.execute(select(Message.id, Message.state)).all()
    return {str(row.id): MessageState(row.state) for row in rows}


def _wait(fact: Callable[[], bool], here: Installation, patience: float = 300.0) -> None:
    deadline = time.monotonic() + patience
    while not fact():
        assert here.process.poll() is None, "the supervisor ended"
        assert time.monotonic() < deadline, "it did not come to an end"
        time.sleep(0.25)
