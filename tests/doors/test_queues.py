import json
import os
import select
import signal
import subprocess
import sys
import time
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from redis import Redis
from rq import Callback
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.webhook import Webhook

from nurture.kernel.types import Json
from tests.support.processes import alive, wait_until
from workers.jobs import JOBS
from workers.queues import WORKER_TTL, connect, make_worker, only, queue
from workers.valkey import EmbeddedValkey, plan_valkey, recorded_url

WORKER = """
import sys
from workers.queues import *
make_worker(connect(sys.argv[1]), ["tests.doors.test_queues.note_and_sleep"]).work(burst=BURST)
"""


def note_and_sleep(file: str, seconds: float) -> None:
    Path(file).write_text(str(os.getpid()))
    time.sleep(seconds)


def start_worker(valkey: EmbeddedValkey, *, burst: bool = False) -> subprocess.Popen[bytes]:
    code = WORKER.replace("BURST", str(burst))
    return subprocess.Popen([sys.executable, "-c", code, valkey.url], stderr=subprocess.DEVNULL)


def note_result(job: Job, connection: Redis, *result: object) -> None:
    Path(job.meta["note"]).write_text(f"{connection}{result}")


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
        assert make_worker(connection, []).worker_ttl == WORKER_TTL <= 60


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("os.system", ["touch {note}"]),
        ("subprocess.check_call", [["touch", "{note}"]]),
        ("pathlib.Path.touch", ["{note}"]),
        ("builtins.exec", ["open('{note}', 'w')"]),
        ("workers.jobs.opened", []),
        ("tests.doors.test_queues.note_result", ["{note}"]),
    ],
)
def test_an_entry_of_the_queue_that_names_no_job_of_ours_is_not_run(
    valkey: EmbeddedValkey, tmp_path: Path, name: str, arguments: list[Json]
) -> None:
    note = tmp_path / "note"
    filled = json.loads(json.dumps(arguments).replace("{note}", str(note)))
    with connect(valkey.url) as connection:
        job = queue(connection).enqueue(name, args=filled, job_timeout=20)
        start_worker(valkey, burst=True).wait(30)

        latest = job.latest_result()
        assert latest is not None
        assert f"“{name}”, which is not a job of Nurture" in (latest.exc_string or "")
        connection.flushall()
    assert not note.exists()


def test_no_callback_and_no_webhook_that_an_entry_names_is_run(
    valkey: EmbeddedValkey, tmp_path: Path
) -> None:
    note, file = tmp_path / "called", tmp_path / "ran"
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.timeout = 0
        asked = Webhook(f"http://127.0.0.1:{server.server_port}/", "finished")
        with connect(valkey.url) as connection:
            queue(connection).enqueue(
                "tests.doors.test_queues.note_and_sleep",
                args=[str(file), 0],
                meta={"note": str(note)},
                on_success=Callback("tests.doors.test_queues.note_result"),
                on_failure=Callback("tests.doors.test_queues.note_result"),
                on_stopped=Callback("tests.doors.test_queues.note_result"),
                webhooks=[asked],
            )
            start_worker(valkey, burst=True).wait(30)
            connection.flushall()
        waiting, _, _ = select.select([server.socket], [], [], 0)
    assert file.exists()
    assert not note.exists()
    assert waiting == []


def test_each_job_that_the_database_may_promise_can_be_run() -> None:
    allowed = only(JOBS.values())
    for name in JOBS.values():
        job = allowed.create(name, connection=Redis(), serializer=JSONSerializer)
        assert job.func.__module__ == "workers.jobs"


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
