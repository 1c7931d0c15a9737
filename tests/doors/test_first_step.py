"""An installation in which nothing has been published says what comes first, and nothing else."""

import io
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError, ProgrammingError

from nurture.cli.main import main
from nurture.kernel.clock import FrozenClock
from nurture.kernel.database import make_engine
from nurture.kernel.work import Works
from nurture.published.tables import PublishedText
from nurture.schema import upgrade
from nurture.web import security
from tests.domains.sales import a_user
from tests.doors.public import Site, open_site

LIST = b"Email,Last name\na@b.example,Bee\n"


@pytest.fixture
def site(works: Works, clock: FrozenClock, home: Path) -> Site:
    site = open_site(works, clock, home)
    site.app.config["WTF_CSRF_METHODS"] = set()
    with site.works.begin("test") as work:
        work.session.execute(delete(PublishedText))
    return site


@pytest.fixture
def reader(site: Site) -> FlaskClient:
    with site.works.begin("test") as work:
        user_id = a_user(work, "boss", roles=["admin", "marketer", "manager"])
    site.log_in(user_id)
    return site.client


@pytest.mark.parametrize("path", ["/", "/leads", "/imports"])
def test_a_page_says_what_comes_first(reader: FlaskClient, path: str) -> None:
    page = reader.get(path)
    assert page.status_code == 200
    assert "Publish your library first" in page.text
    assert "nurture publish FOLDER" in page.text
    assert "Back to Today" not in page.text


def test_no_page_of_the_menu_fails(site: Site, reader: FlaskClient) -> None:
    for rule in site.app.url_map.iter_rules():
        if not rule.arguments and "GET" in (rule.methods or ()) and rule.endpoint != "static":
            status = reader.get(rule.rule).status_code
            assert status < 500, rule.rule


def test_a_list_is_refused_before_it_is_read(reader: FlaskClient) -> None:
    sent = reader.post("/imports", data={"list": (io.BytesIO(LIST), "fair.csv")})
    assert "Publish your library first" in sent.text


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_the_command_refuses_a_list_as_well(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
) -> None:
    engine = make_engine(f"sqlite:///{home / 'nurture.db'}")
    upgrade(engine)
    engine.dispose()
    (home / "fair.csv").write_bytes(LIST)
    monkeypatch.setenv("NURTURE_HOME", str(home))
    argv = ["nurture", "leads", "import", str(home / "fair.csv"), "--basis", "consent", *more]
    monkeypatch.setattr(sys, "argv", argv)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert "Nothing has been published yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (ProgrammingError, 'relation "leads" does not exist'),
        (OperationalError, "no such table: leads"),
        (OperationalError, "no such column: leads.phone"),
    ],
)
def test_missing_tables_are_said_without_sql(
    site: Site, kind: type[ProgrammingError] | type[OperationalError], words: str
) -> None:
    @security.public
    def behind() -> str:
        raise kind("SELECT secret FROM leads", {}, Exception(words))

    site.app.add_url_rule("/behind", "behind", behind)
    answer = site.client.get("/behind")
    assert answer.status_code == 503
    assert "nurture db upgrade" in answer.text
    assert "SELECT" not in answer.text
