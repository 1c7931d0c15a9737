"""The project's own files, read once."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("campaigns", "nurture", "workers", "templates", "tests")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: str
    """Relative to the root, as people write it."""
    text: str
    tree: ast.Module

    def functions(self) -> list[Function]:
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    def at(self, node: ast.stmt) -> str:
        return f"{self.path}:{node.lineno}"


@cache
def sources() -> tuple[Source, ...]:
    """Read every Python file of ours; generated migrations are Alembic's in style."""
    found = [ROOT / "hatch_build.py"]
    for package in PACKAGES:
        found += sorted((ROOT / package).rglob("*.py"))
    return tuple(_read(path) for path in found if "versions" not in path.parts)


def _read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path=str(path.relative_to(ROOT)), text=text, tree=ast.parse(text))
