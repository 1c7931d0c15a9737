"""Settings that are wrong are told before anything starts, with what to write instead."""

from pathlib import Path

import pytest

from nurture.kernel.errors import Invalid
from nurture.kernel.settings import load_settings, unknown_settings
from nurture.runtime import start


@pytest.mark.parametrize(
    "value",
    [
        "https://a.example/nurture",
        "https://a.example/nurture/",
        "https://a.example/?x=1",
        "https://a.example/#top",
        "http://127.0.0.1:8000/x",
    ],
)
def test_an_address_with_more_than_a_host_is_refused(value: str) -> None:
    with pytest.raises(Invalid, match=r"NURTURE_BASE_URL: write https?://[^/ ]+ without what"):
        load_settings(base_url=value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a.example",
        "ftp://a.example",
        "https://",
        "https://a b",
        "https://a.example:x",
        "https://a.example:99999",
        "https://user:secret@a.example",
        "https://a.example\nx",
        "http://[x",
    ],
)
def test_what_is_no_address_of_a_host_is_refused(value: str) -> None:
    with pytest.raises(Invalid, match="NURTURE_BASE_URL: give a whole address"):
        load_settings(base_url=value)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("https://a.example/", "https://a.example"),
        (" https://a.example ", "https://a.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://nurture", "https://nurture"),
    ],
)
def test_the_address_of_a_host_is_kept_without_its_last_slash(value: str, kept: str) -> None:
    assert load_settings(base_url=value).base_url == kept


@pytest.mark.parametrize(
    "value",
    [
        "foo",
        "",
        "foo@",
        "@a.example",
        "a b@c.example",
        "Foo <foo>",
        "a@b.example, c@d.example",
        "Tarnholt, Sales <sales@a.example>",
        "sales@localhost",
        "sales@-a.example",
        "sales@a..example",
        "x@a.example\nBcc: y@b.example",
        "Foo sales@a.example",
    ],
)
def test_a_sender_that_is_no_address_is_refused(value: str) -> None:
    with pytest.raises(Invalid, match="NURTURE_SENDER: give one address such as"):
        load_settings(sender=value)


@pytest.mark.parametrize(
    "value",
    [
        "sales@a.example",
        "Tarnholt <sales@a.example>",
        '"Tarnholt, Sales" <sales@a.example>',
        "Bär & Söhne <info+x@mail.a-b.example>",
        "<sales@a.example>",
        "o'neil@a.example",
    ],
)
def test_a_sender_with_or_without_a_name_is_kept(value: str) -> None:
    assert load_settings(sender=value).sender == value


@pytest.mark.parametrize("value", ["foo", "foo@", "Foo <a@b.example>", "a@b.example c@d.example"])
def test_an_address_for_bounces_that_is_none_stops_the_start(home: Path, value: str) -> None:
    with pytest.raises(Invalid, match="NURTURE_BOUNCES: give an address"):
        start(load_settings(home=home, bounces=value))


def test_a_name_that_is_no_setting_is_told_with_the_nearest_that_is_one() -> None:
    environ = {
        "NURTURE_SMPT_URL": "x",
        "NURTURE_BASEURL": "x",
        "NURTURE_SECRETKEY": "x",
        "NURTURE_TRUSTED_PROXY": "x",
        "NURTURE_GARDEN": "x",
        "NURTURE_HOME": "x",
        "nurture_sender": "x",
        "NURTURE_TEST_DATABASE_URL": "x",
        "PATH": "x",
    }
    told = unknown_settings(environ)
    ignored = "is no setting of Nurture and changes nothing."
    assert told == [
        f"NURTURE_BASEURL {ignored} Is NURTURE_BASE_URL meant?",
        f"NURTURE_GARDEN {ignored}",
        f"NURTURE_SECRETKEY {ignored} Is NURTURE_SECRET_KEY meant?",
        f"NURTURE_SMPT_URL {ignored} Is NURTURE_SMTP_URL meant?",
        f"NURTURE_TRUSTED_PROXY {ignored} Is NURTURE_TRUSTED_PROXIES meant?",
    ]


def test_names_in_files_are_looked_at_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("NURTURE_LOG_FROMAT=json\nOTHER=1\nNURTURE_PORT=1\n")
    (tmp_path / "nurture.toml").write_text("workerz = 2\nport = 8000\n")

    first, second = unknown_settings({})
    assert first.startswith("NURTURE_LOG_FROMAT in .env is no setting")
    assert first.endswith("Is NURTURE_LOG_FORMAT meant?")
    assert second.startswith("NURTURE_WORKERZ (workerz in nurture.toml) is no setting")
    assert second.endswith("Is NURTURE_WORKERS meant?")
