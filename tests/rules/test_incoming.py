"""What a mail that comes to us is, and of which message of ours; hostile ones are soon read."""

import time

import pytest

from nurture.kernel.errors import Invalid
from nurture.kernel.tokens import Keyring, message_mark
from nurture.mail import (
    DeliveryReport,
    InboundMailKind,
    IncomingMail,
    ReplyClass,
    ReportAction,
    message_of,
    read_incoming,
)
from nurture.mail.return_path import return_path
from nurture.mail.returned import report_on
from tests.support.letters_in import EXIM, QMAIL, answer, complaint, dsn, returned_to

KEYS = Keyring.of("k" * 40)
MARK = message_mark(KEYS, 4711)
HEADER = f"<{MARK}@sender.example>"


def only(found: IncomingMail) -> DeliveryReport:
    (report,) = found.reports
    return report


def test_a_bounce_names_its_message_by_the_address_that_it_came_to() -> None:
    found = read_incoming(dsn(MARK))
    assert found.came is InboundMailKind.RETURNED
    assert message_of(found.marks, KEYS) == 4711
    assert only(found).action is ReportAction.FAILED
    assert only(found).why is ReplyClass.HARD_BOUNCE


@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "expected"),
    [
        ("failed", "5.1.1", "smtp; 550 5.1.1 no such user here", ReplyClass.HARD_BOUNCE),
        ("failed", "5.1.10", "smtp; 550 5.1.10 RecipientNotFound", ReplyClass.HARD_BOUNCE),
        ("failed", "5.4.4", "dns; Host or domain name not found", ReplyClass.HARD_BOUNCE),
        ("failed", "5.2.2", "smtp; 552 5.2.2 mailbox full", ReplyClass.MAILBOX_FULL),
        ("failed", "4.4.7", "smtp; delivery time expired", ReplyClass.SOFT_BOUNCE),
        ("failed", "4.4.1", "", ReplyClass.SOFT_BOUNCE),
        ("failed", "5.7.1", "smtp; 550 5.7.1 blocked by policy", ReplyClass.POLICY),
        ("failed", "5.7.26", "smtp; 550-5.7.26 unauthenticated mail", ReplyClass.POLICY),
        ("failed", "5.0.0", "", ReplyClass.POLICY),
        ("failed", "5.0.0", "smtp; 550 5.1.1 user unknown", ReplyClass.HARD_BOUNCE),
        ("failed", "", "", ReplyClass.POLICY),
    ],
)
def test_only_what_speaks_of_the_address_is_a_hard_bounce(
    action: str, status: str, diagnostic: str, expected: ReplyClass
) -> None:
    found = read_incoming(dsn(MARK, action=action, status=status, diagnostic=diagnostic))
    assert only(found).why is expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("delayed", ReportAction.DELAYED),
        ("delivered", ReportAction.DELIVERED),
        ("relayed", ReportAction.DELIVERED),
        ("expanded", ReportAction.DELIVERED),
        ("FAILED", ReportAction.FAILED),
    ],
)
def test_a_delay_and_a_receipt_are_no_failures(action: str, expected: ReportAction) -> None:
    assert only(read_incoming(dsn(MARK, action=action, status=""))).action is expected


def test_a_bounce_in_words_of_its_own_is_understood() -> None:
    qmail = read_incoming(QMAIL.replace(b"%MARK%", MARK.encode()))
    assert (qmail.came, only(qmail).why) == (InboundMailKind.RETURNED, ReplyClass.HARD_BOUNCE)
    assert message_of(qmail.marks, KEYS) == 4711
    exim = read_incoming(EXIM.replace(b"%MARK%", MARK.encode()))
    assert (exim.came, only(exim).why) == (InboundMailKind.RETURNED, ReplyClass.MAILBOX_FULL)


def test_a_bounce_that_kept_only_our_header_names_its_message_by_it() -> None:
    raw = dsn("nobody").replace(b"Subject: For you", b"Message-ID: " + HEADER.encode())
    assert message_of(read_incoming(raw).marks, KEYS) == 4711


def test_a_mark_that_somebody_made_up_names_nothing() -> None:
    other = message_mark(Keyring.of("x" * 40), 4711)
    changed = MARK.replace("4711.", "4712.")
    for forged in (other, changed, "4711.01" + "0" * 20, "4711"):
        assert message_of(read_incoming(dsn(forged)).marks, KEYS) is None


def test_the_door_may_know_the_address_better_than_the_mail() -> None:
    raw = dsn("nobody")
    assert message_of(read_incoming(raw).marks, KEYS) is None
    told = read_incoming(raw, recipient=returned_to(MARK).upper())
    assert message_of(told.marks, KEYS) == 4711


def test_a_complaint_is_one_also_where_the_recipient_is_left_out() -> None:
    found = read_incoming(complaint(HEADER))
    assert (found.came, message_of(found.marks, KEYS)) == (InboundMailKind.COMPLAINT, 4711)
    assert read_incoming(complaint(HEADER, feedback="not-spam")).came is InboundMailKind.NOTHING
    assert read_incoming(complaint(HEADER, feedback="auth-failure")).came is InboundMailKind.NOTHING


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; x=y"},
        {"Precedence": "bulk"},
        {"Precedence": "auto_reply"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": "yes"},
        {"X_Auto_Response_Suppress": "All"},
        {"Return_Path": "<>"},
        {"subject": "Out of office: For you"},
        {"subject": "Automatische Antwort: For you"},
        {"subject": "=?utf-8?q?Abwesenheitsnotiz=3A_F=C3=BCr_Sie?="},
        {"subject": "Anna is out of the office"},
    ],
)
def test_a_program_that_answers_is_no_person(headers: dict[str, str]) -> None:
    found = read_incoming(answer(HEADER, **headers))
    assert found.came is InboundMailKind.AUTOMATIC
    assert message_of(found.marks, KEYS) == 4711


