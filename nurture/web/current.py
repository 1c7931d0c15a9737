"""What a request needs of its process: the runtime, and where templates and texts lie."""

from importlib.resources import files
from pathlib import Path

from flask import current_app

from nurture.runtime import Runtime

EXTENSION = "nurture"
TEMPLATES = Path(str(files("templates")))


def here() -> Runtime:
    """Give the runtime that this application was made with."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Runtime)
    return found


def text_inside(folder: Path, name: str) -> str:
    """Read a text of a folder; "" when there is none of that name."""
    file = folder / name
    try:
        inside = file.resolve().is_relative_to(folder.resolve())
        return file.read_text(encoding="utf-8") if inside and file.is_file() else ""
    except (OSError, ValueError):  # a name that no file can have
        return ""
