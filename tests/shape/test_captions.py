import ast
import re

from tests.shape.sources import ROOT, sources


def test_every_folder_of_code_is_a_package_with_a_caption() -> None:
    folders = {(ROOT / source.path).parent for source in sources()} - {ROOT}
    missing = [
        str(folder.relative_to(ROOT))
        for folder in folders
        if not (folder / "__init__.py").exists()
        or not ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    ]
    assert missing == []


def test_no_caption_needs_two_lines() -> None:
    long = [
        source.path
        for source in sources()
        if source.path.endswith("__init__.py")
        and "\n\n" not in (caption := ast.get_docstring(source.tree) or "")
        and "\n" in caption
    ]
    assert long == []


def test_every_exception_to_a_rule_says_why() -> None:
    silent = re.compile(
        r"#\s*noqa(?!: [A-Z0-9, ]+ - [\x22`\w])|#\s*type: ignore(?!\[[a-z, -]+\]\s+(#|-) ?\w)"
    )
    found = [
        f"{source.path}:{number}"
        for source in sources()
        if not source.path.startswith("tests/shape/")
        for number, line in enumerate(source.text.splitlines(), start=1)
        if silent.search(line)
    ]
    assert found == []
