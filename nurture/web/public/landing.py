"""Landing pages and their forms; the link somebody came by saves questions and shows nothing.

What looks like a machine's form is not taken, and its page asks once more: a person only presses
the button again, or ticks a box that is new on the page.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import request
from icalendar import Calendar, Event
from werkzeug.wrappers import Response

from campaigns.company import CompanyProfile
from campaigns.formulas import work_out
from nurture import leads
from nurture.engagement import PageArrival
from nurture.kernel.database import passing
from nurture.kernel.errors import NotFound
from nurture.kernel.tokens import BadToken, Purpose, sign, verify
from nurture.kernel.types import MessageId
from nurture.kernel.work import Work
from nurture.usecases.intake import page_cache, submit_form
from nurture.usecases.intake.submit_form import AnswersRefused, FormVisit, ThankYou
from nurture.usecases.requests.published_forms import Open, language_of, library_pages, open_page
from nurture.usecases.shared import home_country
from nurture.web import security
from nurture.web.current import here
from nurture.web.patience import within
from nurture.web.public import form_intake
from nurture.web.public.limit_pages import answered, asks_for_proof, without_mail
from nurture.web.public.prospect_words import day_in, later
from nurture.web.public.public_frame import (
    firm_last_seen,
    firm_of,
    own,
    read_by,
    reader_language,
    safe_html,
    say,
    show,
    text_file,
)
from nurture.web.public.visitor_network import network
from nurture.web.tracking import PARAMETER, visitor

HONEYPOT = "q_blank_9"
"""A field that nobody sees, by a name that no browser fills by itself; machines fill it in."""
PERSON = "q_person"
"""The box that the page shows when it asks once more because of that field."""
AGREED = "agree"
READ = "read"
"""In a page's sign: it was looked at for as long as reading takes."""
ITS_OWN = frozenset({HONEYPOT, PERSON, AGREED, "ticket", "page", *leads.UTM})
AGAIN = "again"
TOO_FAST = later(
    "That was quicker than most people type, so nothing has been sent yet. "
    "Look your answers over and press the button once more."
)
FILLED = later(
    "Something filled in a field that people do not see, often a password manager, so nothing has "
    "been sent yet. Your answers are still here: tick the box above the button and send them again."
)
NOT_TICKED = later("Nothing has been sent yet: tick the box above the button, then press it.")
AWAY = later(
    "This page cannot be looked up this minute. Try it again in a minute: nothing is lost."
)
OPEN_LONG = later("This form was open for a long time. Look it over and send it once more.")
RETRY_SECONDS = 60
OPEN_FOR = timedelta(days=2)
"""How long a form may lie open in a browser and still be sent."""
SHOWS = ("file", "register")
"""Forms whose item stands on the page that thanks."""
BLANK = re.compile(r"\{\{ *([a-z_.]+) *\}\}")


@dataclass(frozen=True, slots=True)
class FormTicket:
    """What a form's signed token says: which page, which sending, whose link, since when."""

    slug: str
    nonce: str
    came: PageArrival | None
    issued: datetime
    text: str
    """The version of the words beside the box, as it was shown."""
    again: bool = False
    """Whether the page asks once more, with a box that only people tick."""


@dataclass(frozen=True, slots=True)
class TypedForm:
    """What was typed, and what is wrong with it."""

    typed: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    ticket: FormTicket | None = None
    """The form's own, where it is asked once more and its time counts from the first time."""


@security.public
def show_page(slug: str) -> str | Response:
    """Show a landing page; while the database is away, as it was last published."""
    came = _visitor(request.args.get(PARAMETER, ""))
    return _shown(slug, came, TypedForm()) or _away()


@security.public
def note_seen(slug: str) -> tuple[str, int]:
    """Note that somebody looked at a page, or read it; without a link of ours nobody is noted."""
    came = _visitor(request.form.get(PARAMETER, ""))
    runtime = here()
    if came is not None:
        read = _read_seconds(came) if READ in request.form else 0
        with runtime.works.begin("prospect") as work:
            utm = leads.utm_of(request.args)
            submit_form.note_visit(
                work, slug, came=came, utm=utm, journey=runtime.journey, read_seconds=read
            )
    return "", HTTPStatus.NO_CONTENT