@pytest.mark.parametrize("headers", [{}, {"Auto_Submitted": "no"}, {"Precedence": "normal"}])
def test_a_person_who_answers_is_heard_with_their_own_words(headers: dict[str, str]) -> None:
    words = "Please call me.\n\nAnna\n\nOn Mon, 2 Mar 2026, News wrote:\n> For you\n> Read this"
    found = read_incoming(answer(HEADER, words=words, **headers))
    assert (found.came, found.words) == (InboundMailKind.PERSON, "Please call me.\n\nAnna")
    assert message_of(found.marks, KEYS) == 4711


def test_the_subject_that_is_answered_says_nothing_of_who_answers() -> None:
    raw = answer(HEADER, subject="Re: Is your out of office compressor quiet?")
    assert read_incoming(raw).came is InboundMailKind.PERSON


def test_what_a_person_quotes_is_not_what_they_answer() -> None:
    raw = answer("", words=f"Somebody wrote to me: Message-ID: {HEADER}")
    assert read_incoming(raw).marks == ()


def test_the_latest_mail_of_a_thread_is_the_one_that_is_answered() -> None:
    later = message_mark(KEYS, 4712)
    raw = answer("", References=f"{HEADER} <{later}@sender.example>")
    assert message_of(read_incoming(raw).marks, KEYS) == 4712


def test_a_forwarded_bounce_is_a_persons_mail() -> None:
    inner = dsn(MARK).decode().replace("\nFrom: ", "\nX-From: ", 1)
    raw = (
        "From: anna@works.example\nSubject: Fwd: what is this\nContent-Type: multipart/mixed; "
        f'boundary="O"\n\n--O\nContent-Type: text/plain\n\nLook\n--O\nContent-Type: message/rfc822'
        f"\n\n{inner}\n--O--\n"
    ).encode()
    assert read_incoming(raw).came is InboundMailKind.PERSON


def test_no_attachment_is_read_and_html_loses_its_marks() -> None:
    raw = (
        f"From: anna@works.example\nIn-Reply-To: {HEADER}\nContent-Type: multipart/mixed; "
        'boundary="O"\n\n--O\nContent-Type: text/html; charset=no-such\n\n'
        "<style>p {color:red}</style><p>Call <b>me</b> &amp; soon</p>\n--O\n"
        "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nx\n--O--\n"
    ).encode()
    assert read_incoming(raw).words == "Call me & soon"


def nested(depth: int) -> bytes:
    return b"Content-Type: message/rfc822\n\n" * depth + b"Subject: deep\n\nx"


HOSTILE = {
    "nothing": b"",
    "no header": b"\n\nhello",
    "nul bytes": b"From: a\0b\nSubject: \0\n\n\0" * 5,
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\n\nx",
    "receivers": b"To: " + b"a@b.example, " * 10_000 + b"\n\nx",
    "deep": nested(3_000),
    "multiparts": b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(1_000)
    ),
    "marks": b"Return-Path: <>\nFrom: mailer-daemon@x\n\n" + f"{MARK}@x ".encode() * 40_000,
    "bad charset": b"Subject: =?x-no?q?=ff=fe?=\nContent-Type: text/plain; charset=\xff\n\n\xff",
    "one long line": b"x" * 2_000_000,
    "digits": b"To: " + b"1" * 60_000 + b"@x\n\n" + b"9" * 900_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_read_within_a_second_and_harms_nobody(name: str) -> None:
    began = time.process_time()
    found = read_incoming(HOSTILE[name])
    assert time.process_time() - began < 1.0
    assert len(found.words) <= 1_000
    assert len(found.marks) <= 50


def test_of_several_reports_the_one_on_our_address_counts() -> None:
    ours = DeliveryReport(ReportAction.FAILED, "anna@works.example", ReplyClass.HARD_BOUNCE, "gone")
    other = DeliveryReport(ReportAction.FAILED, "ben@works.example", ReplyClass.HARD_BOUNCE, "gone")
    assert report_on("Anna@works.example", [other, ours]) is ours
    assert report_on("list@works.example", [other]) is other
    passed_on = report_on("list@works.example", [other, ours])
    assert passed_on is not None
    assert passed_on.why is ReplyClass.SOFT_BOUNCE
    assert report_on("anna@works.example", []) is None


def test_the_address_of_bounces_has_room_for_a_mark() -> None:
    path = return_path("bounces@mail.sender.example")
    assert path is not None
    longest = path.of(message_mark(KEYS, 2**63 - 1))
    assert len(longest.partition("@")[0]) <= 64
    assert return_path("") is None
    for bad in ("bounces", "a+b@x.example", "b" * 22 + "@x.example", "ä@x.example", "a@b\r\nc"):
        with pytest.raises(Invalid, match="NURTURE_BOUNCES"):
            return_path(bad)
