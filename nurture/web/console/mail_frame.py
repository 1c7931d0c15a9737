"""A mail inside a page: its own address, no script, no picture from elsewhere, no way out of it."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from flask import Response

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src 'none'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox"
)
"""Mails style themselves in place; they run in an origin of their own and load nothing, so that
looking at one counts neither as opened nor as read."""
OUTWARD = " allow-popups allow-popups-to-escape-sandbox"
"""In the mailbox a link opens in a tab of its own, as in anybody's mail program."""
_BLANK = "<p>This mail has no HTML part.</p>"


@dataclass(frozen=True, slots=True)
class OpenedMail:
    """A composed mail, taken apart again."""

    subject: str
    sender: str
    to: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...]


def opened(raw: bytes) -> OpenedMail:
    """Take a mail apart as a mail program does."""
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return OpenedMail(
        subject=str(message.get("Subject", "")),
        sender=str(message.get("From", "")),
        to=str(message.get("To", "")),
        html=_part(message, "html"),
        text=_part(message, "plain"),
        headers=tuple((name, str(value)) for name, value in message.items()),
    )


def framed(html: str, *, links: bool) -> Response:
    """Answer with a mail's HTML under a policy of its own; `links` lets them open in new tabs."""
    page = html or _BLANK
    if links:
        page = page.replace("<head>", '<head><base target="_blank">', 1)
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY + (OUTWARD if links else "")
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    found = body.get_content() if body is not None else ""
    return found if isinstance(found, str) else ""
