"""Make a mail from outside small and plain before anything parses it.

The standard library needs seconds for hostile headers and overflows on deep nesting, so the number
and length of headers and parts are bounded on the bytes. Lines may end in CR, LF or CRLF: servers
and exports change them, and the same mail must read the same.
"""

import re
from email import message_from_bytes
from email.message import Message

LONGEST = 1_000_000
"""Bytes that are looked at; what follows is an attachment or an attack."""
LONGEST_HEAD = 65_536
LONGEST_HEADER = 2_000
MOST_HEADERS = 200
MOST_PARTS = 50
"""Lines that open a part; a mail with more is judged by its own header alone."""

_BREAK = re.compile(rb"\r+\n|\r")
_PART = re.compile(rb"^content-type:", re.IGNORECASE | re.MULTILINE)
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_LATEST_COUNTS = (b"references:", b"in-reply-to:")


def plain_lines(raw: bytes) -> bytes:
    """End every line in LF and look at no more than a mail of ours can need."""
    return _BREAK.sub(b"\n", raw[: LONGEST + 1])[:LONGEST]


def parse(raw: bytes) -> Message:
    """Parse what is harmless whole, and of all else the header; `raw` has plain lines."""
    start = len(raw) - len(raw.lstrip(b"\n"))
    head, _, body = raw[start:].partition(b"\n\n")
    harmless = len(_PART.findall(raw)) <= MOST_PARTS and len(head) <= LONGEST_HEAD
    return message_from_bytes(_short(head) + b"\n\n" + (body if harmless else b""))


def _short(head: bytes) -> bytes:
    """Leave out what no honest header needs; of a thread the latest mails count."""
    fields: list[bytes] = []
    for line in head[:LONGEST_HEAD].split(b"\n"):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += b"\n" + line
        elif len(fields) < MOST_HEADERS and (_FIELD.match(line) or not fields):
            fields.append(line)
    return b"\n".join(_cut(field) for field in fields)


def _cut(field: bytes) -> bytes:
    if len(field) <= LONGEST_HEADER:
        return field
    name = field[: field.find(b":") + 1]
    if name.lower() in _LATEST_COUNTS:
        return name + b" " + field[-LONGEST_HEADER:].replace(b"\n", b" ")
    return field[:LONGEST_HEADER].rpartition(b"\n")[0] or field[:LONGEST_HEADER]
