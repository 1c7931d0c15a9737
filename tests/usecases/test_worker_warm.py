"""A worker learns before it forks, and holds nothing open when it does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import QueuePool

from nurture import runtime, schema
from nurture.kernel.settings import load_settings
from nurture.runtime import Runtime
from nurture.usecases.publishing.publish import publish_library
from workers import jobs, worker

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    settings = load_settings(home=home, smtp_url="smtp://127.0.0.1:1")
    found = runtime.start(settings)
    monkeypatch.setattr(jobs, "opened", lambda: found)
    yield found
    found.works.engine.dispose()


def open_connections(here: Runtime) -> int:
    pool = here.works.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedin() + pool.checkedout()


def test_before_there_are_tables_nothing_stays_open(here: Runtime) -> None:
    worker.warm()
    assert open_connections(here) == 0


def test_before_anything_is_published_nothing_stays_open(here: Runtime) -> None:
    schema.upgrade(here.works.engine)
    worker.warm()
    assert open_connections(here) == 0


def test_rehearsing_changes_nothing_and_leaves_nothing_open(here: Runtime) -> None:
    schema.upgrade(here.works.engine)
    mails = ROOT / "templates" / "mail"
    publish_library(here.works, ROOT / "campaigns" / "library", mails=mails, links=here.links)
    worker.warm()
    assert open_connections(here) == 0
    assert list((here.home / "journals").iterdir()) == []


def test_a_database_that_is_away_does_not_end_the_worker(
    here: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = runtime.start(
        here.settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/nothing"})
    )
    monkeypatch.setattr(jobs, "opened", lambda: away)
    worker.warm()
    assert open_connections(away) == 0
