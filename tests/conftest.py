"""Fixtures that every test may ask for: databases, transactions, a clock, an embedded queue."""

import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from nurture.kernel.clock import FrozenClock
from nurture.kernel.database import make_engine
from nurture.kernel.log import configure
from nurture.kernel.work import Work, Works
from tests.support import library
from tests.support.databases import Database, close_run, make_database, open_run
from tests.support.memory import compile_each_mail_once, compile_each_page_once, forget_versions
from tests.support.sockets import stay_at_home
from tests.support.works import RolledBackWorks
from workers.valkey import EmbeddedValkey, forget_socket

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When tests take place unless they say otherwise: a Monday morning."""

SETTINGS_OF_TESTS = ("NURTURE_REQUIRE_BROWSER", "NURTURE_TEST_DATABASE_URL")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql", "both"),
        default="both",
        help="which database the tests that need one run on",
    )


def pytest_configure(config: pytest.Config) -> None:
    _keep_bytecode()
    if not hasattr(config, "workerinput"):
        _forget_settings()
        open_run()


def _keep_bytecode() -> None:
    """Let the programs that tests start find their modules compiled, whatever the shell says."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def _forget_settings() -> None:
    """Leave out what this shell is set up for: tests say themselves what they need."""
    for name in list(os.environ):
        if name.startswith("NURTURE_") and name not in SETTINGS_OF_TESTS:
            del os.environ[name]


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        close_run()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database")
        kinds = ["sqlite", "postgresql"] if chosen == "both" else [chosen]
        only = metafunc.definition.get_closest_marker("only")
        kinds = [kind for kind in kinds if only is None or kind in only.args]
        metafunc.parametrize("database", kinds, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out single cases of a test that speak of another database."""
    others = [item for item in items if _speaks_of_another(item)]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in set(others)]


def _speaks_of_another(item: pytest.Item) -> bool:
    only = item.get_closest_marker("only")
    case = getattr(item, "callspec", None)
    return (
        only is not None
        and case is not None
        and (case.params.get("database", only.args[0]) not in only.args)
    )


@pytest.fixture(scope="session", autouse=True)
def _no_outside_world() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        stay_at_home(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _logged_as_in_the_product() -> None:
    """Unconfigured, the logger paints each traceback, which takes half a second."""
    configure(json=False)


@pytest.fixture(scope="session", autouse=True)
def _each_text_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        compile_each_mail_once(patch)
        compile_each_page_once(patch)
        yield


@pytest.fixture(autouse=True)
def _no_version_remembered() -> None:
    forget_versions()


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest) -> Database:
    """This worker's database of the kind under test."""
    return make_database(str(request.param), os.environ.get("PYTEST_XDIST_WORKER", "main"))


@pytest.fixture(scope="session")
def engine(database: Database) -> Iterator[Engine]:
    """An engine with every table; what tests write through `works` or `work` is rolled back."""
    url = database.fresh()
    engine = make_engine(url)
    with library.dropped_after(database):
        yield engine
    engine.dispose()
    database.drop(url)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection inside a transaction that never commits."""
    with engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands still on a Monday morning."""
    return FrozenClock(MONDAY)


@pytest.fixture
def works(connection: Connection, clock: FrozenClock, database: Database) -> Iterator[Works]:
    """The transaction owner; each `begin` is a savepoint that later ones see."""
    with library.rolled_back_after():
        yield RolledBackWorks(connection, clock, database)


@pytest.fixture
def work(works: Works) -> Iterator[Work]:
    """One open transaction, rolled back after the test."""
    with works.begin("test") as work:
        yield work


@pytest.fixture
def fresh_url(database: Database) -> Iterator[str]:
    """A database of this test's own, for what commits or starts processes."""
    url = database.fresh()
    yield url
    database.drop(url)


@pytest.fixture
def fresh_works(fresh_url: str, clock: FrozenClock) -> Iterator[Works]:
    """Real transactions on a database of this test's own."""
    engine = make_engine(fresh_url)
    yield Works(engine, clock)
    engine.dispose()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """An embedded Valkey for this worker, on a unix socket; `valkey.url` is its address."""
    server = EmbeddedValkey(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An empty NURTURE_HOME."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    yield folder
    forget_socket(folder)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser program; where there is none, a skip that is counted aloud."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    if os.environ.get("NURTURE_REQUIRE_BROWSER") == "1":
        pytest.fail("NURTURE_REQUIRE_BROWSER is set, and no Chromium was found.")
    pytest.skip("no Chromium was found; browser tests did not run")
