"""A mailbox over IMAP (RFC 3501), with the standard library's client."""

import imaplib
import re
import ssl
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from nurture.adapters.tls import Tls, trusted, usual
from nurture.kernel.errors import Invalid
from nurture.mail.bounded import LONGEST
from nurture.mail.mailbox import MailboxItem, MailboxUnavailable

PATIENCE_SECONDS = 30
READ = "NurtureRead"
"""The keyword of what we have read; people who share the mailbox see their own marks unchanged."""
SEEN = "\\Seen"
ASIDE = "\\Flagged"
GOES_BACK = timedelta(days=14)
"""Older mail is not looked at: no server tries for longer to deliver one."""
_TO_ESCAPE = re.compile(r'["\\]')


@dataclass(frozen=True, slots=True)
class MailboxLocation:
    """One mailbox on a server."""

    host: str
    port: int
    tls: Tls
    folder: str = "INBOX"
    user: str = ""
    password: str = field(default="", repr=False)


def mailbox_location(url: str) -> MailboxLocation:
    """Read `imaps://user:password@host/INBOX` or `imap://...?tls=off|starttls|implicit`."""
    parts = urlsplit(url)
    if parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username:
        raise Invalid("NURTURE_INBOX_URL: a mailbox is written imaps://user:password@host/INBOX.")
    try:
        unsaid = usual(parts.hostname, implicit=parts.scheme == "imaps")
        tls, port = Tls(parse_qs(parts.query).get("tls", [unsaid])[0]), parts.port
    except ValueError as error:
        raise Invalid(
            "NURTURE_INBOX_URL: the port is a number, tls is off, starttls or implicit."
        ) from error
    folder, user, password = map(unquote, (parts.path, parts.username, parts.password or ""))
    if not (folder + user + password).isascii() or not (folder + user + password).isprintable():
        raise Invalid("NURTURE_INBOX_URL: folder, user and password are plain ASCII (RFC 3501).")
    return MailboxLocation(
        host=parts.hostname,
        port=port or (993 if tls is Tls.IMPLICIT else 143),
        tls=tls,
        folder=folder.strip("/") or "INBOX",
        user=user,
        password=password,
    )


class ImapMailbox:
    """Keep the promise of `Mailbox` with a keyword; without one, with the mark "seen"."""

    def __init__(
        self, place: MailboxLocation, *, today: date, context: ssl.SSLContext | None = None
    ) -> None:
        """Keep the place; nothing is opened yet."""
        self._place = place
        self._since = today - GOES_BACK
        self._context = context
        self._talk: imaplib.IMAP4 | None = None
        self._mark = SEEN

    def __enter__(self) -> Self:
        """Connect, protect, log in and open the folder."""
        try:
            self._talk = talk = _dial(self._place, self._context or trusted())
            if self._place.tls is Tls.STARTTLS:
                talk.starttls(self._context or trusted())
            talk.login(_quoted(self._place.user), self._place.password)  # it quotes only the last
            _yes(talk.select(_quoted(self._place.folder)))
        except (OSError, imaplib.IMAP4.error) as error:
            self._close()
            # The text of an error may repeat what was sent: only its kind is told.
            raise MailboxUnavailable(
                f"The mailbox {self._place.folder} at {self._place.host}:{self._place.port} does "
                f"not let us in: {type(error).__name__}. Look at NURTURE_INBOX_URL."
            ) from error
        self._mark = READ if self._keeps_keywords() else SEEN
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Log out; a server that is gone by then has lost nothing."""
        self._close()

    def items(self, *, limit: int) -> Iterator[MailboxItem]:
        """Give what bears no mark of ours, the oldest first."""
        new = "UNSEEN" if self._mark == SEEN else f"UNKEYWORD {READ}"
        since = f"{self._since.day}-{_MONTHS[self._since.month - 1]}-{self._since.year}"
        told = b" ".join(_bytes(self._ask("SEARCH", new, "SINCE", since)))
        for number in sorted(int(one) for one in told.split())[:limit]:
            raw = self._fetch(number)
            if raw is not None:
                yield MailboxItem(number, raw)

    def done(self, number: int, *, aside: bool) -> None:
        """Mark a letter as read by us."""
        flags = f"({self._mark} {ASIDE})" if aside else f"({self._mark})"
        self._ask("STORE", str(number), "+FLAGS.SILENT", flags)

    def _fetch(self, number: int) -> bytes | None:
        """Read a letter without marking it; None = somebody took it away meanwhile."""
        answer = self._ask("FETCH", str(number), f"(BODY.PEEK[]<0.{LONGEST}>)")
        return next(_bytes(one[-1] for one in answer if isinstance(one, tuple)), None)

    def _ask(self, command: str, *words: str) -> Sequence[object]:
        if self._talk is None:
            raise MailboxUnavailable("The mailbox is not open.")
        try:
            return _yes(self._talk.uid(command, *words))
        except (OSError, imaplib.IMAP4.error) as error:
            raise MailboxUnavailable(
                f"The mailbox at {self._place.host} broke off: {type(error).__name__}."
            ) from error

    def _keeps_keywords(self) -> bool:
        """Ask whether the folder keeps flags of our own."""
        assert self._talk is not None
        _, told = self._talk.response("PERMANENTFLAGS")
        flags = b" ".join(_bytes(told))
        return rb"\*" in flags or READ.encode().lower() in flags.lower()

    def _close(self) -> None:
        talk, self._talk = self._talk, None
        if talk is None:
            return
        try:
            talk.logout()
        except (OSError, imaplib.IMAP4.error):
            talk.shutdown()


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""As the protocol spells them, whatever language this machine speaks."""


def _dial(place: MailboxLocation, context: ssl.SSLContext) -> imaplib.IMAP4:
    if place.tls is Tls.IMPLICIT:
        return imaplib.IMAP4_SSL(
            place.host, place.port, ssl_context=context, timeout=PATIENCE_SECONDS
        )
    return imaplib.IMAP4(place.host, place.port, timeout=PATIENCE_SECONDS)


def _quoted(words: str) -> str:
    return '"' + _TO_ESCAPE.sub(r"\\\g<0>", words) + '"'


def _bytes(answer: Iterable[object]) -> Iterator[bytes]:
    return (one for one in answer if isinstance(one, bytes))


def _yes(answer: tuple[str, Sequence[object]]) -> Sequence[object]:
    told, data = answer
    if told != "OK":
        raise imaplib.IMAP4.error(told)
    return data
