"""What a person decided while the database may be away: one synced file each, on this host's disk.

A pending request is written before the answer leaves and deleted once the database knows. Unlike a
line of the spool it survives a power cut, and one that fails never stops the others.
"""

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nurture.kernel.log import logger
from nurture.kernel.types import Json

SUFFIX = ".slip"
BAD = ".bad"
"""Ends the name of one that nobody can read; somebody looks at it, nothing else does."""


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """One decision that waits for the database."""

    path: Path
    content: Mapping[str, Json]

    @property
    def name(self) -> str:
        """Name it once and for all: whoever carries it out remembers the name."""
        return self.path.name.removesuffix(SUFFIX)

    def delete_pending(self) -> None:
        """Forget it, once the database knows."""
        self.path.unlink(missing_ok=True)


def keep(folder: Path, content: Mapping[str, Json], *, at: datetime) -> PendingRequest:
    """Write a pending request; it is on the disk itself, not only on its way, when this returns."""
    folder.mkdir(parents=True, exist_ok=True)
    # Names sort by time, so that decisions are carried out in their order.
    name = f"{at:%Y%m%d%H%M%S%f}-{secrets.token_hex(8)}"
    hidden, path = folder / f".{name}", folder / f"{name}{SUFFIX}"
    handle = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(dict(content), file)
            file.flush()
            os.fsync(file.fileno())
        # Whole or not at all: a reader never sees half of one.
        hidden.rename(path)
    except OSError:
        hidden.unlink(missing_ok=True)
        raise
    _sync(folder)
    return PendingRequest(path, content)


def kept(folder: Path) -> list[PendingRequest]:
    """Read what waits on this host, the oldest first; one that cannot be read hides no other."""
    found = []
    for path in sorted(folder.glob("*" + SUFFIX)):
        try:
            found.append(PendingRequest(path, json.loads(path.read_bytes())))
        except FileNotFoundError:
            # Another process has torn it up.
            continue
        except OSError:
            # The disk may give it back: it is read again next time.
            logger().exception("slip_unreadable", pending=path.name)
        except ValueError:
            logger().exception("slip_set_aside", pending=path.name)
            with suppress(OSError):
                path.rename(path.with_name(path.name + BAD))
    return found


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
