"""Answer `/c/` and `/o/` before Flask: verify, append to the spool, redirect. No database, ever.

The event is on disk's way before the answer leaves. If the spool cannot be written, the redirect
still works: a reader's click matters more than our count of it (T-01).
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog

from nurture.engagement import HitKind, LinkFiles, PageArrival, RawHit, family, to_line
from nurture.kernel.clock import Clock
from nurture.kernel.networks import Network
from nurture.kernel.spool import Spool
from nurture.kernel.tokens import BadToken, Keyring, MessageLink, TokenTarget, read_message_token
from nurture.kernel.types import MessageId
from nurture.web.client import client_address
from nurture.web.tracking.sender_networks import Networks
from nurture.web.tracking.visit import visit_token, with_visit

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
LINK = re.compile(r"(a?)([0-9]{1,18})\Z")
METHOD = re.compile(r"[A-Z]{1,8}\Z")
READING = ("GET", "HEAD")
PREFETCHING = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")
ALIVE = b"ok\n"
OWN_PAGES = "/p/"
STYLE = """
body { font: 18px/1.6 system-ui, sans-serif; max-width: 34em; margin: 15vh auto; padding: 0 1em }
h1 { font-size: 1.5em }
"""
UNKNOWN_PAGE = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>This link has lost its way</title><style>{STYLE}</style>
<h1>This link has lost its way</h1>
<p>Some mail programs cut long links in two. Please open the mail again and click on the link
there, or simply answer the mail: a person will read it.</p>
""".encode()
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
GUARDED = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", POLICY),
    ("Referrer-Policy", "same-origin"),
)
"""On every answer: nothing of it runs, is framed, kept or read as another kind."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tracking:
    """What the tracked addresses need."""

    keyring: Keyring
    links: LinkFiles
    spool: Spool
    clock: Clock
    """Asked once per hit: give one that needs no database for it."""
    base_url: str
    trusted: tuple[Network, ...] = ()
    """Networks of proxies whose X-Forwarded-For counts."""
    network_key: bytes = field(default_factory=partial(secrets.token_bytes, 32), repr=False)
    """Hides the networks of readers; what is kept can be compared while it stays the same."""


@dataclass(frozen=True, slots=True)
class _TrackedRequest:
    """What was asked for, and when."""

    kind: HitKind
    link: str
    at: datetime
    machine_at: datetime


class TrackingMiddleware:
    """Take the tracked addresses, and leave all others to `inner`."""

    def __init__(self, inner: WSGIApplication, tracking: Tracking) -> None:
        self._inner = inner
        self._tracking = tracking
        self._networks = Networks(tracking.network_key)
        self._own = tracking.base_url.rstrip("/") + OWN_PAGES

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a click or an open."""
        path: str = environ["PATH_INFO"]
        if path.startswith("/c/"):
            return self._click(environ, start_response, path)
        if path.startswith("/o/"):
            return self._open(environ, start_response, path)
        if path == "/healthz" and environ["REQUEST_METHOD"] in READING:
            # Whether the process lives, not how busy its threads are.
            return _answer(environ, start_response, HTTPStatus.OK, ("text/plain", ALIVE))
        return self._inner(environ, start_response)

    def _click(
        self, environ: WSGIEnvironment, start_response: StartResponse, path: str
    ) -> Iterable[bytes]:
        token, _, link = path[3:].partition("/")
        try:
            message = read_message_token(self._tracking.keyring, token, MessageLink.CLICK)
        except BadToken:
            return _unknown(environ, start_response)
        target = self._target(message, link)
        kind = HitKind.CLICK if target else HitKind.UNKNOWN
        now, machine = self._tracking.clock.now(), self._tracking.clock.machine()
        self._record(environ, message, _TrackedRequest(kind, link, now, machine))
        if target is None:
            return _unknown(environ, start_response)
        if environ["REQUEST_METHOD"] not in READING:
            return _refuse(start_response)
        if target.startswith((OWN_PAGES, self._own)):
            # The hit's own moment: what is done on the page proves this click and no other.
            came = PageArrival(MessageId(message.message_id), link, machine)
            target = with_visit(target, visit_token(self._tracking.keyring, came))
        start_response("302 Found", [("Location", target), ("Content-Length", "0"), *GUARDED])
        return ()

    def _open(
        self, environ: WSGIEnvironment, start_response: StartResponse, path: str
    ) -> Iterable[bytes]:
        """Answer with the picture whatever the token is: a broken one helps nobody."""
        try:
            token = path[3:].removesuffix(".gif")
            message = read_message_token(self._tracking.keyring, token, MessageLink.OPEN)
        except BadToken:
            pass
        else:
            clock = self._tracking.clock
            asked = _TrackedRequest(HitKind.OPEN, "", clock.now(), clock.machine())
            self._record(environ, message, asked)
        if environ["REQUEST_METHOD"] not in READING:
            return _refuse(start_response)
        return _answer(environ, start_response, HTTPStatus.OK, ("image/gif", GIF))

    def _target(self, message: TokenTarget, link: str) -> str | None:
        match = LINK.match(link)
        if match is None:
            return None
        number = int(match[2])
        if match[1]:
            return self._tracking.links.asset(number)
        return self._tracking.links.url(message.template_version, number)

    def _record(
        self, environ: WSGIEnvironment, message: TokenTarget, asked: "_TrackedRequest"
    ) -> None:
        tracking = self._tracking
        method: str = environ["REQUEST_METHOD"]
        hit = RawHit(
            kind=asked.kind,
            message_id=message.message_id,
            template_version=message.template_version,
            link=asked.link if LINK.match(asked.link) else "",
            method=method if METHOD.match(method) else "OTHER",
            at=asked.at,
            machine_at=asked.machine_at,
            agent=family(environ.get("HTTP_USER_AGENT", "")),
            network=self._networks.name(client_address(environ, tracking.trusted)),
            prefetch=any(name in environ and _prefetches(environ[name]) for name in PREFETCHING),
        )
        try:
            tracking.spool.append(to_line(hit))
        except OSError:
            log.exception("hit_lost", message_id=message.message_id)


def _prefetches(value: str) -> bool:
    lowered = value.lower()
    return "prefetch" in lowered or "preview" in lowered or "prerender" in lowered


def _unknown(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    page = ("text/html; charset=utf-8", UNKNOWN_PAGE)
    return _answer(environ, start_response, HTTPStatus.NOT_FOUND, page)


def _refuse(start_response: StartResponse) -> Iterable[bytes]:
    headers = [("Allow", "GET, HEAD"), ("Content-Length", "0"), *GUARDED]
    start_response("405 Method Not Allowed", headers)
    return ()


def _answer(
    environ: WSGIEnvironment,
    start_response: StartResponse,
    status: HTTPStatus,
    content: tuple[str, bytes],
) -> Iterable[bytes]:
    kind, body = content
    headers = [("Content-Type", kind), ("Content-Length", str(len(body))), *GUARDED]
    start_response(f"{status.value} {status.phrase}", headers)
    return () if environ["REQUEST_METHOD"] == "HEAD" else (body,)
