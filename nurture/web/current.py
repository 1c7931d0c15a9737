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
