"""End to end: planned message to accepted and recorded, through RQ, against smtp-source."""

import os
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import func, select

from campaigns.vocabulary import MessageState
from nurture import mail
from nurture.mail.tables import Message
from nurture.usecases import progress
from tests.bench.instance import TUESDAY, Instance, add_leads, instance
from tests.bench.result import BenchResult, Pair, summed_up
from tests.bench.smtp import smtp_sink, source_rate
from workers.queues import connect
from workers.relay import relay_once
from workers.valkey import EmbeddedValkey

GOAL = 0.30
ROOT = Path(__file__).resolve().parents[2]


def run(*, runs: int = 5, smoke: bool = False) -> BenchResult:
    """Send the welcome mail with one worker process and four connections."""
    count = 200 if smoke else 3000
    with smtp_sink() as port, instance("postgresql", smtp_url=f"smtp://127.0.0.1:{port}") as one:
        valkey = EmbeddedValkey(one.home)
        valkey.start()
        worker = _worker(one, valkey.url, port)
        try:
            add_leads(one.here, count * (runs + 1), due=TUESDAY)
            _send(one, valkey.url, 200 if smoke else 500)  # warm
            pairs = [_pair(one, valkey.url, count, port) for _ in range(1 if smoke else runs)]
        finally:
            worker.terminate()
            worker.wait(30)
            valkey.stop()
    return summed_up("deliver", pairs, unit="messages/s", reference_name="smtp-source", goal=GOAL)


def _worker(one: Instance, queue: str, port: int) -> subprocess.Popen[bytes]:
    env = {
        **os.environ, "NURTURE_HOME": str(one.home), "NURTURE_DATABASE_URL": one.url,
        "NURTURE_REDIS_URL": queue, "NURTURE_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "NURTURE_CLOCK": "stepped",
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-m", "workers", "worker"], cwd=ROOT, env=env)


def _pair(one: Instance, queue: str, count: int, port: int) -> Pair:
    reference = source_rate(port, count)
    ours = _send(one, queue, count)
    return Pair(ours, reference, ours / reference)


def _send(one: Instance, queue: str, count: int) -> float:
    """Plan, then time from the first batch to the last recorded answer."""
    planned = 0
    while planned < count:
        planned += progress.advance(one.here.works, limit=500, desk=one.here.desk).planned
    before = _sent(one)
    began = time.perf_counter()
    with one.here.works.begin("bench") as work:
        mail.batch_due(work, batches=64)
    relay_once(one.here.works, connect(queue))
    while _sent(one) - before < planned:
        time.sleep(0.02)
    return planned / (time.perf_counter() - began)


def _sent(one: Instance) -> int:
    with one.here.works.read("bench") as work:
        query = select(func.count()).select_from(Message).where(Message.state == MessageState.SENT)
        return work.session.scalar(query) or 0
