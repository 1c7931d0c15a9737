"""The documents name only what exists, and the map says what the packages say of themselves."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from nurture.cli.main import nurture
from nurture.kernel.settings import Settings
from tests.shape.sources import PACKAGES, ROOT

README = ROOT / "README.md"
DOCUMENTS = (README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
OURS = re.compile(
    r"(?<![\w./<])"
    r"((?:campaigns|nurture|workers|templates|tests|docs|web)/[\w./-]*"
    r"|[\w-]+\.(?:md|toml|lock)|Makefile|LICENSE)"
)
INVENTED = frozenset({"nurture.toml", "your-library"})
"""What readers make themselves."""
COMMAND = re.compile(r"(?:(?<![\w./])|(?<=bin/))nurture ((?:[a-z-]+)(?: [a-z-]+)?)")
MAPPED = re.compile(r"^    ([\w/]+/) +(\S.*)$", re.MULTILINE)
SHOWN = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
LINK = re.compile(r"\]\((?!https?://)([^)#]+)[^)]*\)|<img [^>]*src=\"([^\"]+)\"")
FILE = re.compile(r"(?<![\w./<])((?:\w+/)*\w+\.(?:py|yaml|txt|html|json))(?!\w)")
LARGEST_PICTURE = 300_000


def code_of(document: Path) -> str:
    """Give what stands in backticks and indented blocks: names are meant literally there."""
    text = document.read_text(encoding="utf-8")
    inline = re.findall(r"`([^`\n]+)`", text)
    blocks = [line for line in text.splitlines() if line.startswith("    ")]
    return "\n".join([*inline, *blocks])


def packages() -> Iterator[Path]:
    """Name every package of ours; generated revisions need no line on the map."""
    for name in PACKAGES:
        for file in sorted((ROOT / name).rglob("__init__.py")):
            if "versions" not in file.parts:
                yield file.parent


def caption(package: Path) -> str:
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    return (ast.get_docstring(tree) or "").partition("\n")[0]


def is_placeholder(path: str) -> bool:
    """`nurture/<name>/` reads as `nurture/`, and a pattern ends where its blank begins."""
    return path.endswith(("/-", "-")) or path in INVENTED


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    named = {found.rstrip(".") for found in OURS.findall(code_of(document))}
    missing = [
        path
        for path in sorted(named)
        if not is_placeholder(path)
        and not (ROOT / path).exists()
        and not (document.parent / path).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_in_short_exists(document: Path) -> None:
    files = [f"/{file.relative_to(ROOT)}" for name in PACKAGES for file in (ROOT / name).rglob("*")]
    named = FILE.findall(code_of(document))
    assert [name for name in named if not any(file.endswith(f"/{name}") for file in files)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = [first or second for first, second in LINK.findall(text)]
    assert [path for path in targets if not (document.parent / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_that_a_document_names_exists(document: Path) -> None:
    unknown = []
    for words in COMMAND.findall(code_of(document)):
        group, _, verb = words.partition(" ")
        command = nurture.commands.get(group)
        if command is None or (
            isinstance(command, click.Group) and verb and verb not in command.commands
        ):
            unknown.append(words)
    assert unknown == []


def test_the_map_says_of_each_package_what_it_says_of_itself() -> None:
    on_the_map = dict(MAPPED.findall(README.read_text(encoding="utf-8")))
    captions = {f"{one.relative_to(ROOT)}/": caption(one) for one in packages()}
    # A package that says nothing of itself is another test's matter.
    expected = {name: words or on_the_map.get(name) for name, words in captions.items()}
    assert on_the_map == expected


def test_the_settings_are_all_explained() -> None:
    explained = set(re.findall(r"^\| `NURTURE_(\w+)` \|", README.read_text(), re.MULTILINE))
    assert explained == {name.upper() for name in Settings.model_fields}


def test_every_feature_that_works_is_shown_by_a_test_that_exists() -> None:
    claims = SHOWN.findall((ROOT / "docs/features.md").read_text(encoding="utf-8"))
    lost = [
        f"{path}::{name}"
        for path, name in claims
        if not (ROOT / path).exists()
        or not re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.MULTILINE)
    ]
    assert lost == []
    assert claims


def test_every_decision_is_listed_and_quotes_tests_that_exist() -> None:
    folder = ROOT / "docs/decisions"
    listed = set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text()))
    written = {path.name for path in folder.glob("[0-9]*.md")}
    assert listed == written
    quoted = [claim for path in folder.glob("*.md") for claim in SHOWN.findall(path.read_text())]
    assert [name for path, name in quoted if f"def {name}(" not in (ROOT / path).read_text()] == []


def test_pictures_are_small_enough_to_be_looked_at() -> None:
    large = [
        path.name
        for path in (ROOT / "docs/pictures").glob("*")
        if path.stat().st_size > LARGEST_PICTURE
    ]
    assert large == []
