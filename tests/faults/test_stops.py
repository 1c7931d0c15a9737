"""A no and a form that were answered are kept, whatever is away or killed (F-22)."""

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from campaigns.vocabulary import MessageKind, Stage
from nurture import consent, leads, mail
from nurture.kernel import pending_requests
from nurture.kernel.database import make_engine
from nurture.kernel.tokens import message_tokens
from nurture.kernel.types import EmailAddress, LeadId, MessageId
from nurture.runtime import Runtime
from nurture.schema import upgrade
from nurture.usecases.intake import kept_forms, page_cache
from nurture.usecases.responses import unsubscribe
from tests.domains.sales import a_lead
from tests.faults.installation import ROOT, descendants, prepared
from tests.support.postgres import OwnCluster
from tests.support.processes import free_port, listens, wait_until

HENK = EmailAddress("henk@vlietstra.example")
BODY = "List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SECONDS_TO_HOLD = 10
AOIFE = EmailAddress("aoife@marran.example")
SECONDS_TO_START = 60
SECONDS_TO_TAKE_IN = 60
"""Ten of them the door itself may still be telling the database."""


@pytest.fixture
def cluster() -> Iterator[OwnCluster]:
    folder = Path(f"/tmp/nf-{os.getpid()}-{os.urandom(3).hex()}")
    folder.mkdir(mode=0o755)
    found = OwnCluster(folder)
    yield found
    found.stop()


@pytest.mark.slow
def test_a_no_outlives_a_stopped_database_and_a_killed_web_process(
    home: Path, cluster: OwnCluster
) -> None:
    here, settings, port = _house(home, cluster)
    lead_id, message_id = _a_mail(here)
    token = message_tokens(here.keyring, message_id=message_id, template_version=1).stop
    here.works.engine.dispose()

    with web(settings, port):
        cluster.stop()
        first = _post(port, f"/u/{token}")
    with web(settings, port):  # started while the database is still away
        second = _post(port, f"/u/{token}")
        shown = _get(port, f"/u/{token}")
        kept = len(pending_requests.kept(home / unsubscribe.FOLDER))
        cluster.start()
        wait_until(lambda: _stopped(here, lead_id), patience=SECONDS_TO_HOLD)
        wait_until(lambda: not pending_requests.kept(home / unsubscribe.FOLDER))
    here.works.engine.dispose()

    assert (first, second, shown, kept) == (200, 200, 200, 2)


@pytest.mark.slow
def test_a_form_outlives_a_stopped_database_and_a_killed_web_process(
    home: Path, cluster: OwnCluster
) -> None:
    here, settings, port = _house(home, cluster)
    here.works.engine.dispose()

    with web(settings, port):
        wait_until((home / page_cache.FILE).exists)
        form = filled_in(port)
        cluster.stop()
        first = _ask(port, "POST", "/f/download", form)
    with web(settings, port):  # started while the database is still away
        second = _ask(port, "POST", "/f/download", form)
        shown = _get(port, "/p/leak-hunt")
        kept = len(pending_requests.kept(home / kept_forms.FOLDER))
        cluster.start()
        wait_until(
            lambda: not pending_requests.kept(home / kept_forms.FOLDER), patience=SECONDS_TO_TAKE_IN
        )
    with here.works.read("test") as work:
        found = leads.by_email(work, [AOIFE])
        letters = [one.kind for one in mail.of_lead(work, found[AOIFE])]
    here.works.engine.dispose()

    assert (first, second, shown, kept) == (200, 200, 200, 2)
    assert letters == [MessageKind.REQUESTED]


def _house(home: Path, cluster: OwnCluster) -> tuple[Runtime, dict[str, str], int]:
    url, port = cluster.open(), free_port()
    engine = make_engine(url)
    upgrade(engine)
    engine.dispose()
    settings = {
        "NURTURE_HOME": str(home),
        "NURTURE_DATABASE_URL": url,
        "NURTURE_SMTP_URL": "smtp://127.0.0.1:1",
        "NURTURE_BASE_URL": f"http://127.0.0.1:{port}",
        "NURTURE_FORM_MIN_SECONDS": "0",
    }
    given = {key: value for key, value in settings.items() if key != "NURTURE_HOME"}
    return prepared(home, given), settings, port


def filled_in(port: int) -> str:
    """Fill a page's form in as a browser would."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("GET", "/p/leak-hunt")
    ticket = re.search(r'"ticket" value="([^"]+)"', line.getresponse().read().decode())
    line.close()
    assert ticket is not None
    return urlencode({"ticket": ticket[1], "page": "leak-hunt", "email": AOIFE})


@contextmanager
def web(settings: dict[str, str], port: int) -> Iterator[None]:
    """Run `nurture web`, and kill it as a power cut would."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("NURTURE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "nurture.web.serve"],
        cwd=ROOT,
        env={**env, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(
            lambda: listens(port) and _get(port, "/healthz") == 200, patience=SECONDS_TO_START
        )
        yield
    finally:
        for pid in [*descendants(process.pid), process.pid]:
            os.kill(pid, signal.SIGKILL)
        process.wait()
        wait_until(lambda: not listens(port))


def _a_mail(here: Runtime) -> tuple[LeadId, MessageId]:
    with here.works.begin("test") as work:
        lead_id = a_lead(work, HENK, stage=Stage.MARKETING)
        new = mail.NewMessage(
            dedup_key="test",
            kind=MessageKind.MARKETING,
            recipient=HENK,
            template_version_id=mail.live_versions(work)["content"],
            not_before=work.now,
            lead_id=lead_id,
        )
        mail.plan(work, [new])
        return lead_id, MessageId(mail.of_lead(work, lead_id)[0].id)


def _post(port: int, path: str) -> int:
    return _ask(port, "POST", path)


def _get(port: int, path: str) -> int:
    return _ask(port, "GET", path)


def _ask(port: int, method: str, path: str, body: str = BODY) -> int:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request(method, path, body if method == "POST" else None, FORM)
        return line.getresponse().status
    except OSError:
        return 0
    finally:
        line.close()


def _stopped(here: Runtime, lead_id: LeadId) -> bool:
    with here.works.read("test") as work:
        return bool(consent.suppressed_now(work, [lead_id]))
