"""The headers of a message: names are constants, values cannot break out of their line (X-10)."""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from nurture.kernel.errors import Invalid

LONGEST_ADDRESS = 254
LONGEST_VALUE = 300
LIST = "nurture"
"""The label of the one list that a company has; readers' filters know it, so it never changes."""
LONGEST_PLAIN = 900
"""Plain values are not folded, and no line may be longer than 998 (RFC 5322, 2.1.1)."""
FIRST_WORD_BYTES = 39
WORD_BYTES = 42
"""42 bytes make an encoded word of 68 characters, 39 one of 64: a word may have 75, and a line that
holds one 76 (RFC 2047, 2), of which the header's name and a blank take up to 11."""

_ADDRESS = re.compile(r"[!#-'*+\-/-9=?A-Z^-~]+(?:\.[!#-'*+\-/-9=?A-Z^-~]+)*@[A-Za-z0-9.\-]+")
_PLAIN = re.compile(r"[ -~]*\Z")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]+@[A-Za-z0-9.\-]+>")
_OTHER = re.compile(r"[^a-z0-9_]")
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_VALUE = r"[!-~][ -~]*(?:\r\n [!-~][ -~]*)*"
_BLOCK = re.compile(
    rf"From: {_VALUE}\r\nTo: {_VALUE}\r\nSubject: {_VALUE}\r\nDate: {_VALUE}\r\n"
    rf"Message-ID: {_VALUE}\r\n(?:Reply-To: {_VALUE}\r\n)?"
    rf"(?:List-Unsubscribe: <[!-;=?-~]+>\r\nList-Unsubscribe-Post: {_VALUE}\r\n)?"
    rf"(?:List-Id: {_VALUE}\r\nFeedback-ID: [a-z0-9_:-]+\r\n)?"
    rf"(?:Auto-Submitted: {_VALUE}\r\nX-Auto-Response-Suppress: {_VALUE}\r\n)?"
)


class BadHeader(Invalid):
    """A value would have become a header of its own."""


@dataclass(frozen=True, slots=True)
class MessageHeading:
    """What the headers say, as plain text."""

    sender_name: str
    sender_address: str
    reply_to: str
    to_name: str
    to_address: str
    subject: str
    date: datetime
    message_header: str
    unsubscribe: str
    bulk: str
    """Whole lines that all mails of one version share, as `bulk_lines` writes them."""
    automatic: bool


def heading(plain: MessageHeading) -> str:
    """Write the headers, each exactly once, up to but without those of MIME."""
    block = (
        f"From: {_mailbox(plain.sender_name, plain.sender_address)}\r\n"
        f"To: {mailbox(plain.to_name, plain.to_address)}\r\n"
        f"Subject: {words(plain.subject) or '-'}\r\n"
        f"Date: {_date(plain.date)}\r\n"
        f"Message-ID: {_identity(plain.message_header)}\r\n"
    )
    if plain.reply_to:
        block += f"Reply-To: {_mailbox('', plain.reply_to)}\r\n"
    if plain.unsubscribe:
        # Never folded, never encoded: RFC 8058 readers take the line as it is (D-01, D-03).
        block += (
            f"List-Unsubscribe: <{plain.unsubscribe}>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        )
    block += plain.bulk
    if plain.automatic:
        # RFC 3834: nobody's out-of-office answers a machine (D-17).
        block += "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n"
    return block


def check(block: str) -> None:
    """Read the finished block once more: exactly the expected headers, in order, and no others."""
    if not _BLOCK.fullmatch(block) or max(map(len, block.split("\r\n"))) > LONGEST_PLAIN + 98:
        raise BadHeader("A value does not fit into the headers of this mail; it was not sent.")


def bulk_lines(mail: str, *, name: str, domain: str) -> str:
    """Say of which list a mail is (RFC 2919), and what a provider may sum its complaints up by.

    Leaving ends all mail of the company, so the company is the list; complaints are told by mail.
    """
    host = domain.lower()
    sender = _OTHER.sub("", host)[:15].ljust(5, "0")
    key = _OTHER.sub("-", mail.lower())
    listed = f"{_named(name)}<{LIST}.{host}>"
    return f"List-Id: {listed}\r\nFeedback-ID: {key}:marketing:nurture:{sender}\r\n"


def message_header(mark: str, *, domain: str) -> str:
    """Make a Message-ID of a message's mark: the same at each try, and nobody can invent it."""
    return _identity(f"<{mark}@{domain}>")


def words(value: str) -> str:
    """Write unstructured text: as it is when it is plain, as encoded words when it is not."""
    line = " ".join(_BREAKS.sub(" ", value).split())[:LONGEST_VALUE]
    if _PLAIN.match(line) and "=?" not in line:
        return line
    return "\r\n ".join(
        f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in _chunks(line)
    )


def mailbox(name: str, address: str) -> str:
    """Write a name and an address; the address is checked, the name is quoted or encoded."""
    if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise BadHeader(f"{address!r} is not an address that can be written to.")
    shown = _named(name)
    return f"{shown}<{address}>" if shown else address


def _named(name: str) -> str:
    """Write a name before what stands in angle brackets; nothing of an empty one."""
    shown = words(name)
    if shown.startswith("=?"):
        return f"{shown}\r\n "  # what follows gets a line of its own: this one is full
    escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" ' if shown else ""


@lru_cache(maxsize=64)
def _mailbox(name: str, address: str) -> str:
    return mailbox(name, address)


@lru_cache(maxsize=64)
def _date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC))


def _identity(value: str) -> str:
    if not _MESSAGE_ID.fullmatch(value):
        raise BadHeader(f"{value!r} is no Message-ID.")
    return value


def _chunks(line: str) -> list[bytes]:
    """Split between characters, never inside of one (RFC 2047, 5)."""
    chunks = [b""]
    for character in line:
        raw = character.encode("utf-8", "replace")
        if len(chunks[-1]) + len(raw) > (WORD_BYTES if chunks[1:] else FIRST_WORD_BYTES):
            chunks.append(b"")
        chunks[-1] += raw
    return chunks
