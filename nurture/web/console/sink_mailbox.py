"""The mailbox: what the built-in mail sink has taken; no mail leaves this machine."""

from urllib.parse import urlsplit

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from nurture.adapters import sink_store as box
from nurture.kernel.errors import NotFound
from nurture.kernel.settings import Settings
from nurture.web.console import mail_frame, page_frame
from nurture.web.current import here
from nurture.web.ids import read_id
from nurture.web.security import permits

blueprint = Blueprint("mailbox", __name__)
NAV = "mailbox.show"
SHOWN = 50
BESIDE = 25
"""The sink listens this far above the port of the web."""
WIDTHS = ("desktop", "phone")


def in_use(settings: Settings) -> bool:
    """Tell whether mail ends in the built-in sink."""
    if not settings.smtp_url:
        return True
    server = urlsplit(settings.smtp_url.split()[0])
    return (
        server.hostname in ("127.0.0.1", "localhost") and server.port == settings.web_port + BESIDE
    )


@blueprint.get("/mailbox")
@permits(*page_frame.INNER)
def show() -> str:
    """List what came, the newest first; `to` keeps to one address."""
    _only_with_sink()
    to = request.args.get("to", "").strip().lower()
    before = request.args.get("before", "")
    home = here().home
    lines = box.latest(home, rcpt=to or None, before_id=read_id(before), limit=SHOWN)
    with here().works.read(page_frame.actor()) as work:
        return page_frame.show(
            "mailbox",
            page_frame.PageInfo("Mailbox", NAV),
            work,
            lines=lines,
            to=to,
            total=box.count(home),
            after=lines[-1].id if len(lines) == SHOWN else None,
        )


@blueprint.get("/mailbox/<int:number>")
@permits(*page_frame.INNER)
def open_one(number: int) -> str:
    """Show one mail: as HTML, as text, with its headers."""
    _only_with_sink()
    stored = box.message(here().home, number)
    width = request.args.get("as", WIDTHS[0])
    with here().works.read(page_frame.actor()) as work:
        page = page_frame.PageInfo(
            stored.line.subject or "No subject", NAV, crumbs=[("Mailbox", url_for("mailbox.show"))]
        )
        return page_frame.show(
            "mailbox_one",
            page,
            work,
            line=stored.line,
            letter=mail_frame.opened(stored.raw),
            shape=width if width in (*WIDTHS, "text", "headers") else WIDTHS[0],
        )


@blueprint.get("/mailbox/<int:number>/frame")
@permits(*page_frame.INNER)
def frame(number: int) -> Response:
    """Give the mail's own HTML; its links open in a new tab, as a reader's would."""
    _only_with_sink()
    item = mail_frame.opened(box.message(here().home, number).raw)
    return mail_frame.framed(item.html, links=True)


def _only_with_sink() -> None:
    if not in_use(here().settings):
        raise NotFound("Mail leaves through your own server, so there is no mailbox here.")
