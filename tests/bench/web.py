"""What the benchmarks of tracked addresses share: our server, nginx, and wrk on the other core."""

import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nurture.engagement import LinkFiles
from nurture.kernel import spool
from nurture.kernel.tokens import message_tokens
from tests.bench.result import MissingTool, Pair
from tests.bench.track_app import HOME, KEYRING, VERSION

INSTALL = {"nginx": "apt-get install nginx-light", "wrk": "apt-get install wrk"}
CONNECTIONS = 64
SECONDS = 3
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"
TARGET = "https://shop.example.com/product/1?utm_source=email&utm_medium=nurture"
TOKENS = message_tokens(KEYRING, message_id=123_456_789, template_version=VERSION)
NGINX = """
worker_processes 1; daemon off; master_process off; pid nginx.pid; error_log stderr crit;
events {{ worker_connections 512; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fast; scgi_temp_path scgi;
  uwsgi_temp_path uwsgi;
  server {{
    listen 127.0.0.1:{port};
    location /c/ {{ add_header Cache-Control no-store; return 302 {target}; }}
    location /o/ {{ add_header Cache-Control no-store; empty_gif; }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Contest:
    """Our server and nginx, both on the first core, never under load together."""

    ours: int
    nginx: int
    folder: Path

    def pair(self, path: str, *, seconds: int) -> Pair:
        """Measure nginx, then us, for the same path."""
        reference = load(self.nginx, path, seconds=seconds)
        before = self._kept()
        value = load(self.ours, path, seconds=seconds)
        assert self._kept() - before >= value * seconds * 0.9, "answers without their event"
        return Pair(value, reference, value / reference)

    def _kept(self) -> int:
        files = spool.files(self.folder / "spool")
        return sum(path.read_bytes().count(b"\n") for path in files)


@contextmanager
def contest() -> Iterator[Contest]:
    """Start both servers in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="nb-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        LinkFiles(folder).write(VERSION, [TARGET] * 12)
        ours, nginx = _free_port(), _free_port()
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(port=nginx, target=TARGET))
        reference = [tool("nginx"), "-c", str(config), "-p", name, "-e", "stderr"]
        with _started(_served(ours), ours, folder), _started(reference, nginx, folder):
            yield Contest(ours, nginx, folder)


def load(port: int, path: str, *, seconds: int) -> float:
    """Tell the requests per second that wrk gets through 64 connections from the last core."""
    address = f"http://127.0.0.1:{port}{path}"
    options = ["-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "-H", f"User-Agent: {AGENT}"]
    command = [*_pinned(-1), tool("wrk"), *options, address]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    errors = re.search(r"Non-2xx.*|Socket errors.*", done.stdout)
    assert errors is None, errors
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert found is not None, done.stdout
    return float(found[1])


def tool(name: str) -> str:
    """Find a reference program, or say how to get it."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))
    if found is None:
        raise MissingTool(f"{name} is missing: {INSTALL[name]}.")
    return found


def beside_flask(path: str, flask_path: str, one: Contest) -> str:
    """Compare with the same work as a Flask view on the same server."""
    times = [
        load(one.ours, path, seconds=1) / load(one.ours, flask_path, seconds=1) for _ in range(3)
    ]
    return f"{statistics.median(times):.1f} times the same route as a Flask view; goal 8"


def _served(port: int) -> list[str]:
    return [sys.executable, "-m", "tests.bench.track_app", str(port)]


@contextmanager
def _started(command: Sequence[str], port: int, folder: Path) -> Iterator[None]:
    environment = {**os.environ, HOME: str(folder)}
    with subprocess.Popen(
        [*_pinned(0), *command], env=environment, start_new_session=True, stdout=subprocess.DEVNULL
    ) as server:
        try:
            _wait_for(port, server)
            yield
        finally:
            os.killpg(server.pid, signal.SIGKILL)


def _pinned(which: int) -> list[str]:
    """Keep server and client apart where there are two cores."""
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cores[which])]


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        assert server.poll() is None, "the server ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise MissingTool("A server does not start.")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
