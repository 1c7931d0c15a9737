"""The web process over many leads: pages of the console and clicks, and what it takes of memory."""

import http.client
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from sqlalchemy import select

from campaigns.vocabulary import MessageState
from nurture import leads, users
from nurture.kernel.tokens import message_tokens
from nurture.kernel.types import LeadId
from nurture.mail.tables import Message
from nurture.usecases.sales import promotion
from nurture.web.app import create_app
from nurture.web.auth import SESSION
from nurture.web.cookies import RingSessions
from tests.bench.instance import Instance
from tests.bench.sending import surroundings
from tests.faults.installation import descendants
from tests.support.processes import free_port, listens

ROUNDS, LEADS, CLICKS, WITH_SALES = 20, 50, 500, 300
"""How often all is asked for; lead pages and clicks of each round; leads that wait for sales."""
LISTS = {"/tracks/welcome/came", "/tracks/welcome/leads", "/reports/funnel/marketing"}
"""Where everybody stands, behind the numbers of other pages."""
NOT_HERE = {"/mailbox"}
"""What only the mail sink of a trial can show."""
PATIENCE = 120
AGENT = "Mozilla/5.0 Firefox/131.0"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Served:
    """The largest resident size of the server and its worker, in MB."""

    first_round: float
    whole: float


def served(one: Instance, *, smoke: bool = False) -> Served:
    """Serve all pages of the console, many leads and many clicks, again and again."""
    rounds, readers, clickers = (2, 3, 20) if smoke else (ROUNDS, LEADS, CLICKS)
    with one.here.works.begin("bench") as work:
        some = leads.matching_ids(work, leads.LeadFilter(), limit=WITH_SALES)
        promotion.make_ready(work, some, reason="Asked for it", notify=one.here.notify)
    with one.here.works.read("bench") as work:
        people = cycle(leads.matching_ids(work, leads.LeadFilter(), limit=1_000_000))
    clicks, cookie = cycle(_tokens(one)), _cookie(one)
    with _web(one) as (port, pid):
        linked = {*re.findall(r'href="(/[^"#]*)"', _get(port, "/", cookie))}
        pages = sorted((linked | LISTS) - NOT_HERE)
        peaks = []
        for _ in range(rounds):
            _round(port, cookie, pages, list(islice(people, readers)))
            _click(port, list(islice(clicks, clickers)))
            peaks.append(sum(_peak(part) for part in (pid, *descendants(pid))))
    return Served(peaks[0], peaks[-1])


def _round(port: int, cookie: str, pages: Sequence[str], people: Sequence[LeadId]) -> None:
    for path in pages:
        _get(port, path.replace("&amp;", "&"), cookie)
    for lead_id in people:
        _get(port, f"/leads/{lead_id}", cookie)


def _get(port: int, path: str, cookie: str) -> str:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    line.request("GET", path, headers={"Cookie": cookie})
    answer = line.getresponse()
    text = answer.read().decode(errors="replace")
    assert answer.status in (200, 303), (path, answer.status)
    line.close()
    return text


def _click(port: int, tokens: Sequence[str]) -> None:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for token in tokens:
        line.request("GET", f"/c/{token}/0", headers={"User-Agent": AGENT})
        answer = line.getresponse()
        answer.read()
        assert answer.status in (302, 404), answer.status
    line.close()


def _tokens(one: Instance) -> list[str]:
    with one.here.works.read("bench") as work:
        query = select(Message.id, Message.template_version_id)
        sent = query.where(Message.state == MessageState.SENT).limit(CLICKS * ROUNDS)
        return [
            message_tokens(one.here.keyring, message_id=number, template_version=version).click
            for number, version in work.session.execute(sent)
        ]


def _cookie(one: Instance) -> str:
    """Log somebody in who sees everything."""
    with one.here.works.begin("bench") as work:
        token = users.begin_session(work, users.by_handle(work, "mara").id)
    app = create_app(one.here)
    signer = RingSessions(one.here.keyring).get_signing_serializer(app)
    return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps({SESSION: token})!s}"


@contextmanager
def _web(one: Instance) -> Iterator[tuple[int, int]]:
    port = free_port()
    env = surroundings(one.here.settings, "redis://127.0.0.1:1")
    env |= {"NURTURE_BASE_URL": f"http://127.0.0.1:{port}"}
    log = (one.home / "web.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "nurture.web.serve"], cwd=ROOT, env=env, stdout=log, stderr=log
    )
    try:
        until = time.monotonic() + PATIENCE
        while not listens(port):
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def _peak(pid: int) -> float:
    """Tell the largest resident size that a process ever had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM:"))) / 1_024
