"""Where the browser finds our styles and scripts, and whether the kit was built at all."""

import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from flask import Flask, url_for

STATIC = Path(str(files("nurture.web"))) / "static"
KIT = ("kit.css", "htmx.min.js", "icons.svg", "inter-latin.woff2")


def register(app: Flask) -> None:
    """Give templates `asset(name)` and `kit_built()`."""
    app.jinja_env.globals.update(asset=asset, kit_built=kit_built)


def asset(name: str) -> str:
    """Address a file of ours by its content, so that a new one is fetched at once."""
    return url_for("static", filename=name, v=_digest(name))


@lru_cache(maxsize=1)
def kit_built() -> bool:
    """Tell whether the parts from the npm registry lie here; pages say so where they do not."""
    return all((STATIC / "vendor" / name).is_file() for name in KIT)


@lru_cache(maxsize=64)
def _digest(name: str) -> str:
    path = STATIC / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else "none"
