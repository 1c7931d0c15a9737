"""A whole installation in processes of its own, for tests that kill its parts."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nurture import runtime
from nurture.kernel.settings import load_settings
from nurture.runtime import Runtime
from nurture.usecases.publishing.publish import publish_library
from tests.support.processes import free_port

ROOT = Path(__file__).resolve().parents[2]


def prepared(home: Path, settings: Mapping[str, str]) -> Runtime:
    """Publish the example library, and give what an installation with these settings works with."""
    given = {name.removeprefix("NURTURE_").lower(): value for name, value in settings.items()}
    here = runtime.start(load_settings(home=home, **given))
    library, mails = ROOT / "campaigns" / "library", ROOT / "templates" / "mail"
    publish_library(here.works, library, mails=mails, links=here.links)
    return here


@dataclass
class Installation:
    """`nurture up` with its process tree."""

    process: subprocess.Popen[bytes]

    def horses(self) -> list[int]:
        """Name the forks that run jobs: below a worker, with its command line."""
        parents = _children(self.process.pid)
        return [pid for pid in self.pids("workers worker") if pid not in parents]

    def pids(self, *words: str) -> list[int]:
        """Name the processes below the supervisor whose command line has every word."""
        return [
            pid
            for pid in descendants(self.process.pid)
            if all(word in command_of(pid) for word in words)
        ]

    def kill(self, pid: int) -> bool:
        """Kill a process as a power cut would; False when it was gone already."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True


@contextmanager
def installed(home: Path, settings: Mapping[str, str]) -> Iterator[Installation]:
    """Run `nurture up` until the block ends."""
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("NURTURE_")},
        "NURTURE_HOME": str(home),
        "NURTURE_BASE_URL": f"http://127.0.0.1:{free_port()}",
        **settings,
    }
    with (home / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "workers", "up"], cwd=ROOT, env=env, stdout=log, stderr=log
        )
        try:
            yield Installation(process)
        finally:
            process.terminate()
            try:
                process.wait(90)
            except subprocess.TimeoutExpired:
                for pid in [*descendants(process.pid), process.pid]:
                    os.kill(pid, signal.SIGKILL)
                raise


def descendants(pid: int) -> list[int]:
    """List the processes below one, children before grandchildren."""
    found: list[int] = []
    for child in _children(pid):
        found += [child, *descendants(child)]
    return found


def command_of(pid: int) -> str:
    """Give a process's command line; empty once it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
