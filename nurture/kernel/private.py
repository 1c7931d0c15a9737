"""Folders and files that only the user who runs Nurture may read, whatever the umask says."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private_folder(path: Path) -> None:
    """Make a folder that its owner alone may enter; one that is there already stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=stat.S_IRWXU)
    except FileExistsError:
        if not path.is_dir():
            raise


def private_file(path: Path) -> None:
    """Make an empty file that its owner alone may read, if there is none yet.

    What SQLite lays beside a database (its log and index) gets the mode of the database.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, stat.S_IRUSR | stat.S_IWUSR))


def open_to_others(paths: Iterable[Path]) -> list[Path]:
    """Tell which of these are there and may be entered, read or written by other users."""
    return [path for path in paths if path.exists() and path.stat().st_mode & OTHERS]
