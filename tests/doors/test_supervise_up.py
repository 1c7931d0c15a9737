import os
import subprocess
import sys
import time
from pathlib import Path

from nurture.kernel.settings import Settings, load_settings
from tests.support.processes import free_port
from workers.up import children, greeting


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


def test_whoever_starts_it_without_a_mail_server_reads_where_the_mail_ends(home: Path) -> None:
    alone = settings(home, smtp_url="")
    assert f"No mail leaves this machine: it ends at {alone.base_url}/mailbox" in greeting(alone)
    assert "mailbox" not in greeting(settings(home, smtp_url="smtp://mail:25"))


def test_ending_the_command_ends_all_that_it_started(home: Path) -> None:
    told = {**os.environ, "NURTURE_HOME": str(home)}
    told["NURTURE_BASE_URL"] = settings(home).base_url
    said = home / "said.txt"
    with said.open("wb") as log:
        command = [sys.executable, "-c", "from nurture.cli import main; main()", "up"]
        up = subprocess.Popen(command, env=told, stdout=log, stderr=log)
        try:
            until = time.monotonic() + 90
            while b"Nurture runs at" not in said.read_bytes() and time.monotonic() < until:
                time.sleep(0.2)
            started = _with_home(home)
            up.terminate()
            up.wait(90)
        finally:
            up.kill()
    assert len(started) > 1
    assert _with_home(home) == []


def _with_home(home: Path) -> list[int]:
    """List the processes that were told of this folder."""
    found = []
    for one in Path("/proc").iterdir():
        if one.name.isdecimal():
            try:
                told = (one / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if f"NURTURE_HOME={home.resolve()}".encode() in told:
                found.append(int(one.name))
    return found
