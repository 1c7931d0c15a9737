"""Programs that tests start and end, and waiting for facts rather than for time."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest


def free_port() -> int:
    """Find a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(fact: Callable[[], bool], *, patience: float = 30.0) -> None:
    """Wait for a fact; fail when it does not come true (patience only bounds a hang)."""
    deadline = time.monotonic() + patience
    while not fact():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {patience:g} s in vain")
        time.sleep(0.02)


def listens(port: int) -> bool:
    """Tell whether something accepts connections there."""
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def alive(pid: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    except NotADirectoryError:  # no /proc here
        os.kill(pid, 0)
        return True
    return state != "Z"
