import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from nurture import runtime
from nurture.kernel.settings import Settings


@pytest.fixture(autouse=True, params=[0o000, 0o022])
def _careless_umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def open_files(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and mode(path) & 0o077]


def test_a_new_home_and_its_database_belong_to_their_user_alone(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    here = runtime.start(Settings(home=home))
    with here.works.begin("test") as work:
        work.session.execute(text("CREATE TABLE written (at INTEGER)"))
        assert open_files(home) == []
    assert open_files(home) == []
    here.works.engine.dispose()
    assert mode(home) == 0o700
    assert mode(home / "nurture.db") == 0o600
    assert mode(home / "keyring") == 0o600


def test_a_database_elsewhere_is_as_private(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.db"
    here = runtime.start(Settings(home=tmp_path / "home", database_url=f"sqlite:///{file}"))
    with here.works.begin("test") as work:
        work.session.execute(text("CREATE TABLE written (at INTEGER)"))
        assert open_files(tmp_path) == []
    here.works.engine.dispose()
    assert mode(file) == 0o600


def test_an_older_installation_that_others_can_read_is_warned_of_at_the_start(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    home.chmod(0o755)
    (home / "nurture.db").touch()
    (home / "nurture.db").chmod(0o644)

    def warned() -> str:
        with capture_logs() as lines:
            runtime.start(Settings(home=home)).works.engine.dispose()
        return str(lines)

    said = warned()
    assert f"chmod 700 {home}" in said
    assert f"chmod 600 {home / 'nurture.db'}" in said

    home.chmod(0o700)
    (home / "nurture.db").chmod(0o600)
    assert warned() == "[]"
