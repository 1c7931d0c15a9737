"""Every mail that we ship has the headers that large providers ask of bulk mail, and no others."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.vocabulary import MessageKind
from nurture.kernel.tokens import Keyring, message_mark
from nurture.kernel.types import MessageId
from nurture.mail import BatchSettings, Envelope, Recipient, compose, load_source, message_header
from nurture.mail.compile import compile_mail
from nurture.mail.headers import MessageHeading, bulk_lines, check, heading
from nurture.usecases.publishing.check_library import FIELDS, kind_of

MAILS = sorted(
    path
    for path in (Path(__file__).resolve().parents[2] / "templates/mail").iterdir()
    if path.is_dir() and (path / "subject.txt").exists()
)
KEYS = Keyring.of("k" * 32)
ALWAYS = {"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"}
BULK = {"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID"}
MACHINE = {"Auto-Submitted", "X-Auto-Response-Suppress"}
LIST_ID = re.compile(r'(?:"[^"]+" )?<[a-z0-9-]+(?:\.[a-z0-9-]+)+>')
FEEDBACK = re.compile(r"[a-z0-9_-]+(?::[a-z0-9_-]+){2}:[a-z0-9]{5,15}")


@pytest.mark.parametrize("folder", MAILS, ids=lambda path: path.name)
def test_every_shipped_mail_passes_the_lint_of_its_headers(folder: Path) -> None:
    source, kind = load_source(folder), kind_of(folder.name)
    sending = BatchSettings(
        "Firm", "news@firm.example", "https://n.firm.example", KEYS, list_name="Firm"
    )
    envelope = Envelope(
        MessageId(7),
        1,
        message_header(message_mark(KEYS, 7), domain="firm.example"),
        datetime(2026, 3, 2, tzinfo=UTC),
        sending,
    )
    context = dict(source.sample)

    raw = compose(
        compile_mail(source, kind=kind, url_fields=FIELDS.get(kind, frozenset())),
        Recipient("a@x.example"),
        context=context,
        envelope=envelope,
    )

    names = [name for name, _ in message_from_bytes(raw, policy=policy.default).items()]
    marketing = kind is MessageKind.MARKETING
    machine = kind in (MessageKind.ALERT, MessageKind.CONFIRM)
    expected = ALWAYS | (BULK if marketing else set()) | (MACHINE if machine else set())
    assert sorted(names) == sorted(expected), "each exactly once, and no Precedence"
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    head = message_from_bytes(raw)
    if marketing:
        assert LIST_ID.fullmatch(head["List-Id"])
        assert FEEDBACK.fullmatch(head["Feedback-ID"])
        assert re.fullmatch(r"<https://[!-~]+>", head["List-Unsubscribe"])


@pytest.mark.parametrize(
    ("name", "domain", "expected"),
    [
        ("", "x.example", "<nurture.x.example>"),
        ("Firm, Ltd", "X.Example", '"Firm, Ltd" <nurture.x.example>'),
        ("Grün", "x.example", "=?utf-8?b?R3LDvG4=?= <nurture.x.example>"),
        ("a\r\nBcc: b@x.example", "x.example", '"a Bcc: b@x.example" <nurture.x.example>'),
    ],
)
def test_a_company_is_one_list_whatever_it_is_called(name: str, domain: str, expected: str) -> None:
    block = bulk_lines("welcome", name=name, domain=domain)
    lines = block.replace("\r\n ", " ").split("\r\n")  # unfolded (RFC 5322, 2.2.3)
    assert lines[0] == f"List-Id: {expected}"
    assert FEEDBACK.fullmatch(lines[1].removeprefix("Feedback-ID: "))
    assert lines[2:] == [""]


@given(name=st.text(max_size=120), subject=st.text(max_size=300))
def test_no_line_of_a_header_is_longer_than_its_standard_allows(name: str, subject: str) -> None:
    plain = MessageHeading(
        sender_name=name,
        sender_address="mara@tarnholt.example",
        reply_to="answers@tarnholt.example",
        to_name=name,
        to_address=f"{'a' * 64}@{'b' * 60}.example",
        subject=subject,
        date=datetime(2026, 3, 2, tzinfo=UTC),
        message_header="<1.ab@tarnholt.example>",
        unsubscribe=f"https://tarnholt.example/u/{'t' * 60}",
        bulk=bulk_lines("welcome", name=name, domain="tarnholt.example"),
        automatic=True,
    )
    block = heading(plain)
    check(block)
    for line in block.split("\r\n"):
        # RFC 2047, 2: 75 for an encoded word, 76 for a line with one; RFC 5322, 2.1.1: 998.
        assert len(line) <= (76 if "=?utf-8?b?" in line else 998), line
        assert all(len(word) <= 75 for word in line.split() if word.startswith("=?utf-8?b?"))
