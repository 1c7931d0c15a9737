"""Read one mail that came to us, whatever it is made of (X-22): what is it, and of which message?

Nothing is kept of it but a few plain lines. The standard library needs seconds for hostile headers
and overflows on deep nesting, so sizes are bounded before anything is parsed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from enum import StrEnum
from hashlib import sha256
from html import unescape

import nh3

from nurture.mail.returned import REPORT_PARTS, Report, own_parts, reports, wordless_reports
from nurture.mail.returns import MARK

LONGEST = 1_000_000
"""Bytes that are looked at; what follows is an attachment or an attack."""
LONGEST_HEAD = 65_536
LONGEST_VALUE = 2_000
MOST_PARTS = 100
"""Lines that open a part; a mail with more is judged by its own header alone."""
MOST_MARKS = 50
WORDS_KEPT = 1_000

_PART = re.compile(rb"^content-type:", re.IGNORECASE | re.MULTILINE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_QUOTED_BELOW = re.compile(
    r"^(?:On .{1,200} wrote:|Am .{1,200} schrieb.{0,100}:|-{2,} ?(?:Original|Urspr)"
    r"|_{10,}|From: .+|Von: .+|-- )$|^-{2,} ?(?:Original|Urspr)"
)
_AWAY = re.compile(
    r"out of (?:the )?office|automatic reply|auto(?:matic)?[- ]?(?:reply|response|responder)"
    r"|away from (?:the|my) (?:office|desk)|on (?:vacation|holiday|annual leave)"
    r"|abwesenheit|automatische antwort|abwesend|nicht im (?:büro|haus)"
    r"|réponse automatique|absence du bureau|respuesta automática|fuera de la oficina"
    r"|risposta automatica|automatisch antwoord|afwezig",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"(?:re|aw|sv|antw|rif)(?:\[\d+\])?:", re.IGNORECASE)
"""What follows it in a subject are the words of ours that are answered."""
_TO_US = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
_ANSWERED = ("In-Reply-To", "References")
_MACHINES = ("mailer-daemon", "postmaster", "mail-daemon", "double-bounce")
_BULK = frozenset({"auto_reply", "bulk", "junk", "list"})
_NO_COMPLAINT = frozenset({"not-spam", "auth-failure", "dmarc"})


class Came(StrEnum):
    """What a mail that came to us is."""

    RETURNED = "returned"
    """A mail server tells what became of a message (RFC 3464, or in words of its own)."""
    COMPLAINT = "complaint"
    """Somebody pressed "this is spam" (RFC 5965)."""
    AUTOMATIC = "automatic"
    """A program answers for somebody who is away (RFC 3834)."""
    PERSON = "person"
    NOTHING = "nothing"
    """A report that asks for nothing, such as "this was no spam"."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One mail that came to us, as far as it matters."""

    came: Came
    key: str
    """The same when the same mail comes twice."""
    marks: tuple[str, ...]
    """What may name the message that it belongs to, the likeliest first; not verified."""
    sender: str
    subject: str
    words: str
    """What a person wrote, without what they quoted."""
    reports: tuple[Report, ...] = ()


def read_incoming(raw: bytes, *, recipient: str = "") -> Incoming:
    """Read a mail; `recipient` is the address that it was delivered to, where the door knows it."""
    parsed = _parsed(raw[:LONGEST])
    told = _told(parsed)
    answered = told in (Came.PERSON, Came.AUTOMATIC)
    found = (*_marks_to(parsed, recipient), *_marks_in(parsed, _ANSWERED))
    if not answered:
        found += tuple(_marks_inside(raw[:LONGEST]))
    own = _value(parsed, "Message-ID") or sha256(raw).hexdigest()
    return Incoming(
        came=told, key=sha256(own.encode(errors="replace")).hexdigest(),
        marks=tuple(dict.fromkeys(found))[:MOST_MARKS],
        sender=parseaddr(_value(parsed, "From"))[1][:254], subject=_line(parsed, "Subject"),
        words=_own_words(parsed) if told is Came.PERSON else "",
        reports=_reports(parsed) if told is Came.RETURNED else (),
    )  # fmt: skip


def _parsed(raw: bytes) -> Message:
    """Parse what is harmless whole, and of all else the header."""
    end = _HEAD_END.search(raw)
    head = raw[: end.end() if end else len(raw)]
    if len(head) > LONGEST_HEAD:
        return message_from_bytes(head[:LONGEST_HEAD].rpartition(b"\n")[0] + b"\n\n")
    harmless = len(_PART.findall(raw)) <= MOST_PARTS
    return message_from_bytes(raw if harmless else head)


