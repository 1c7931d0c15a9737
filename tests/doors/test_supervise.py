import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nurture.kernel.errors import Unavailable
from tests.support.processes import alive, free_port, wait_until
from workers.supervise import Child, Supervisor

SLEEP = "import time; time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def child(name: str, code: str = SLEEP, *, grace: float = 10.0) -> Child:
    return Child(name=name, argv=(sys.executable, "-c", code), grace=grace)


def announcing(name: str, diary: Path) -> Child:
    """A child that writes down when it starts and when it is asked to stop."""
    code = f"""
import os, signal, sys, time
def note(text):
    with open({str(diary)!r}, "a") as diary:
        diary.write(text + "\\n")
def leave(*_):
    note("{name} stops")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
note("{name} starts")
time.sleep(600)
"""
    return Child(
        name=name,
        argv=(sys.executable, "-c", code),
        ready=lambda: diary.exists() and f"{name} starts" in diary.read_text(),
    )


@contextlib.contextmanager
def watching(supervisor: Supervisor, act: Callable[[], None]) -> Iterator[None]:
    """Act from beside, since the supervisor needs the main thread; then ask it to stop."""
    failures: list[BaseException] = []

    def play() -> None:
        try:
            act()
        except BaseException as failure:  # noqa: BLE001 - handed to the main thread below
            failures.append(failure)
        finally:
            supervisor.stop()

    actor = threading.Thread(target=play)
    actor.start()
    yield
    actor.join()
    if failures:
        raise failures[0]


def test_children_start_in_order_and_stop_in_the_opposite_one(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    supervisor = Supervisor(
        [announcing("valkey", diary), announcing("worker", diary), announcing("web", diary)],
        say=print,
    )

    supervisor.run(when_ready=supervisor.stop)

    assert diary.read_text().splitlines() == [
        "valkey starts",
        "worker starts",
        "web starts",
        "web stops",
        "worker stops",
        "valkey stops",
    ]


def test_what_is_killed_comes_back() -> None:
    said: list[str] = []
    supervisor = Supervisor([child("worker"), child("web")], say=said.append)

    def kill_one() -> None:
        wait_until(lambda: len(supervisor.pids) == 2)
        before = supervisor.pids
        os.kill(before["worker"], signal.SIGKILL)
        wait_until(lambda: supervisor.pids.get("worker", before["worker"]) != before["worker"])
        assert supervisor.pids["web"] == before["web"]

    with watching(supervisor, kill_one):
        supervisor.run()

    assert said == ["worker ended by signal SIGKILL; starting it again in 0.5 s."]
    assert supervisor.pids == {}


def test_what_dies_at_once_is_started_ever_more_slowly() -> None:
    said: list[str] = []
    supervisor = Supervisor([child("worker", "raise SystemExit(3)")], say=said.append)

    with watching(supervisor, lambda: wait_until(lambda: len(said) == 3)):
        supervisor.run()

    assert [line.rsplit(" ", 2)[1] for line in said] == ["0.5", "1", "2"]
    assert said[0].startswith("worker ended with code 3")


def test_what_does_not_stop_when_asked_is_ended(tmp_path: Path) -> None:
    deaf = tmp_path / "deaf"
    code = f"{DEAF.replace('time.sleep', f'open({str(deaf)!r}, chr(119)); time.sleep')}"
    said: list[str] = []
    stubborn = Child(name="worker", argv=(sys.executable, "-c", code), ready=deaf.exists, grace=0.3)

    supervisor = Supervisor([stubborn], say=said.append)
    supervisor.run(when_ready=supervisor.stop)

    assert said == ["worker did not stop when asked; ending it."]


def test_asked_twice_it_waits_for_nobody(tmp_path: Path) -> None:
    deaf = tmp_path / "deaf"
    code = f"{DEAF.replace('time.sleep', f'open({str(deaf)!r}, chr(119)); time.sleep')}"
    argv = (sys.executable, "-c", code)
    stubborn = Child(name="worker", argv=argv, ready=deaf.exists, grace=600)
    supervisor = Supervisor([stubborn, stubborn], say=print)

    def ask_twice() -> None:
        supervisor.stop()
        supervisor.stop()

    supervisor.run(when_ready=ask_twice)

    assert supervisor.pids == {}


def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        web = Child(name="web", argv=("true",), address=("127.0.0.1", port), setting="NURTURE_PORT")

        with pytest.raises(Unavailable) as refusal:
            Supervisor([announcing("valkey", diary), web], say=print).run()

    expected = (
        f"Port {port} of the web is taken by another program, perhaps by a Nurture that "
        "runs already. Stop it or set NURTURE_PORT to another."
    )
    assert refusal.value.sentence == expected
    assert not diary.exists()


def test_a_port_that_nobody_holds_is_free() -> None:
    address = ("127.0.0.1", free_port())
    web = Child(name="web", argv=(sys.executable, "-c", SLEEP), address=address)
    supervisor = Supervisor([web], say=print)

    supervisor.run(when_ready=supervisor.stop)

    assert supervisor.pids == {}


def test_what_never_becomes_ready_ends_the_start() -> None:
    never = Child(name="web", argv=(sys.executable, "-c", SLEEP), ready=lambda: False, patience=0.2)
    supervisor = Supervisor([never], say=print)

    with pytest.raises(Unavailable, match=r"web did not become ready within 0\.2 s"):
        supervisor.run()

    assert supervisor.pids == {}


MAIN = """
import sys
from workers.supervise import Child, Supervisor
sleep = (sys.executable, "-c", "import time; time.sleep(600)")
children = [Child(name=name, argv=sleep) for name in "ab"]
supervisor = Supervisor(children, say=print)
supervisor.run(when_ready=lambda: print(*supervisor.pids.values(), flush=True))
"""


def supervised() -> tuple[subprocess.Popen[str], list[int]]:
    process = subprocess.Popen([sys.executable, "-c", MAIN], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    with process.stdout:
        return process, [int(pid) for pid in process.stdout.readline().split()]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_polite_signal_leaves_nobody_behind(sign: signal.Signals) -> None:
    process, pids = supervised()

    process.send_signal(sign)

    assert process.wait(20) == 0
    assert [alive(pid) for pid in pids] == [False, False]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PDEATHSIG is Linux's own")
def test_children_end_with_a_killed_supervisor() -> None:
    process, pids = supervised()
    assert [alive(pid) for pid in pids] == [True, True]

    process.kill()
    process.wait()

    wait_until(lambda: not any(alive(pid) for pid in pids))
