import json
import os
import signal
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from tests.support.processes import alive, wait_until
from workers.queues import WORKER_TTL, connect, make_worker, queue
from workers.valkey import EmbeddedValkey, plan_valkey, recorded_url

WORKER = "import sys; from workers.queues import *; make_worker(connect(sys.argv[1])).work()"


def note_and_sleep(file: str, seconds: float) -> None:
    Path(file).write_text(str(os.getpid()))
    time.sleep(seconds)


def start_worker(valkey: EmbeddedValkey) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WORKER, valkey.url], stderr=subprocess.DEVNULL)


def test_a_job_travels_as_json_and_runs_in_a_fork(valkey: EmbeddedValkey, tmp_path: Path) -> None:
    note = tmp_path / "note"
    with connect(valkey.url) as connection:
        job = queue(connection).enqueue(note_and_sleep, str(note), 0)
        stored = connection.hget(job.key, "data")
        worker = start_worker(valkey)
        wait_until(lambda: note.exists() and note.read_text() != "")
        worker.terminate()
        worker.wait(20)

    assert isinstance(stored, bytes)
    assert json.loads(zlib.decompress(stored))[2] == [str(note), 0]
    assert int(note.read_text()) != worker.pid


def test_a_killed_worker_takes_its_horse_along(valkey: EmbeddedValkey, tmp_path: Path) -> None:
    note = tmp_path / "note"
    with connect(valkey.url) as connection:
        queue(connection).enqueue(note_and_sleep, str(note), 600)
        worker = start_worker(valkey)
        wait_until(lambda: note.exists() and note.read_text() != "")
        horse = int(note.read_text())
        assert alive(horse)

        worker.send_signal(signal.SIGKILL)
        worker.wait()

        wait_until(lambda: not alive(horse))
        connection.flushall()


def test_a_killed_worker_is_noticed_within_a_minute(valkey: EmbeddedValkey) -> None:
    with connect(valkey.url) as connection:
        assert make_worker(connection).worker_ttl == WORKER_TTL <= 60


def test_the_socket_is_short_private_and_recorded(home: Path) -> None:
    plan = plan_valkey(home)

    assert len(str(plan.socket)) < 100
    assert plan.socket.parent.stat().st_mode & 0o777 == 0o700
    assert recorded_url(home) == plan.url == plan_valkey(home).url


def test_a_socket_folder_that_others_may_enter_is_not_used_again(home: Path) -> None:
    before = plan_valkey(home)
    before.socket.parent.chmod(0o755)

    assert plan_valkey(home).socket != before.socket


def test_a_long_temporary_folder_is_avoided(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = home / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))

    assert len(str(plan_valkey(home).socket)) < 100
