"""How fast mail leaves: our pipelined connections against Postfix's own load generator."""

import os
import shutil
import smtplib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from nurture.adapters.mail_smtp import SmtpTransport, relay_of
from nurture.kernel.types import MessageId
from nurture.mail.transport import Outgoing, SendOutcome, TransportResult, WireBytes
from tests.bench.result import BenchResult, MissingTool, Pair, summed_up

GOAL = 0.60
CPU_GOAL = 4.0
CONNECTIONS = 4
MESSAGES = 4_000
BODY_BYTES = 32_000
INSTALL = "apt-get install postfix, or unpack that package and set NURTURE_BENCH_TOOLS to it"
_SENDER, _RECIPIENT = "news@shop.example", "lead@x.example"
_LINE = b"a line of a mail that is neither long nor short, as they are in mails\r\n"
_DATA = WireBytes(b"Subject: bench\r\n\r\n" + _LINE * (BODY_BYTES // len(_LINE)))


def run(*, runs: int = 5, smoke: bool = False) -> BenchResult:
    """Send into one `smtp-sink`, by turns, as many messages of the same size."""
    count = 200 if smoke else MESSAGES
    pairs, cpu = [], []
    for _ in range(1 if smoke else runs):
        with smtp_sink() as port:
            reference = source_rate(port, count)
            wall, used = _ours(port, count)
            pairs.append(Pair(count / wall, reference, count / wall / reference))
            cpu.append((_smtplib_cpu(port, count // 10) / (count // 10)) / (used / count))
    result = summed_up(
        "smtp", pairs, unit="messages/s", reference_name="smtp-source -s 4", goal=GOAL
    )
    cpu.sort()
    middle = cpu[len(cpu) // 2]
    note = f"smtplib uses {middle:.1f} times our CPU per message; goal {CPU_GOAL:.0f}"
    return replace(result, notes=(note,))


def _ours(port: int, count: int) -> tuple[float, float]:
    sent: list[TransportResult] = []
    messages = (Outgoing(MessageId(number), _SENDER, _RECIPIENT, _DATA) for number in range(count))
    transport = SmtpTransport(relay_of(f"smtp://127.0.0.1:{port}"), connections=CONNECTIONS)
    began, used = time.perf_counter(), time.process_time()
    transport.send_batch(
        messages,
        before_dot=lambda _: None,
        on_reply=sent.append,
        should_stop=lambda: False,
    )
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    assert [result.outcome for result in sent] == [SendOutcome.SENT] * count
    return wall, cpu


def source_rate(port: int, count: int, *, size: int = len(_DATA)) -> float:
    """Tell the messages per second that Postfix's load generator gets accepted."""
    options = ["-d", "-s", str(CONNECTIONS), "-m", str(count), "-l", str(size)]
    addresses = ["-f", _SENDER, "-t", _RECIPIENT, f"127.0.0.1:{port}"]
    command = [tool("smtp-source"), *options, *addresses]
    began = time.perf_counter()
    subprocess.run(command, check=True, env=_surroundings(), timeout=300)
    return count / (time.perf_counter() - began)


def _smtplib_cpu(port: int, count: int) -> float:
    """Send with as many connections, a thread each, as one would write it first."""
    threads = [
        threading.Thread(target=_send_simply, args=(port, count // CONNECTIONS))
        for _ in range(CONNECTIONS)
    ]
    began = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.process_time() - began


def _send_simply(port: int, count: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as talk:
        for _ in range(count):
            talk.sendmail(_SENDER, [_RECIPIENT], _DATA)


@contextmanager
def smtp_sink() -> Iterator[int]:
    """Run Postfix's sink; give its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [tool("smtp-sink"), *user, f"127.0.0.1:{port}", "256"]
    with subprocess.Popen(command, env=_surroundings(), stderr=subprocess.DEVNULL) as sink:
        try:
            _wait_for(port)
            yield port
        finally:
            sink.terminate()


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise MissingTool("smtp-sink does not start.")


def tool(name: str) -> str:
    """Find a reference program, or say how to get it."""
    unpacked = os.environ.get("NURTURE_BENCH_TOOLS", "")
    places = [f"{unpacked}{folder}" for folder in ("", "/usr/sbin", "/sbin")] if unpacked else []
    path = os.pathsep.join([*places, os.environ.get("PATH", ""), "/usr/sbin"])
    found = shutil.which(name, path=path)
    if found is None:
        raise MissingTool(f"{name} is missing: {INSTALL}.")
    return found


def _surroundings() -> dict[str, str]:
    unpacked = os.environ.get("NURTURE_BENCH_TOOLS", "")
    libraries = Path(unpacked) / "usr/lib/postfix"
    return {**os.environ, **({"LD_LIBRARY_PATH": str(libraries)} if unpacked else {})}
