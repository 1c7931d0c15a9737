"""A click that got its redirect is kept, whatever is killed right after it (F-19, F-22)."""

import http.client
import time
from collections import Counter
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from nurture import mail
from nurture.engagement.tables import Hit
from nurture.kernel.tokens import message_tokens
from nurture.kernel.work import Works
from nurture.runtime import Runtime
from tests.faults.installation import Installation, installed, prepared
from tests.support.processes import free_port, wait_until

CLICKS = 60
KILLED = ("nurture.web.serve", "workers worker", "valkey-server")
REDIRECT = 302
PATIENCE = 120


@pytest.mark.slow
def test_a_click_that_got_its_redirect_survives_every_kill(home: Path, fresh_url: str) -> None:
    settings = {
        "NURTURE_DATABASE_URL": fresh_url,
        "NURTURE_SMTP_URL": "smtp://127.0.0.1:1",  # nothing is sent here
        "NURTURE_BASE_URL": f"http://127.0.0.1:{free_port()}",
        "NURTURE_WORKERS": "1",
    }
    prepared_ = prepared(home, settings)
    with installed(home, settings) as here:
        answered = _click_while_killing(here, prepared_)
        wait_until(lambda: _kept(prepared_.works).keys() >= answered, patience=PATIENCE)
        wait_until(lambda: _unabsorbed(prepared_.works) == 0, patience=PATIENCE)
    kept = _kept(prepared_.works)
    prepared_.works.engine.dispose()

    assert len(answered) >= CLICKS // 2
    assert {number: kept[number] for number in answered} == dict.fromkeys(answered, 1)


def _click_while_killing(here: Installation, prepared_: Runtime) -> set[int]:
    """Click one item after the other; give those whose answer arrived."""
    turns, answered = cycle(KILLED), set()
    with prepared_.works.read("test") as work:
        version = mail.live_versions(work)["welcome_by_interest"]
    address = urlsplit(prepared_.settings.base_url).netloc
    for number in range(1, CLICKS + 1):
        token = message_tokens(prepared_.keyring, message_id=number, template_version=version).click
        if _redirected(address, f"/c/{token}/a1"):
            answered.add(number)
        if number % (CLICKS // 6) == 0:
            for pid in here.pids(next(turns)):
                here.kill(pid)
    for pid in here.pids(KILLED[0]):
        here.kill(pid)
    return answered


def _redirected(address: str, path: str) -> bool:
    """Ask once; a server that was just killed is waited for, but not asked again."""
    for _ in range(600):
        line = http.client.HTTPConnection(address, timeout=10)
        try:
            line.connect()
        except OSError:
            time.sleep(0.05)
            continue
        try:
            line.request("GET", path, headers={"User-Agent": "Mozilla/5.0 Firefox/131.0"})
            return line.getresponse().status == REDIRECT
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()
    return False


def _kept(works: Works) -> Counter[int]:
    with works.read("test") as work:
        return Counter(work.session.scalars(select(Hit.message_id)))


def _unabsorbed(works: Works) -> int:
    with works.read("test") as work:
        query = select(func.count()).select_from(Hit).where(Hit.absorbed_at.is_(None))
        return work.session.scalar(query) or 0
