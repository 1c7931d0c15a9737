"""Two hosts share a database and a queue: two ticks, three workers, two webs, and all is once."""

import http.client
import secrets
from collections import Counter
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from campaigns.vocabulary import ActivityKind, MessageState, Receipt
from nurture.engagement.tables import Activity, Hit
from nurture.kernel.stepped import set_instant
from nurture.kernel.tokens import message_tokens
from nurture.kernel.types import MessageId
from nurture.kernel.work import Works
from nurture.mail.tables import Message
from nurture.reports.audit import run_audit
from nurture.runtime import Runtime
from nurture.tracks.tables import ReceiptRow
from tests.bench.instance import TUESDAY, add_leads
from tests.faults.counting_sink import CountingSink
from tests.faults.installation import installed, prepared
from tests.support.processes import free_port, wait_until
from workers.valkey import recorded_url

LEADS = 1_200
"""More than two batches of every kind, so that both ticks and all workers have something to do."""
CLICKS = 200
PATIENCE = 180
REDIRECT = 302


@pytest.mark.slow
@pytest.mark.only("postgresql")  # SQLite is for one host
def test_two_ticks_three_workers_and_two_webs_do_everything_once(
    home: Path, fresh_url: str, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    with CountingSink() as sink:
        settings = _settings(fresh_url, sink.port)
        one = prepared(home, settings)
        other = {**settings, "NURTURE_WORKERS": "2", "NURTURE_BASE_URL": _address()}
        for folder in (home, there):
            set_instant(folder, TUESDAY)
        with installed(home, settings):
            wait_until(lambda: _runs(home), patience=PATIENCE)
            shared = {**other, "NURTURE_REDIS_URL": recorded_url(home) or ""}
            with installed(there, shared):
                wait_until(lambda: _runs(there), patience=PATIENCE)
                add_leads(one, LEADS, due=TUESDAY)
                wait_until(lambda: sink.accepted.total() >= LEADS, patience=PATIENCE)
                wait_until(lambda: _states(one.works) == {MessageState.SENT: LEADS})
                webs = (settings["NURTURE_BASE_URL"], other["NURTURE_BASE_URL"])
                clicked = _click(one, webs)
                wait_until(lambda: _clicks(one.works) >= CLICKS, patience=PATIENCE)

    assert set(sink.accepted.values()) == {1}, "a mail was accepted twice"
    assert len(sink.accepted) == LEADS
    assert set(_planned(one.works).values()) == {1}
    assert len(_planned(one.works)) == LEADS
    assert _hits(one.works) == dict.fromkeys(clicked, 1)
    assert _clicks(one.works) == CLICKS
    with one.works.read("test") as work:
        assert [(found.name, found.rows[:3]) for found in run_audit(work)] == []
    one.works.engine.dispose()


def _settings(url: str, sink: int) -> dict[str, str]:
    return {
        "NURTURE_DATABASE_URL": url,
        "NURTURE_SMTP_URL": f"smtp://127.0.0.1:{sink}",
        "NURTURE_CLOCK": "stepped",
        "NURTURE_SECRET_KEY": secrets.token_hex(32),
        "NURTURE_WORKERS": "1",
        "NURTURE_SETTLE_SECONDS": "1",
        "NURTURE_BASE_URL": _address(),
    }


def _address() -> str:
    return f"http://127.0.0.1:{free_port()}"


def _runs(home: Path) -> bool:
    return b"Nurture runs at" in (home / "up.log").read_bytes()


def _click(one: Runtime, webs: tuple[str, ...]) -> set[MessageId]:
    """Follow a link of some mails, by turns on one host and on the other."""
    with one.works.read("test") as work:
        query = select(Message.id, Message.template_version_id).order_by(Message.id).limit(CLICKS)
        mails = work.session.execute(query).all()
    for (number, version), web in zip(mails, cycle(webs), strict=False):
        token = message_tokens(one.keyring, message_id=number, template_version=version).click
        line = http.client.HTTPConnection(urlsplit(web).netloc, timeout=10)
        line.request("GET", f"/c/{token}/a1", headers={"User-Agent": "Mozilla/5.0 Firefox/131.0"})
        assert line.getresponse().status == REDIRECT
        line.close()
    return {MessageId(number) for number, _ in mails}


def _states(works: Works) -> dict[str, int]:
    with works.read("test") as work:
        query = select(Message.state, func.count()).group_by(Message.state)
        return dict(work.session.execute(query).all())


def _planned(works: Works) -> Counter[int]:
    """Count what each enrolment planned."""
    with works.read("test") as work:
        query = select(ReceiptRow.enrolment_id).where(ReceiptRow.kind == Receipt.PLANNED)
        return Counter(work.session.scalars(query))


def _hits(works: Works) -> Counter[int]:
    with works.read("test") as work:
        return Counter(work.session.scalars(select(Hit.message_id)))


def _clicks(works: Works) -> int:
    """Count the clicks on the timelines; each stands there once it has settled."""
    with works.read("test") as work:
        query = select(func.count()).where(Activity.kind == ActivityKind.CLICKED)
        return work.session.scalar(query) or 0
