import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.shape.sources import ROOT, Source, sources

OPTIONAL_EXTRAS = "nurture/adapters/"
"""A heavy optional extra may be imported inside its own adapter."""

MACHINES = re.compile(r"(?<![\w.])/(work|root|home/\w+|opt/wheels|Users/\w+)/")
ADDRESSES = re.compile(r"https?:|file:|^--|@ ", re.MULTILINE)


def imports_inside(source: Source) -> Iterator[str]:
    for function in source.functions():
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield source.at(node)


def test_nothing_is_imported_inside_a_function() -> None:
    inside = [
        place
        for source in sources()
        if not source.path.startswith(OPTIONAL_EXTRAS)
        for place in imports_inside(source)
    ]
    assert inside == []


def test_types_are_imported_for_real() -> None:
    pretended = [
        source.path
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Name | ast.Attribute) and "TYPE_CHECKING" in ast.unparse(node)
    ]
    assert pretended == []


def test_the_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_lock_file_names_no_place_to_download_from() -> None:
    lock = (ROOT / "requirements.lock").read_text()

    assert ADDRESSES.findall(lock.replace("    --hash=", "    hash=")) == []
    pins = re.findall(r"^[a-z0-9][\w.\[\]-]*==", lock, re.MULTILINE)
    assert len(pins) == len(re.findall(r"(?<!\\)\n(?! )", lock))


def test_the_browser_lock_file_names_no_place_to_download_from() -> None:
    lock = ROOT / "web/package-lock.json"
    if lock.exists():
        assert '"resolved"' not in lock.read_text()


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    written = [f"{s.path}: {m[0]}" for s in sources() for m in MACHINES.finditer(s.text)]
    others = ("Makefile", "pyproject.toml", "requirements.lock", ".ci/run", ".ci/venv")
    written += [name for name in others if MACHINES.search((ROOT / name).read_text())]
    assert written == []
