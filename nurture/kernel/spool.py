"""Lines on this host's disk that a process keeps before it answers, and how they are read again.

Each process appends to a file of its own and holds a lock on it while it lives. One `os.write` per
line survives `kill -9`; only a power cut may take the lines that the kernel had not yet synced.
"""

import fcntl
import os
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path

ROTATE_AT = 8 * 1024 * 1024
SUFFIX = ".spool"
LINE_BYTES = 256
"""More than most lines have; reading far beyond what is asked for costs more than reading twice."""
LONGEST_LINE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SpoolChunk:
    """Complete lines from one offset on, without their newline, and where the next one begins."""

    lines: tuple[bytes, ...]
    end: int


class Spool:
    """This process's own file in `folder`; the first line opens it; safe with threads and forks."""

    def __init__(self, folder: Path, *, rotate_at: int = ROTATE_AT) -> None:
        self._folder = folder
        self._rotate_at = rotate_at
        self._mutex = threading.Lock()
        self._handle: int | None = None
        self._size = 0
        os.register_at_fork(after_in_child=self._forget)

    def append(self, line: bytes) -> None:
        """Write one line without its newline; it is on disk's way when this returns."""
        with self._mutex:
            handle = self._handle
            if handle is None:
                handle = self._open()
            written = os.write(handle, line + b"\n")
            self._size += written
            if written <= len(line):
                # The disk is full: the torn line stays last in its file and is never read.
                self._close()
                message = f"The spool in {self._folder} took half a line; is the disk full?"
                raise OSError(message)
            if self._size >= self._rotate_at:
                self._close()

    def close(self) -> None:
        """Finish this file; the next line opens another."""
        with self._mutex:
            self._close()

    def _open(self) -> int:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = secrets.token_hex(8)
        hidden = self._folder / f".{name}"
        handle = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        # Only a locked file gets its name, so that no reader takes it for finished and deletes it.
        hidden.rename(self._folder / (name + SUFFIX))
        self._handle, self._size = handle, 0
        return handle

    def _close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _forget(self) -> None:
        """Leave the parent's file to the parent; its mutex may have been held at the fork."""
        self._mutex = threading.Lock()
        self._close()


def files(folder: Path) -> list[Path]:
    """List the spool files of this host, in a stable order."""
    return sorted(folder.glob("*" + SUFFIX))


def finished(path: Path) -> bool:
    """Tell whether nobody will append any more: its writer has rotated or is gone."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def read(path: Path, *, offset: int, limit: int) -> SpoolChunk:
    """Read up to `limit` complete lines; a file that has gone has none, a torn line waits."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            block = file.read(limit * LINE_BYTES)
            if b"\n" not in block:
                block += file.read(LONGEST_LINE)
    except FileNotFoundError:
        return SpoolChunk(lines=(), end=offset)
    lines = block.split(b"\n")[:-1][:limit]
    return SpoolChunk(lines=tuple(lines), end=offset + sum(map(len, lines)) + len(lines))
