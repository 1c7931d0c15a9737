"""A whole instance for a benchmark: tables, the example library, and leads that wait."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select, text

from campaigns.vocabulary import Basis, Stage
from nurture import consent, leads, lifecycle, runtime, tracks
from nurture.kernel.database import bulk_insert
from nurture.kernel.settings import load_settings
from nurture.kernel.stepped import set_instant
from nurture.kernel.types import EmailAddress, LeadId
from nurture.leads.tables import Lead
from nurture.runtime import Runtime
from nurture.tracks.tables import Enrolment
from nurture.usecases.publishing.publish import publish_library
from tests.support.databases import close_run, make_database, open_run

ROOT = Path(__file__).resolve().parents[2]
TUESDAY = datetime(2026, 1, 6, 10, 0, tzinfo=UTC)
"""Inside everybody's sending hours."""


@dataclass(frozen=True, slots=True)
class Instance:
    """What a benchmark drives."""

    here: Runtime
    url: str
    home: Path


@contextmanager
def instance(kind: str, *, smtp_url: str = "smtp://127.0.0.1:1") -> Iterator[Instance]:
    """Open an instance on SQLite or PostgreSQL, with the example library in force."""
    with databases_open():
        database = make_database(kind, "bench")
        url = database.fresh()
        try:
            yield from _started(url, smtp_url)
        finally:
            database.drop(url)


@contextmanager
def databases_open() -> Iterator[None]:
    """Make databases possible; in the test suite they are already."""
    if "NURTURE_TEST_RUN" in os.environ:
        yield
        return
    open_run()
    try:
        yield
    finally:
        close_run()


def _started(url: str, smtp_url: str) -> Iterator[Instance]:
    with tempfile.TemporaryDirectory(prefix="nb-") as folder:
        home = Path(folder)
        settings = load_settings(home=home, database_url=url, smtp_url=smtp_url, clock="stepped")
        here = runtime.start(settings)
        set_instant(home, TUESDAY)
        library = ROOT / "campaigns" / "library"
        mails = ROOT / "templates" / "mail"
        publish_library(here.works, library, mails=mails, links=here.links)
        yield Instance(here, url, home)
        here.works.engine.dispose()


def add_leads(here: Runtime, count: int, *, due: datetime | None) -> list[LeadId]:
    """Add mailable leads; those with a due time stand at the first step of “welcome”."""
    made: list[LeadId] = []
    for start in range(0, count, 1000):
        with here.works.begin("bench") as work:
            newest = select(Lead.id).order_by(Lead.id.desc()).limit(1)
            first = (work.session.scalar(newest) or 0) + 1
            rows = [
                leads.NewLead(
                    EmailAddress(f"lead{n}@firm{n % 500}.example"),
                    first_name=f"Name{n}",
                    country="DE",
                    zone="Europe/Berlin",
                    interests=("energy",),
                    facts={"industry": "food", "employees": 120},
                )
                for n in range(first, first + min(1000, count - start))
            ]
            found = leads.capture(
                work, rows, origin=leads.Origin(), policy=leads.FieldPolicy.FILL_BLANKS
            ).created
            consent.give(work, [consent.Grant(one, Basis.CONSENT) for one in found], renew=False)
            lifecycle.begin(work, found, stage=Stage.MARKETING, reason="bench")
            if due is not None:
                tracks.enrol(work, "welcome", found, due_at=due, reason="bench")
            made += found
    _analyse(here)
    return made


def _analyse(here: Runtime) -> None:
    """Let the planner know what lies there, as the server does by itself within a minute."""
    with here.works.begin("bench") as work:
        work.session.execute(text("ANALYZE"))


def wait_far_away(here: Runtime, lead_ids: list[LeadId], *, runs: int) -> int:
    """Add enrolments that are due in a month: the crowd that must cost nothing."""
    with here.works.begin("bench") as work:
        state = tracks.get_track(work, "welcome")
        far = TUESDAY + timedelta(days=30)
        for run in range(2, runs + 2):
            rows = [
                {
                    "lead_id": one,
                    "track_id": state.id,
                    "version_id": state.version_id,
                    "run": run,
                    "state": "active",
                    "step": "hello",
                    "due_at": far,
                    "arrived_at": far,
                    "started_at": far,
                    "serial": 0,
                    "casts": 0,
                    "outcome": "",
                }
                for one in lead_ids
            ]
            bulk_insert(work.session, Enrolment, rows)
    _analyse(here)
    return runs * len(lead_ids)
