"""What is wrong from outside is told in a sentence: what, where, how to mend it."""

import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nurture import runtime, schema
from nurture.cli.main import main
from nurture.kernel.errors import Unavailable
from nurture.web import serve
from tests.domains.sales import publish_rules
from tests.support.processes import free_port
from workers import worker
from workers.__main__ import main as run_role

Said = Callable[..., str]


@pytest.fixture
def said(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Said:
    """What a command says when it fails; a traceback would come out of `main` itself."""
    monkeypatch.setenv("NURTURE_HOME", str(home))

    def words(*argv: str) -> str:
        monkeypatch.setattr(sys, "argv", ["nurture", *argv])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 1
        return capsys.readouterr().err

    return words


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("DATABASE_URL", "nonsense", "NURTURE_DATABASE_URL: write postgresql://"),
        ("DATABASE_URL", "mysql://a:b@c/d", "NURTURE_DATABASE_URL: write postgresql://"),
        ("DATABASE_URL", "sqlite:////no-such-folder/x.db", "there is no folder /no-such-folder"),
        ("REDIS_URL", "http://x", "NURTURE_REDIS_URL: write redis://"),
        ("SMTP_URL", "relay", "NURTURE_SMTP_URL: write smtp://"),
        ("PORT", "abc", "NURTURE_PORT: write a whole number"),
        ("PORT", "99999", "NURTURE_PORT: give a value less than or equal to 65535"),
        ("CLOCK", "slow", "NURTURE_CLOCK: write real"),
        ("CLOCK", "fast:60", "NURTURE_CLOCK: a fast clock is wound up by `nurture demo`"),
        ("SECRET_KEY", "short", "NURTURE_SECRET_KEY is too weak"),
        ("HOME", "/proc/nowhere", "NURTURE_HOME: nothing can be kept in /proc/nowhere"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name_and_what_to_write(
    said: Said, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, words: str
) -> None:
    monkeypatch.setenv(f"NURTURE_{setting}", value)
    assert words in said("db", "check")


def test_a_database_that_is_away_is_named_without_its_password(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NURTURE_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/x")
    words = said("db", "upgrade")
    assert "postgresql://me:***@127.0.0.1:1/x cannot be opened" in words
    assert "NURTURE_DATABASE_URL" in words
    assert "secret" not in words


def test_a_database_without_tables_says_how_to_make_them(said: Said, home: Path) -> None:
    words = said("leads", "export", str(home / "leads.csv"))
    assert "run `nurture db upgrade`" in words


def test_a_queue_that_is_away_is_named_without_its_password(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NURTURE_HOME", str(home))
    schema.upgrade(runtime.start().works.engine)
    monkeypatch.setenv("NURTURE_REDIS_URL", "redis://:secret@127.0.0.1:1")
    with pytest.raises(Unavailable) as away:
        worker.main([])
    assert away.value.sentence.startswith("The queue at 127.0.0.1:1 does not answer.")
    assert "NURTURE_REDIS_URL" in away.value.sentence


def test_a_taken_port_of_the_web_is_named(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("NURTURE_HOME", str(home))
    monkeypatch.setenv("NURTURE_PORT", str(port))
    with socket.create_server(("127.0.0.1", port)):
        assert serve.main() == 1
    assert f"Port {port} of the web is taken by another program," in capsys.readouterr().err


def test_files_that_cannot_be_used_are_named_with_what_to_do(said: Said, tmp_path: Path) -> None:
    here = runtime.start()
    schema.upgrade(here.works.engine)
    with here.works.begin("test") as work:
        publish_rules(work)
    wrong = {name: tmp_path / name for name in ("t.yaml", "m.json", "l.csv", "x.csv", "e.csv")}
    wrong["t.yaml"].write_bytes(b"\xfa\xfb")
    wrong["m.json"].write_text("{bad")
    wrong["l.csv"].write_text("name,company\nAnna,Mill\n")
    wrong["x.csv"].write_bytes(b"%PDF-1.7 \0\0")
    wrong["e.csv"].write_bytes(b"")

    assert "t.yaml is no plain text" in said("tracks", "check", str(wrong["t.yaml"]))
    missing = said("publish", str(tmp_path))
    assert "company.yaml:1" in missing
    assert "the file is missing" in missing
    assert "Nothing has gone into force." in missing
    assert "is no folder" in said("publish", str(tmp_path / "nowhere"))
    assert "/nowhere/x.csv cannot be written" in said("leads", "export", "/nowhere/x.csv")
    check = ("leads", "import", "--dry-run")
    mapping = said(*check, str(wrong["l.csv"]), "--mapping", str(wrong["m.json"]))
    assert "m.json is no JSON" in mapping
    assert "of “name”, “company”" in said(*check, str(wrong["l.csv"]))
    assert "neither CSV nor XLSX" in said(*check, str(wrong["x.csv"]))
    assert "The file is empty" in said(*check, str(wrong["e.csv"]))


def test_a_role_says_the_same_as_the_command(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NURTURE_HOME", str(home))
    monkeypatch.setenv("NURTURE_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/x")
    assert run_role(["up"]) == 1
    assert "cannot be opened" in capsys.readouterr().err