@security.public
def send_form(key: str) -> Response:
    """Take a form in, and show what comes of it; a wrong answer loses none of the others."""
    given = dict(request.form.items())
    runtime = here()
    try:
        ticket = _ticket(given.get("ticket", ""))
    except BadToken:
        return _again(given.get("page", ""), None, TypedForm(given, note=OPEN_LONG))
    if note := _looks_like_a_machine(given, ticket):
        once_more = replace(ticket, again=ticket.again or note == FILLED)
        return _again(ticket.slug, ticket.came, TypedForm(given, note=note, ticket=once_more))
    visit = FormVisit(
        slug=ticket.slug,
        given=_answers(given),
        agreed=AGREED in given,
        nonce=ticket.nonce,
        came=ticket.came,
        form=key,
        network=network(runtime.secret),
        consent_version=ticket.text or None,
        received_at=runtime.clock.now(),
        utm=leads.utm_of(given),
    )
    try:
        thanks = form_intake.take_in(visit)
    except AnswersRefused as refusal:
        kept = ticket if ticket.again else None
        return _again(ticket.slug, ticket.came, TypedForm(given, refusal.problems, ticket=kept))
    return answered(thanks, _thanked)


@security.public
def calendar(slug: str) -> Response:
    """Give the entry for a calendar: the day of an event, in every zone the same day."""
    with here().works.read("prospect") as work:
        asset = open_page(work, slug, message_id=None).asset
        now = work.now
    if asset is None or asset.event_on is None:
        raise NotFound("Nothing on this page has a day of its own.")
    day, after = asset.event_on, asset.event_on + timedelta(days=1)
    event = Event()
    event.add("uid", f"{asset.key}-{day:%Y%m%d}@{slug}")
    event.add("dtstamp", now)
    event.add("dtstart", day)
    event.add("dtend", after)
    event.add("summary", " ".join(asset.title.split()))
    event.add("url", f"{here().settings.base_url}/p/{slug}")
    entry = Calendar()
    entry.add("version", "2.0")
    entry.add("prodid", "-//Nurture//Pages//EN")
    entry.add_component(event)
    return Response(entry.to_ical(), mimetype="text/calendar")


def _read_seconds(came: PageArrival) -> int:
    """Tell how long ago the click was, 0 where that is too short for reading.

    The page says that it was looked at all the time; that the time has passed, our clock says.
    """
    runtime = here()
    since = (runtime.clock.machine() - came.machine_at).total_seconds()
    return max(int(since), 1) if since >= runtime.settings.reading_seconds else 0


def _message(came: PageArrival | None) -> MessageId | None:
    return came.message_id if came else None


def _visitor(token: str) -> PageArrival | None:
    runtime = here()
    return visitor(runtime.keyring, token, machine=runtime.clock.machine()) if token else None


def _answers(given: Mapping[str, str]) -> dict[str, str]:
    """Leave out what the form says of itself: only what was typed is anybody's answer."""
    return {name: typed for name, typed in given.items() if name not in ITS_OWN}


def _shown(slug: str, came: PageArrival | None, draft: TypedForm) -> str:
    """Draw a page from the database, else from this host's page cache; "" where neither has it."""
    runtime = here()

    def ask() -> tuple[Open, CompanyProfile, str]:
        with runtime.works.read("prospect") as work:
            opened = open_page(work, slug, message_id=_message(came))
            return opened, firm_of(work, runtime), language_of(work, _message(came))

    found = within(ask)
    if found is None:
        kept = page_cache.take(runtime.home)
        if kept is None:
            return ""
        found = page_cache.open_page(kept, slug), kept.firm or firm_last_seen(), ""
    opened, firm, language = found
    read_by(language)
    return _page(opened, firm, came, draft)


def _away() -> Response:
    body = show("refused", firm_last_seen(), title=say("Back in a moment"), sentence=say(AWAY))
    headers = {"Retry-After": str(RETRY_SECONDS)}
    return Response(body, HTTPStatus.SERVICE_UNAVAILABLE, headers, mimetype="text/html")


def _page(opened: Open, firm: CompanyProfile, came: PageArrival | None, draft: TypedForm) -> str:
    asset, own_page = opened.asset, opened.page
    gated = asset is not None and asset.access == "form" and opened.form is not None
    name = own_page.text or (f"{asset.key}.md" if asset else "")
    body = (asset.body if asset else "") or text_file(name)
    return show(
        "page",
        firm,
        opened=opened,
        draft=draft,
        title=own_page.title or (asset.title if asset else ""),
        teaser=asset.teaser if asset else "",
        body=None if gated else safe_html(body),
        ticket=_signed(draft.ticket) if draft.ticket else _new_ticket(opened, came),
        honeypot="" if draft.ticket and draft.ticket.again else HONEYPOT,
        person=PERSON if draft.ticket and draft.ticket.again else "",
        agreed=AGREED,
        visit=request.values.get(PARAMETER, "") if came is not None else "",
        utm=leads.utm_of(request.values),
    )


