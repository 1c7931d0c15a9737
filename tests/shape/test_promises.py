"""Every number by which a comment cites a promise is explained, and what explains it is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "promises.md"
ROW = re.compile(r"^\| ([A-Z][0-9-]+(?:-B?[0-9]+)?) \|", re.MULTILINE)
CITED = re.compile(r"\b[SDTXFO]-\d{2}\b")
READ = ("campaigns", "nurture", "workers", "templates", "tests", "docs")
KINDS = {".py", ".md", ".html", ".js", ".css", ".yaml", ".toml"}


def sources() -> list[Path]:
    found = [path for name in READ for path in (ROOT / name).rglob("*") if path.suffix in KINDS]
    return [path for path in found if "vendor" not in path.parts and path != PAGE]


def test_every_cited_promise_is_explained_once() -> None:
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    cited = {code for path in sources() for code in CITED.findall(path.read_text("utf-8"))}
    assert len(rows) == len(set(rows))
    assert cited - set(rows) == set()
    assert {row for row in rows if CITED.fullmatch(row)} - cited == set()


def test_what_keeps_and_what_shows_a_promise_exists() -> None:
    named = re.findall(r"`((?:campaigns|nurture|workers|tests)/[^`]+)`", PAGE.read_text("utf-8"))
    assert [path for path in named if not (ROOT / path).is_file()] == []
