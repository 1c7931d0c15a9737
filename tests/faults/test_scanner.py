"""A link scanner that fetches everything changes nothing that a person decides."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from campaigns.vocabulary import ActivityKind, SuppressionReason
from nurture import engagement, mail
from nurture.adapters.mail_memory import MemoryTransport
from nurture.kernel.stepped import set_instant
from nurture.reports.tally import Tally, tally
from nurture.usecases.journeys import advance
from nurture.usecases.responses import evidence, hit_processing
from nurture.usecases.sales import promotion
from nurture.web.tracking import ship_once
from tests.support.processes import free_port, listens, wait_until
from tests.support.sender import send_batch
from workers.demo.browser import SCANNERS, Browser
from workers.demo.read_mail import Mail, read_mail
from workers.demo.scene import DemoScene, Options, bring_in, prepare

MAILS = 500
THREADS = 4
TUESDAYS = (datetime(2026, 1, 6, 9, tzinfo=UTC), datetime(2026, 1, 13, 9, tzinfo=UTC))
"""The first brings a welcome, the second an item of the library with a tracked link."""


@dataclass(frozen=True, slots=True)
class Town:
    """A list that was written to, and what its people hold in their hands."""

    scene: DemoScene
    mails: tuple[Mail, ...]


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """The example company two weeks on, with a real web process."""
    with monkeypatch.context() as patch:
        _keep_environment(patch)
        options = Options(
            once=True, days=14, seed=7, home=tmp_path / "home", port=free_port(), keep=False
        )
        scene = prepare(options)
        bring_in(scene)
        mails = [one for tuesday in TUESDAYS for one in _post_of(scene, tuesday)]
        web = subprocess.Popen((sys.executable, "-m", "nurture.web.serve"), env=dict(os.environ))
        try:
            wait_until(lambda: listens(options.port), patience=60)
            yield Town(scene, tuple(mails[-MAILS:]))
        finally:
            web.terminate()
            web.wait(20)
            scene.here.works.engine.dispose()


def test_a_scanner_that_fetches_every_link_of_500_mails_unsubscribes_and_promotes_nobody(
    town: Town,
) -> None:
    assert len(town.mails) == MAILS
    assert all(one.tracked and one.unsubscribe and one.pixel for one in town.mails)
    before = _tally(town.scene)

    with ThreadPoolExecutor(THREADS) as pool:
        answered = sum(
            pool.map(
                _scan,
                [town.scene] * THREADS,
                [town.mails[start::THREADS] for start in range(THREADS)],
            )
        )

    _take_in(town.scene)
    after = _tally(town.scene)
    assert answered >= MAILS * 2 * 4
    assert after.machine_hits >= MAILS * 2
    assert after.acts.get(ActivityKind.CLICKED, 0) == 0
    assert after.suppressed.get(SuppressionReason.UNSUBSCRIBED, 0) == 0
    assert (after.promoted, after.events, after.stages) == (0, {}, before.stages)


def _keep_environment(patch: pytest.MonkeyPatch) -> None:
    """Let the settings of this test end with it."""
    patch.setattr(os, "environ", os.environ.copy())


def _post_of(scene: DemoScene, moment: datetime) -> list[Mail]:
    """Step to a moment and send what is due there."""
    here, transport = scene.here, MemoryTransport()
    set_instant(scene.options.home, moment)
    while advance.advance(here.works, limit=500, journey=here.journey).due:
        pass
    post = replace(here.post(), transport=transport)
    while True:
        with here.works.begin("tick") as work:
            batches = mail.batch_due(work)
        if not batches:
            return [read_mail(one.message_id, one.data) for one in transport.accepted]
        for batch in batches:
            send_batch(here.works, batch, post=post)


def _scan(scene: DemoScene, mails: tuple[Mail, ...]) -> int:
    """Fetch every link, the picture and the one-click address; count the answers."""
    browser = Browser(scene.base_url, agent=SCANNERS)
    count = 0
    for one in mails:
        for url in (one.pixel, one.unsubscribe, *one.links):
            if url.startswith(scene.base_url):
                count += (browser.head(url).status == 200) + (browser.get(url).status == 200)
    browser.close()
    return count


def _take_in(scene: DemoScene) -> None:
    """Bring every hit to its verdict, and weigh it, as shipper, worker and tick do."""
    here = scene.here
    while _unshipped(scene):
        ship_once(here.works, here.home)
    hit_processing.absorb(
        here.works, limit=100_000, facts=evidence.message_facts, patience=here.patience
    )
    hit_processing.settle(
        here.works,
        limit=100_000,
        facts=evidence.message_facts,
        then=lambda work, settled: evidence.weigh_settled(work, settled, journey=here.journey),
    )
    promotion.recheck_due(here.works, limit=2_000, notify=here.notify)
    with here.works.read("test") as work:
        assert engagement.unsettled(work) == 0


def _unshipped(scene: DemoScene) -> int:
    with scene.here.works.read("test") as work:
        return engagement.unshipped(work, scene.here.home)


def _tally(scene: DemoScene) -> Tally:
    with scene.here.works.read("test") as work:
        return tally(work)
