"""Whatever runs ends on the first SIGTERM or Ctrl-C, also right after its start."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nurture.kernel.database import make_engine
from nurture.schema import upgrade
from tests.faults.installation import ROOT
from tests.support.processes import free_port, listens, wait_until

SECONDS_TO_END = 60
NURTURE = (sys.executable, "-c", "from nurture.cli import main; main()")


def started(home: Path, *role: str, log: Path, **given: str) -> "subprocess.Popen[bytes]":
    env = {key: value for key, value in os.environ.items() if not key.startswith("NURTURE_")}
    port = free_port()
    settings = {
        "NURTURE_HOME": str(home),
        "NURTURE_BASE_URL": f"http://127.0.0.1:{port}",
        "NURTURE_REDIS_URL": "redis://127.0.0.1:1",
        **given,
    }
    with log.open("wb") as out:
        return subprocess.Popen(
            [*NURTURE, *role], cwd=ROOT, env={**env, **settings}, stdout=out, stderr=out
        )


def ends(process: "subprocess.Popen[bytes]", sign: signal.Signals) -> int:
    process.send_signal(sign)
    try:
        return process.wait(SECONDS_TO_END)
    finally:
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("pause", [0.3, 1.5])
@pytest.mark.parametrize("role", ["web", "worker", "tick", "up"])
def test_a_role_ends_on_the_first_request_whenever_it_comes(
    home: Path, tmp_path: Path, role: str, pause: float
) -> None:
    redis = {} if role != "up" else {"NURTURE_REDIS_URL": ""}
    process = started(home, role, log=tmp_path / "log", **redis)
    time.sleep(pause)
    ends(process, signal.SIGTERM)
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.slow
def test_a_web_process_that_serves_ends_at_once_and_well(home: Path, tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{home / 'nurture.db'}")
    upgrade(engine)
    engine.dispose()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = started(home, "web", log=tmp_path / "log", NURTURE_BASE_URL=url)
    wait_until(lambda: listens(port), patience=180)

    assert ends(process, signal.SIGTERM) == 0
    assert not listens(port)


@pytest.mark.slow
@pytest.mark.parametrize("role", ["web", "worker", "tick"])
def test_a_database_without_tables_is_said_once_and_waited_for(
    home: Path, tmp_path: Path, role: str
) -> None:
    log, port = tmp_path / "log", free_port()
    url = f"http://127.0.0.1:{port}"
    process = started(home, role, log=log, NURTURE_BASE_URL=url)
    try:
        wait_until(lambda: "nurture db upgrade" in log.read_text(), patience=180)
        time.sleep(5)
        said = log.read_text()
        assert said.count("nurture db upgrade") == 1
        assert "Traceback" not in said
        engine = make_engine(f"sqlite:///{home / 'nurture.db'}")
        upgrade(engine)
        engine.dispose()
        wait_until(lambda: "database_upgraded" in log.read_text(), patience=90)
    finally:
        ends(process, signal.SIGTERM)
