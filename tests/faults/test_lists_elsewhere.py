"""A list that one host's web took is checked and imported by another host's worker."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from campaigns.vocabulary import JobName
from nurture import leads
from nurture.kernel import outbox
from nurture.kernel.types import Json
from nurture.web.app import create_app
from tests.doors.console_desk import Reader, Site, plain
from tests.faults.installation import ROOT, prepared
from tests.support.workbook import workbook
from workers.jobs import JOBS

ROWS = 1_200
HEAD = ("E-Mail", "First name", "Company")
RUN = """
import json, sys
from importlib import import_module
module, _, name = sys.argv[1].rpartition(".")
getattr(import_module(module), name)(**json.loads(sys.argv[2]))
"""


@pytest.fixture
def site(home: Path, fresh_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """What is long here is a tenth of what is long elsewhere: the way is the same."""
    monkeypatch.setattr("nurture.usecases.intake.list_check.LONG_BYTES", 30_000)
    monkeypatch.setattr("nurture.usecases.intake.uploads.SMALL", 20_000)
    settings = {"NURTURE_DATABASE_URL": fresh_url, "NURTURE_BASE_URL": "http://localhost"}
    here = prepared(home, settings)
    yield Site(here, create_app(here))
    here.works.engine.dispose()


def upload(mara: Reader, name: str) -> str:
    rows = [HEAD, *((f"p{n}@mills{n % 90}.example", f"N{n}", "Mills") for n in range(ROWS))]
    content = workbook(rows) if name.endswith(".xlsx") else as_csv(rows)
    answer = mara.send("/imports", came_from="/imports", list=(BytesIO(content), name))
    return answer.headers["Location"].removesuffix("/why")


def as_csv(rows: list[tuple[str, str, str]]) -> bytes:
    return "\n".join(",".join(row) for row in rows).encode()


def promised(site: Site, job: JobName) -> Json:
    """Take a promise as the relay does."""
    with site.here.works.begin("relay") as work:
        found = [one for one in outbox.open_jobs(work) if one.job is job]
        outbox.mark_relayed(work, [one.id for one in found])
    assert found, f"nobody promised {job}"
    return found[-1].payload


def work_elsewhere(there: Path, url: str, job: JobName, payload: Json) -> None:
    """Run a job as another host does: it shares the database and nothing else."""
    env = {**os.environ, "NURTURE_HOME": str(there), "NURTURE_DATABASE_URL": url}
    given = [sys.executable, "-c", RUN, JOBS[job], json.dumps(payload)]
    subprocess.run(given, check=True, env=env, cwd=ROOT, timeout=120)


@pytest.mark.only("postgresql")  # the one that several hosts can share
@pytest.mark.parametrize("name", ["spring.csv", "spring.xlsx"])
def test_a_list_comes_in_on_a_host_that_never_took_it(
    site: Site, fresh_url: str, tmp_path: Path, name: str
) -> None:
    there, mara = tmp_path / "there", site.reader("mara")
    where = upload(mara, name)
    mara.send(f"{where}/why", came_from=f"{where}/why", basis="consent", source="fair/autumn")
    if name.endswith(".xlsx"):
        assert "The workbook is being opened" in mara.page(f"{where}/columns")
        work_elsewhere(there, fresh_url, JobName.UNFOLD, promised(site, JobName.UNFOLD))
        through = mara.get(f"{where}/columns/progress")
        assert through.headers["HX-Refresh"] == "true"
    mara.send(
        f"{where}/columns",
        came_from=f"{where}/columns",
        heading=list(HEAD),
        meaning=["email", "first_name", "company"],
    )
    assert "waits for a worker" in mara.page(f"{where}/check")
    work_elsewhere(there, fresh_url, JobName.CHECK, promised(site, JobName.CHECK))
    assert f"Import {ROWS:,} new leads" in mara.page(f"{where}/check")

    begun = mara.send(f"{where}/start", came_from=f"{where}/check")
    work_elsewhere(there, fresh_url, JobName.IMPORT, promised(site, JobName.IMPORT))
    done = plain(mara.get(begun.headers["Location"]).get_data(as_text=True))
    assert f"{ROWS:,} new leads, 0 updated" in done
    with site.here.works.read("test") as work:
        assert leads.count(work, leads.LeadFilter()) == ROWS
    assert not any(
        "spring" in path.name for path in (*site.here.home.rglob("*"), *there.rglob("*"))
    )
