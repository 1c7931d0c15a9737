"""Look into a parsed mail: its own parts, their text, and what it carries of another mail.

Nothing here raises: whatever a mail claims of its charset, encoding or headers, something is read.
"""

import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parseaddr
from html import unescape

import nh3

LONGEST_VALUE = 2_000
LONGEST_TEXT = 50_000
CARRIED = frozenset({"message/rfc822", "text/rfc822-headers", "message/partial", "message/global"})
_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/h\d|/li)\b[^>]*>", re.IGNORECASE)


def own_parts(parsed: Message) -> Iterator[Message]:
    """Walk through a mail's parts, but not into mails that it carries."""
    yield parsed
    parts = parsed.get_payload() if parsed.get_content_maintype() == "multipart" else None
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, Message):
            yield from own_parts(part)


def carried(parsed: Message) -> Iterator[Message]:
    """Give the mails that a mail carries, or their headers."""
    for part in own_parts(parsed):
        if part.get_content_type() not in CARRIED:
            continue
        payload = part.get_payload()
        if isinstance(payload, list):
            yield from (one for one in payload if isinstance(one, Message))
        elif part.get_content_type() == "text/rfc822-headers":
            yield _headers_of(decoded(part))


def values(parsed: Message, name: str) -> list[str]:
    """Give what a header says, each time that it stands there."""
    return [str(value)[:LONGEST_VALUE] for value in (parsed.get_all(name) or [])[:10]]


def value(parsed: Message, name: str) -> str:
    """Give the first value of a header, or nothing."""
    return next((one.strip() for one in values(parsed, name)), "")


def line(parsed: Message, name: str) -> str:
    """Give a header as people read it, on one line."""
    said = value(parsed, name)
    try:
        told = str(make_header(decode_header(said)))
    except (HeaderParseError, LookupError, ValueError):
        told = said
    return " ".join(told.split())[:200]


def sender_of(parsed: Message) -> tuple[str, str]:
    """Give name and address of who wrote it, as far as the header can be read."""
    said = value(parsed, "From")
    try:
        name, address = parseaddr(said)
    except (ValueError, IndexError, AttributeError):
        return said[:200], ""
    return name[:200], address[:254]


def addresses_in(parsed: Message, *names: str) -> list[str]:
    """Give the addresses of some headers, in lower case."""
    said = [one for name in names for one in values(parsed, name)]
    try:
        found = getaddresses(said)
    except (ValueError, IndexError, AttributeError):
        return []
    return [address.lower() for _, address in found if "@" in address]


def text_of(part: Message) -> str:
    """Give a text part as plain text."""
    told = decoded(part)
    if part.get_content_type() == "text/html":
        return unescape(nh3.clean(_BREAKS.sub("\n", told), tags=set()))
    return told


def decoded(part: Message) -> str:
    """Decode a part as it says, or as well as may be."""
    payload = part.get_payload(decode=True)
    raw = payload[:LONGEST_TEXT] if isinstance(payload, bytes) else b""
    for charset in (_charset(part), "utf-8"):
        try:
            return raw.decode(charset, "replace")
        except (LookupError, ValueError):
            continue
    return raw.decode("latin-1")


def _charset(part: Message) -> str:
    try:
        told = part.get_content_charset("utf-8")
    except (LookupError, ValueError, TypeError):
        return "utf-8"
    # Many servers call it US-ASCII and write in another.
    return "utf-8" if told in ("us-ascii", "ascii") else told


def _headers_of(text: str) -> Message:
    found = Message()
    for field in re.sub(r"\n[ \t]+", " ", text[:LONGEST_TEXT]).split("\n")[:200]:
        name, colon, said = field.partition(":")
        if colon and re.fullmatch(r"[!-9;-~]+", name):
            found[name] = said.strip()[:LONGEST_VALUE]
    return found
