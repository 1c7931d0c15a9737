"""One name, one meaning: classes and modules are unique, whatever package they stand in."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ANATOMY = {"errors", "model", "queries", "rules", "service", "tables", "types"}
"""The files that every domain has, with the same meaning in each (design: anatomy of a domain)."""


def _modules() -> Iterator[Path]:
    for package in ("campaigns", "nurture", "workers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "versions" not in path.parts:
                yield path


def test_no_class_name_means_two_things() -> None:
    where: defaultdict[str, list[str]] = defaultdict(list)
    for path in _modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                where[node.name].append(str(path.relative_to(ROOT)))
    assert len(where) > 500
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}


def test_no_module_name_means_two_things() -> None:
    where: defaultdict[str, list[str]] = defaultdict(list)
    for path in _modules():
        name = path.parent.name if path.stem == "__init__" else path.stem
        if name not in ANATOMY:
            where[name].append(str(path.relative_to(ROOT)))
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}
