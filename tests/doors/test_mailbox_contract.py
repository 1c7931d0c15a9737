"""Both mailboxes keep one promise; the real one against servers with and without keywords."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nurture.adapters.mailbox_imap import ImapMailbox, MailboxLocation, mailbox_location
from nurture.adapters.mailbox_memory import MemoryMailbox
from nurture.adapters.tls import Tls
from nurture.kernel.errors import Invalid
from nurture.mail import LONGEST_INCOMING, Mailbox, MailboxUnavailable
from tests.support.imap import USER, flags_in, keyword_server, plain_server, put_in

TODAY = datetime.now(UTC).date()
"""The server dates what is delivered to it."""
FIRST = b"From: a@works.example\r\nSubject: first\r\n\r\n\xff\x00 hello\r\n"
SECOND = b"From: b@works.example\r\nSubject: second\r\n\r\nhello\r\n"


@dataclass
class Post:
    """A mailbox, and how a mail gets into it."""

    box: Mailbox
    deliver: Callable[[bytes], None]
    url: str = ""


@pytest.fixture(params=["memory", "plain", "keyword"])
def post(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Post]:
    if request.param == "memory":
        box = MemoryMailbox()
        yield Post(box, box.put_in)
        return
    with plain_server() if request.param == "plain" else keyword_server(tmp_path) as url:
        yield Post(
            ImapMailbox(mailbox_location(url), today=TODAY), lambda raw: put_in(url, raw), url
        )


def subjects(box: Mailbox, *, limit: int = 10) -> list[str]:
    with box as opened:
        return [
            one.raw.split(b"Subject: ")[1].split()[0].decode() for one in opened.items(limit=limit)
        ]


def test_a_letter_comes_again_until_it_is_said_to_be_done(post: Post) -> None:
    post.deliver(FIRST)
    post.deliver(SECOND)
    assert subjects(post.box) == ["first", "second"]
    assert subjects(post.box, limit=1) == ["first"]
    with post.box as opened:
        for letter in opened.items(limit=1):
            opened.done(letter.number, aside=False)
    assert subjects(post.box) == ["second"]
    with post.box as opened:
        for letter in opened.items(limit=1):
            opened.done(letter.number, aside=True)
    assert subjects(post.box) == []


def test_a_letter_comes_as_it_is_and_no_longer_than_we_look(post: Post) -> None:
    post.deliver(FIRST.replace(b"\x00", b""))
    post.deliver(SECOND + b"x" * 2_000_000 + b"\r\n")
    with post.box as opened:
        first, second = opened.items(limit=5)
    assert b"\xff hello" in first.raw
    assert len(second.raw) <= LONGEST_INCOMING


def test_an_empty_mailbox_gives_nothing(post: Post) -> None:
    assert subjects(post.box) == []


def test_people_who_share_the_mailbox_keep_their_own_marks(tmp_path: Path) -> None:
    with keyword_server(tmp_path) as url:
        put_in(url, FIRST)
        with ImapMailbox(mailbox_location(url), today=TODAY) as opened:
            for letter in opened.items(limit=5):
                opened.done(letter.number, aside=False)
        (flags,) = flags_in(url)
    assert "NurtureRead" in flags
    assert "\\Seen" not in flags


def test_a_server_without_keywords_is_told_seen_and_flagged() -> None:
    with plain_server() as url:
        put_in(url, FIRST)
        with ImapMailbox(mailbox_location(url), today=TODAY) as opened:
            for letter in opened.items(limit=5):
                opened.done(letter.number, aside=True)
        (flags,) = flags_in(url)
    assert "\\Seen" in flags
    assert "\\Flagged" in flags


def test_who_does_not_let_us_in_is_named_without_the_password() -> None:
    with plain_server() as url:
        place = mailbox_location(url.replace("pass%20word%2F1", "top-secret"))
        with pytest.raises(MailboxUnavailable) as told, ImapMailbox(place, today=TODAY):
            pass
    assert "INBOX at 127.0.0.1" in str(told.value)
    assert "top-secret" not in str(told.value)
    assert "top-secret" not in repr(place)


@pytest.mark.parametrize("says", [b"", b"* BYE go away\r\n", b"\x00\xff\r\n"])
def test_a_server_that_breaks_off_is_away_and_nothing_else(says: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            talk, _ = server.accept()
            with talk:
                talk.sendall(says)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        place = MailboxLocation("127.0.0.1", port, Tls.OFF, user=USER, password="x")
        with pytest.raises(MailboxUnavailable), ImapMailbox(place, today=TODAY):
            pass
        thread.join(5)


def test_nobody_at_the_address_is_away_as_well() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    place = MailboxLocation("127.0.0.1", port, Tls.OFF, user=USER, password="x")
    with pytest.raises(MailboxUnavailable), ImapMailbox(place, today=TODAY):
        pass


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "imaps://u@m.example/INBOX",
            MailboxLocation("m.example", 993, Tls.IMPLICIT, "INBOX", "u"),
        ),
        (
            "imaps://a%40x:%2F@m.example",
            MailboxLocation("m.example", 993, Tls.IMPLICIT, "INBOX", "a@x", "/"),
        ),
        (
            "imap://u:p@m.example/Re%20ad",
            MailboxLocation("m.example", 143, Tls.STARTTLS, "Re ad", "u", "p"),
        ),
        (
            "imap://u:p@127.0.0.1:1143",
            MailboxLocation("127.0.0.1", 1143, Tls.OFF, "INBOX", "u", "p"),
        ),
        (
            "imap://u:p@m.example?tls=off",
            MailboxLocation("m.example", 143, Tls.OFF, "INBOX", "u", "p"),
        ),
    ],
)
def test_a_mailbox_is_written_as_an_address(url: str, expected: MailboxLocation) -> None:
    assert mailbox_location(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "pop3://u@m.example",
        "imaps://m.example",
        "imap://u@m.example?tls=maybe",
        "imap://u@h:x",
        "imap://u%0d%0a@h",
    ],
)
def test_what_is_no_address_of_a_mailbox_says_how_to_write_one(url: str) -> None:
    with pytest.raises(Invalid, match="NURTURE_INBOX_URL"):
        mailbox_location(url)
