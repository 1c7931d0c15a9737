"""Whatever is killed, nothing is sent twice and nothing is lost (B1-B3, F-01..F-08, F-18..F-20)."""

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select

from campaigns.vocabulary import MessageKind, MessageState
from nurture import mail
from nurture.kernel.clock import RealClock
from nurture.kernel.database import make_engine
from nurture.kernel.work import Works
from nurture.mail.tables import Message
from tests.faults.counting_sink import CountingSink
from tests.faults.installation import Installation, installed
from workers.valkey import recorded_url

MESSAGES = int(os.environ.get("NURTURE_KILL_MESSAGES", "3000"))
KILLS = int(os.environ.get("NURTURE_KILLS", "60"))
CONNECTIONS = 4
TERMINAL = {MessageState.SENT, MessageState.REFUSED, MessageState.DROPPED, MessageState.IN_DOUBT}
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_sixty_kills_send_nothing_twice_and_lose_nothing(home: Path, fresh_url: str) -> None:
    works = Works(make_engine(fresh_url), RealClock())
    _plan(works)
    chance = random.Random(7)
    with CountingSink(cut=0.01, delay=0.05) as sink:
        settings = {
            "NURTURE_DATABASE_URL": fresh_url,
            "NURTURE_SMTP_URL": f"smtp://127.0.0.1:{sink.port}",
            "NURTURE_WORKERS": "2",
            "NURTURE_LEASE_SECONDS": "5",
            "NURTURE_SMTP_CONNECTIONS": str(CONNECTIONS),
        }
        with installed(home, settings) as here:
            _wait(lambda: sum(sink.accepted.values()) > 20, here)
            kills = _kill_at_random(here, works, home, chance)
            _wait(lambda: _unfinished(works) == 0, here)
        report = _report(works, sink, kills)
    works.engine.dispose()

    assert report.kills >= KILLS
    assert report.twice == {}, "the same mail was accepted twice"
    assert report.lost == 0, "a mail counts as sent that nobody accepted"
    assert report.states.keys() <= TERMINAL
    assert sum(report.states.values()) == MESSAGES
    assert report.in_doubt <= report.kills * CONNECTIONS + sink.cuts


class Report:
    """What the sink saw against what the database says."""

    def __init__(self, states: Counter[MessageState], twice: dict[str, int], kills: int) -> None:
        self.states = states
        self.twice = twice
        self.kills = kills
        self.in_doubt = states[MessageState.IN_DOUBT]
        self.lost = 0


def _plan(works: Works) -> None:
    """Plan mails to nobody in particular: what is tested is the sending."""
    source = mail.load_source(ROOT / "templates" / "mail" / "requested_file")
    with works.begin("test") as work:
        version = mail.publish_template(work, source, kind=MessageKind.REQUESTED)
        mail.plan(
            work,
            [
                mail.NewMessage(
                    dedup_key=f"{n:064}", kind=MessageKind.REQUESTED,
                    recipient=f"reader{n}@firm{n % 40}.example", template_version_id=version,
                    not_before=work.now,
                    context={"lead": {"first_name": "R"}, "content": {"id": 1, "title": "T", "teaser": "t",
                             "type": "article", "topic": "x", "minutes": 1, "url": "http://x.example"}},
                )
                for n in range(MESSAGES)
            ],
        )  # fmt: skip


def _kill_at_random(here: Installation, works: Works, home: Path, chance: random.Random) -> int:
    """Kill horses, parents, tick, web and queue while there is mail to send."""
    kills, stopped, flushed = 0, False, False
    while kills < KILLS and _unfinished(works) > 0:
        time.sleep(chance.uniform(0.15, 0.9))
        if kills == KILLS // 3 and not stopped:
            stopped = _stop_a_horse(here)
        if kills == KILLS // 2 and not flushed:
            flushed = _flush(home)
        words = chance.choice(
            [("workers worker",), ("workers worker",), ("workers worker",), ("workers tick",), ("nurture.web.serve",), ("valkey",)]
        )
        found = here.pids(*words)
        if found and here.kill(chance.choice(found)):
            kills += 1
    return kills


def _stop_a_horse(here: Installation) -> bool:
    """Stop a sender for longer than its lease, then let it go on (F-07)."""
    horses = [pid for pid in here.pids("workers worker") if pid not in _parents(here)]
    if not horses:
        return False
    try:
        os.kill(horses[0], signal.SIGSTOP)
        time.sleep(7)
        os.kill(horses[0], signal.SIGCONT)
    except ProcessLookupError:
        return False
    return True


def _parents(here: Installation) -> list[int]:
    children = Path(f"/proc/{here.process.pid}/task/{here.process.pid}/children").read_text()
    return [int(one) for one in children.split()]


def _flush(home: Path) -> bool:
    """Empty the queue's server in the middle of everything (F-18)."""
    try:
        Redis.from_url(recorded_url(home) or "").flushall()
    except RedisError:
        return False
    return True


def _unfinished(works: Works) -> int:
    with works.read("test") as work:
        query = select(func.count()).select_from(Message).where(Message.state.not_in(TERMINAL))
        return work.session.scalar(query) or 0


def _report(works: Works, sink: CountingSink, kills: int) -> Report:
    with works.read("test") as work:
        rows = work.session.execute(select(Message.id, Message.dedup_key, Message.state)).all()
    states = Counter(MessageState(row.state) for row in rows)
    report = Report(states, {key: n for key, n in sink.accepted.items() if n > 1}, kills)
    ids = {key.split(".", 1)[0].strip("<") for key in sink.accepted}
    report.lost = sum(1 for row in rows if row.state == MessageState.SENT and str(row.id) not in ids)
    return report


def _wait(fact: object, here: Installation, patience: float = 240.0) -> None:
    deadline = time.monotonic() + patience
    assert callable(fact)
    while not fact():
        assert here.process.poll() is None, "the supervisor ended"
        assert time.monotonic() < deadline, "it did not come to an end"
        time.sleep(0.25)
