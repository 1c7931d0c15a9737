from pathlib import Path

from nurture.kernel.settings import Settings, load_settings
from tests.support.processes import free_port
from workers.up import children


def settings(home: Path, **given: object) -> Settings:
    return load_settings(home=home, base_url=f"http://127.0.0.1:{free_port()}", **given)


def test_everything_is_embedded_when_nothing_is_set(home: Path) -> None:
    given = settings(home, redis_url="", smtp_url="")

    programs = children(given)

    names = [child.name for child in programs]
    assert names == ["valkey", "mail sink", "worker 1", "tick", "web"]
    assert programs[-1].env["NURTURE_SMTP_URL"].startswith("smtp://127.0.0.1:")
    assert programs[-1].env["NURTURE_HOME"] == str(home.resolve())
    assert programs[-1].address == ("127.0.0.1", given.web_port)


def test_what_the_settings_name_is_not_started(home: Path) -> None:
    given = settings(home, redis_url="redis://cache:6379/0", smtp_url="smtp://mail:25")

    assert [child.name for child in children(given)] == ["worker 1", "tick", "web"]
