"""The demo's own people answer their tasks over real HTTP, logged in as everybody else."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from campaigns.company import load_company, load_users
from campaigns.library import shipped
from nurture import tasks, users
from nurture.kernel.stepped import read_instant, set_instant
from nurture.tasks import NewTask, TaskKind
from tests.doors.console_desk import Site, make_site
from workers.demo.agenda import Agenda
from workers.demo.dirty_csv import Expectation
from workers.demo.marketing_desk import AT_DESKS, DeskWorkers
from workers.demo.scene import PASSWORD, DemoScene, Options


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = make_site(tmp_path / "home")
    with site.here.works.begin("test") as work:
        for handle in AT_DESKS:
            user = users.by_handle(work, handle)
            users.set_password_hash(work, user.id, users.hash_password(PASSWORD))
    return site


@pytest.fixture
def scene(site: Site) -> Iterator[DemoScene]:
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    settings = site.here.settings.model_copy(update={"base_url": address})
    yield DemoScene(
        options=Options(
            once=True, days=1, seed=7, home=site.here.home, port=server.server_port, keep=False
        ),
        here=replace(site.here, settings=settings),
        firm=load_company((shipped() / "company.yaml").read_text()),
        staff={one.email: one for one in load_users((shipped() / "users.yaml").read_text())},
        manners={},
        items=(),
        people={},
        expected=Expectation(0, ()),
    )
    server.shutdown()
    thread.join()


def test_people_at_their_desks_answer_all_their_tasks_within_days(
    site: Site, scene: DemoScene
) -> None:
    with site.here.works.begin("test") as work:
        for lead in ("pieter", "jens", "britta"):
            for kind, queue in ((TaskKind.TRIAGE, "triage"), (TaskKind.FOLLOW_UP, "telesales")):
                row = NewTask(
                    dedup_key=f"{kind}|{lead}",
                    kind=kind,
                    title=f"Look: {kind}",
                    reason="a test",
                    due_at=work.now,
                    lead_id=site.lead(lead),
                    queue=queue,
                )
                tasks.create(work, [row])
    agenda = Agenda()
    journey = DeskWorkers(scene, agenda, read_instant(site.here.home))
    until = read_instant(site.here.home) + timedelta(days=7)

    while (at := agenda.next_at) is not None and at < until:
        set_instant(site.here.home, at)
        for planned in agenda.take(at):
            planned.act()

    assert (sum(journey.counts.values()), journey.refused) == (6, [])
    with site.here.works.read("test") as work:
        assert tasks.open_tasks(work, queue="telesales") == []
        assert tasks.open_tasks(work, queue="triage") == []
        told = tasks.answered(
            work, tasks.TaskFilter(everybody=True), since=until - timedelta(days=9)
        )
        names = {one.title: one.done_by for one in told}
        tom, mara = users.by_handle(work, "tom").id, users.by_handle(work, "mara").id
        assert names == {"Look: follow_up": f"user:{tom}", "Look: triage": f"user:{mara}"}
