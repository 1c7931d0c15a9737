"""Read mail as its recipients do: from the bytes that the sink has stored."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from pathlib import Path

from nurture.adapters import sink_store
from workers.demo.browser import read_sheet

PIXEL = re.compile(r'src="([^"]+/o/[^"]+\.gif)"')
ANSWER = re.compile(r"^(I take it|Spoke|No answer|Not a fit): (\S+)", re.MULTILINE)
LEAD = re.compile(r"/leads/(\d+)")
AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail in somebody's hand."""

    number: int
    to: str
    sender: str
    subject: str
    message_id: str
    text: str
    links: tuple[str, ...]
    pixel: str
    unsubscribe: str
    """The one-click address (RFC 8058), "" where the mail offers none."""
    answers: tuple[tuple[str, str], ...]
    """The buttons of an alert: words and address."""
    lead: int | None
    """The lead that an alert is about, as its link says."""

    @property
    def tracked(self) -> tuple[str, ...]:
        """The links whose clicks are counted."""
        return tuple(dict.fromkeys(link for link in self.links if "/c/" in link))


class RecipientMailbox:
    """Follow the sink's mailbox."""

    def __init__(self, home: Path) -> None:
        """Begin at its first message."""
        self._home = home
        self._last = 0

    def fresh(self) -> list[Mail]:
        """Fetch what has come since the last call, in an order that no race decides."""
        found = list(self._fetch())
        return sorted(found, key=lambda mail: (mail.to, mail.subject, mail.number))

    def _fetch(self) -> Iterator[Mail]:
        while lines := sink_store.messages(self._home, after_id=self._last, limit=AT_A_TIME):
            for line in lines:
                self._last = line.id
                yield read_mail(line.id, sink_store.message(self._home, line.id).raw)


def read_mail(number: int, raw: bytes) -> Mail:
    """Parse one message."""
    parsed = message_from_bytes(raw)
    html, text = _part(parsed, "text/html"), _part(parsed, "text/plain")
    pixel = PIXEL.search(html)
    lead = LEAD.search(text)
    one_click = str(parsed.get("List-Unsubscribe", "")).strip("<> ")
    return Mail(
        number=number,
        to=parseaddr(str(parsed.get("To", "")))[1].lower(),
        sender=parseaddr(str(parsed.get("From", "")))[1].lower(),
        subject=str(make_header(decode_header(str(parsed.get("Subject", ""))))),
        message_id=str(parsed.get("Message-ID", "")).strip(),
        text=text,
        links=tuple(dict.fromkeys(read_sheet(html).links)),
        pixel=pixel[1] if pixel else "",
        unsubscribe=one_click if "List-Unsubscribe-Post" in parsed else "",
        answers=tuple((words, url) for words, url in ANSWER.findall(text)),
        lead=int(lead[1]) if lead else None,
    )


def _part(parsed: Message, kind: str) -> str:
    for part in parsed.walk():
        if part.get_content_type() == kind:
            payload = part.get_payload(decode=True)
            return payload.decode(errors="replace") if isinstance(payload, bytes) else ""
    return ""