def _again(slug: str, came: PageArrival | None, draft: TypedForm) -> Response:
    shown = _shown(slug, came, draft)
    if not shown:
        return _away()
    return Response(shown, HTTPStatus.UNPROCESSABLE_ENTITY, mimetype="text/html")


def _new_ticket(opened: Open, came: PageArrival | None) -> str:
    nonce, issued = secrets.token_hex(12), here().clock.machine()
    return _signed(FormTicket(opened.page.slug, nonce, came, issued, opened.consent.version))


def _signed(ticket: FormTicket) -> str:
    came = ticket.came
    click = f"{came.message_id}|{came.link}|{came.machine_at.isoformat()}" if came else "||"
    subject = f"{ticket.slug}|{ticket.nonce}|{click}|{ticket.text}|{AGAIN if ticket.again else ''}"
    return sign(here().keyring, Purpose.FORM_TIME, subject=subject, issued=ticket.issued)


def _ticket(token: str) -> FormTicket:
    runtime = here()
    oldest = runtime.clock.machine() - OPEN_FOR
    signed = verify(runtime.keyring, Purpose.FORM_TIME, token, not_before=oldest)
    # A form that lies open since before texts were signed names none.
    slug, nonce, message, link, at, *rest = signed.subject.split("|")
    came = None
    if message:
        came = PageArrival(MessageId(int(message)), link, datetime.fromisoformat(at))
    return FormTicket(slug, nonce, came, signed.issued, "".join(rest[:1]), again=AGAIN in rest[1:])


def _looks_like_a_machine(given: Mapping[str, str], ticket: FormTicket) -> str:
    """Say why a form is asked for once more; "" where a person may well have sent it."""
    if given.get(HONEYPOT):
        return FILLED
    if ticket.again and PERSON not in given:
        return NOT_TICKED
    runtime = here()
    seconds = (runtime.clock.machine() - ticket.issued).total_seconds()
    return TOO_FAST if seconds < runtime.settings.form_min_seconds else ""


def _thanked(thanks: ThankYou) -> str:
    """Show what came of a form, also where the database has gone away since."""
    try:
        return _thank(thanks)
    except Exception as error:
        # It was taken in; only the page that says so could not be read.
        if not passing(error):
            raise
        return form_intake.received()


def _thank(thanks: ThankYou) -> str:
    asset, form = thanks.asset, thanks.form
    with here().works.read("prospect") as work:
        firm = firm_of(work)
        if thanks.lead_id is not None and thanks.proven:
            read_by(leads.get(work, thanks.lead_id).language or "")
        promised = _promised(work, thanks, str(own(firm).get("zone") or "UTC"))
        formula = library_pages(work).formulas.get(form.formula)
    title, text = form.thanks_title, form.thanks_text
    if form.does == "call" and not promised:
        title, text = say("We have your question"), say("One of us answers within a working day.")
    if no_mail := without_mail(thanks, shown=asset is not None and form.does in SHOWS):
        text = no_mail
    words = {
        "content.title": asset.title if asset else "",
        "lead.first_name": str(thanks.answers.get("first_name") or ""),
        # A stranger learns nothing of whose lead an address is.
        "owner.name": (thanks.owner if thanks.proven else "") or say("One of us"),
        "promised_time": promised,
    }
    shown = asset is not None and form.does in SHOWS
    return show(
        "thanks",
        firm,
        thanks=thanks,
        title=_filled(title, words),
        text=_filled(text, words),
        body=safe_html(asset.body or text_file(f"{asset.key}.md")) if asset and shown else None,
        sum=work_out(formula, thanks.answers) if formula is not None else None,
        phone=str(own(firm).get("phone") or ""),
        proof=asks_for_proof(thanks),
    )


def _filled(text: str, words: Mapping[str, str]) -> str:
    return BLANK.sub(lambda found: words.get(found[1], ""), text)


def _promised(work: Work, thanks: ThankYou, zone: str) -> str:
    """Say by when, in the time of whom it was promised to."""
    if thanks.promised_at is None:
        return ""
    if thanks.lead_id is not None and thanks.proven:
        zone = home_country.zone_told(work, leads.get(work, thanks.lead_id))
    there, now = (moment.astimezone(ZoneInfo(zone)) for moment in (thanks.promised_at, work.now))
    if there.date() == now.date():
        return say("%(time)s today", time=f"{there:%H:%M}")
    day = day_in(reader_language(), there.date())
    return say("%(time)s on %(day)s", time=f"{there:%H:%M}", day=day)