def _told(parsed: Message) -> Came:
    """Say what a mail is: reports first, then what its header says of itself."""
    kinds = {part.get_content_type() for part in own_parts(parsed)}
    if "message/feedback-report" in kinds:
        return Came.NOTHING if _feedback(parsed) in _NO_COMPLAINT else Came.COMPLAINT
    if kinds & REPORT_PARTS or _by_a_machine(parsed):
        return Came.RETURNED
    if _is_automatic(parsed):
        return Came.AUTOMATIC
    if _value(parsed, "Return-Path") == "<>":
        # Nobody can answer it, so a program wrote it (RFC 5321, 4.5.5).
        return Came.RETURNED if wordless_reports(parsed) else Came.AUTOMATIC
    return Came.PERSON


def _feedback(parsed: Message) -> str:
    """Read what kind of feedback it is; the parser takes the fields for a header."""
    fields = (part.get("Feedback-Type") for part in parsed.walk())
    return next((str(one).strip().lower() for one in fields if one), "")


def _by_a_machine(parsed: Message) -> bool:
    local = parseaddr(_value(parsed, "From"))[1].partition("@")[0].lower()
    return "X-Failed-Recipients" in parsed or local in _MACHINES


def _is_automatic(parsed: Message) -> bool:
    """Tell an out-of-office note from a person's answer, by what its header says of it."""
    submitted = _value(parsed, "Auto-Submitted").partition(";")[0].strip().lower()
    suppress = _value(parsed, "X-Auto-Response-Suppress").lower()
    subject = _line(parsed, "Subject")
    return (
        submitted not in ("", "no")
        or _value(parsed, "Precedence").lower() in _BULK
        or any(name in parsed for name in ("X-Autoreply", "X-Autorespond", "X-AutoReply-From"))
        or "all" in suppress
        or (_AWAY.search(subject) is not None and not _ANSWER.match(subject))
    )


def _reports(parsed: Message) -> tuple[Report, ...]:
    return reports(parsed) or wordless_reports(parsed)


def _marks_to(parsed: Message, recipient: str) -> Iterator[str]:
    yield from MARK.findall(recipient[:LONGEST_VALUE])
    for name in _TO_US:
        for value in _values(parsed, name):
            yield from MARK.findall(value[:LONGEST_VALUE])


def _marks_in(parsed: Message, names: Sequence[str]) -> Iterator[str]:
    """Name what is answered: the latest of References counts first."""
    for name in names:
        for value in _values(parsed, name):
            yield from reversed(MARK.findall(value[-LONGEST_VALUE:]))


def _marks_inside(raw: bytes) -> Iterator[str]:
    """Look through what was returned: servers quote our header in many a form."""
    text = raw.replace(b"=\r\n", b"").replace(b"=\n", b"").decode("ascii", "replace")
    for number, found in enumerate(MARK.finditer(text)):
        if number >= MOST_MARKS:
            return
        yield found[0]


def _values(parsed: Message, name: str) -> list[str]:
    return [str(value)[:LONGEST_HEAD] for value in (parsed.get_all(name) or [])[:10]]


def _value(parsed: Message, name: str) -> str:
    return next((value[:LONGEST_VALUE].strip() for value in _values(parsed, name)), "")


def _line(parsed: Message, name: str) -> str:
    value = _value(parsed, name)
    try:
        told = str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):
        told = value
    return " ".join(told.split())[:200]


def _own_words(parsed: Message) -> str:
    """Give what somebody wrote above what they quote, short enough to stand in a list."""
    lines: list[str] = []
    for line in _text(parsed).splitlines():
        if _QUOTED_BELOW.match(line.strip()):
            break
        if not line.lstrip().startswith(">"):
            lines.append(line.strip())
    told = re.sub(r"\n{2,}", "\n\n", "\n".join(lines)).strip().replace("\0", "")
    return told[:WORDS_KEPT]


def _text(parsed: Message) -> str:
    shown = [part for part in own_parts(parsed) if part.get_content_disposition() != "attachment"]
    found = {part.get_content_type(): part for part in reversed(shown)}
    if "text/plain" in found:
        return _decoded(found["text/plain"])
    if "text/html" in found:
        return unescape(nh3.clean(_decoded(found["text/html"]), tags=set()))
    return ""


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    raw = payload[: 50 * WORDS_KEPT] if isinstance(payload, bytes) else b""
    try:
        return raw.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")
