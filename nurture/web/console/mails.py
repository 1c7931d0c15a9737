"""Mails: every template with what the check found, and each as one lead would get it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from campaigns.vocabulary import MessageKind, Stage
from nurture import leads, mail
from nurture.kernel.errors import NotFound, Refusal
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.leads import LeadFilter, LeadView
from nurture.reports.mail_report import TemplateLine, sent_with, templates
from nurture.usecases.delivery.mail_preview import MailPreview, PreviewContext, proof
from nurture.usecases.shared.sending_company import company
from nurture.web.console import mail_frame, page_frame
from nurture.web.console.mail_frame import OpenedMail
from nurture.web.current import TEMPLATES, here, text_inside
from nurture.web.ids import read_id
from nurture.web.security import permits

blueprint = Blueprint("mails", __name__)
NAV = "mails.show"
TITLE = "Mails"
SHAPES = ("desktop", "phone", "text")
OFFERED = 20
"""Leads among whom somebody chooses; any other comes by the address of their page."""
SHOWN = 50
KINDS = {
    MessageKind.MARKETING: "Nurturing",
    MessageKind.REQUESTED: "Asked for",
    MessageKind.CONFIRM: "Confirming an address",
    MessageKind.ALERT: "To our own people",
    MessageKind.TEST: "Test",
}


@dataclass(frozen=True, slots=True)
class MailView:
    """One mail as somebody would get it."""

    line: TemplateLine
    kind: str
    letter: OpenedMail | None
    proof: MailPreview | None
    problem: str
    lead: LeadView | None
    choices: tuple[LeadView, ...]
    text: str
    shape: str


@blueprint.get("/mails")
@permits(*page_frame.INNER)
def show() -> str:
    """List the mails."""
    with here().works.read(page_frame.actor()) as work:
        lines = templates(work)
        return page_frame.show(
            "mails",
            page_frame.PageInfo(TITLE, NAV),
            work,
            lines=lines,
            kinds=KINDS,
            subjects={one.key: _subject(one) for one in lines},
        )


@blueprint.get("/mails/<key>")
@permits(*page_frame.INNER)
def open_one(key: str) -> str:
    """Show a mail as one lead would get it."""
    with here().works.read(page_frame.actor()) as work:
        view = _view(work, _line(work, key))
        page = page_frame.PageInfo(_title(key), NAV, crumbs=[(TITLE, url_for("mails.show"))])
        return page_frame.show("mail", page, work, view=view, title=_title(key))


@blueprint.get("/mails/<key>/frame")
@permits(*page_frame.INNER)
def frame(key: str) -> Response:
    """Give the mail's own HTML for the frame on its page."""
    with here().works.read(page_frame.actor()) as work:
        made = _proof(work, key, _lead(work))
    return mail_frame.framed(mail_frame.opened(made.raw).html, links=False)


@blueprint.get("/mails/<key>/sent")
@permits(*page_frame.INNER)
def sent(key: str) -> str:
    """List what has gone with a mail."""
    before = request.args.get("before", "")
    with here().works.read(page_frame.actor()) as work:
        line = _line(work, key)
        found = sent_with(work, key, before=read_id(before), limit=SHOWN)
        crumbs = [(TITLE, url_for("mails.show")), (_title(key), url_for("mails.open_one", key=key))]
        page = page_frame.PageInfo("Sent", NAV, crumbs=crumbs)
        return page_frame.show(
            "sending_list",
            page,
            work,
            lines=found,
            total=line.sent,
            pile="sent",
            reason=None,
            sentence=f"All that has gone with “{_title(key)}”, the newest first.",
            after=found[-1].id if len(found) == SHOWN else None,
        )


def _view(work: Work, line: TemplateLine) -> MailView:
    lead = _lead(work)
    made, problem = None, ""
    try:
        made = _proof(work, line.key, lead)
    except Refusal as refusal:
        problem = refusal.sentence
    shape = request.args.get("as", SHAPES[0])
    text = request.args.get("find", "").strip()
    return MailView(
        line=line,
        kind=KINDS[line.compiled.kind],
        letter=mail_frame.opened(made.raw) if made else None,
        proof=made,
        problem=problem,
        lead=lead,
        choices=_choices(work, text),
        text=text,
        shape=shape if shape in SHAPES else SHAPES[0],
    )


def _proof(work: Work, key: str, lead: LeadView | None) -> MailPreview:
    runtime = here()
    settings = runtime.settings
    firm = company(work, sender=settings.sender, postal=settings.postal_address)
    press = PreviewContext(keyring=runtime.keyring, base_url=settings.base_url, firm=firm)
    lead_id = lead.id if lead is not None else None
    return proof(work, key, lead_id=lead_id, sample=_sample(key), press=press)


def _subject(line: TemplateLine) -> str:
    """Give a subject with the author's example in it; as it is written where that has none."""
    try:
        return mail.subject_of(line.compiled, _sample(line.key))
    except Refusal:
        return line.subject


def _sample(key: str) -> Mapping[str, object]:
    """Read the author's example; a mail whose folder is not here has none."""
    text = text_inside(TEMPLATES / "mail", f"{key}/sample.json")
    if not text:
        return {}
    found = json.loads(text)
    return found if isinstance(found, dict) else {}


def _line(work: Work, key: str) -> TemplateLine:
    for line in templates(work):
        if line.key == key:
            return line
    raise NotFound(f"There is no mail “{key}”.")


def _lead(work: Work) -> LeadView | None:
    asked = read_id(request.args.get("lead", ""))
    return None if asked is None else leads.get(work, LeadId(asked))


def _choices(work: Work, text: str) -> tuple[LeadView, ...]:
    wanted = LeadFilter(text=text, stages=() if text else (Stage.MARKETING, Stage.RECYCLED))
    return tuple(leads.search(work, wanted, limit=OFFERED).people)


def _title(key: str) -> str:
    return key.replace("_", " ").capitalize()
