"""A form comes in: keep it, know who it is, give what was asked for, weigh it, promise a call.

The answers are the strong identity; the link that somebody came by is only a weak one: it saves
questions, and never shows anybody's data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from campaigns.forms import ConsentText, Field, Form, Page, Pages, check_answers, load_pages, to_ask
from campaigns.timing import Calendar, Duration, add, zone_of
from campaigns.vocabulary import ActivityKind, Basis, MessageKind, Verdict
from nurture import consent, content, engagement, handoff, leads, mail, pages, scoring, tasks, users
from nurture.engagement import ActivityRow, Came
from nurture.kernel.errors import Invalid, NotFound
from nurture.kernel.types import EmailAddress, Json, LeadId, MessageId
from nurture.kernel.work import Work, Works
from nurture.scoring import RuleKind
from nurture.usecases import capture, confirm, dialled, evidence
from nurture.usecases.capture import House
from nurture.usecases.progress import Desk

OWN_COLUMNS = frozenset({"first_name", "last_name", "phone", "job", "company", "email"})
LONGEST_ORIGIN = 80
ANSWER_WITHIN = Duration(1, "bd")
"""A raised hand that no rule made hot is answered within a working day (F161)."""
ONE_OF_US = "One of us"
"""Who calls while the lead waits in a queue."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A form as somebody sent it."""

    slug: str
    given: Mapping[str, str]
    """Raw answers by field name."""
    agreed: bool
    """Whether the consent box was ticked."""
    nonce: str
    """From the form's signed token; sending twice is once."""
    came: Came | None = None
    """The click that led here, if the page's address said so."""
    suspicion: str | None = None
    """Why this looks like a machine: honeypot, too fast (F8)."""
    form: str = ""
    """The form that it was sent through; "" asks nothing of its page."""
    consent_version: str | None = None
    """The text that stood beside the box, as the form's signed token says; else the current one."""
    utm: Mapping[str, str] = field(default_factory=dict)
    """By which campaign they came, as the page's address said (F1)."""
    received_at: datetime | None = None
    """When it came in, where that is not the time at which it is taken in."""

    @property
    def message_id(self) -> MessageId | None:
        """Name the mail whose link led here."""
        return self.came.message_id if self.came else None


@dataclass(frozen=True, slots=True)
class Thanks:
    """What the thank-you page shows."""

    page: Page
    form: Form
    lead_id: LeadId | None
    first_name: str
    asset: content.AssetCard | None
    owner: str
    promised_at: datetime | None
    answers: Mapping[str, Json]
    again: bool = False


class AnswersRefused(Invalid):
    """Some answers will not do; each has its sentence."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Keep the sentences by field."""
        super().__init__(" ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Open:
    """What a page shows to whoever opens it."""

    page: Page
    form: Form | None
    fields: tuple[Field, ...]
    recognised: bool
    asset: content.AssetCard | None
    consent: ConsentText


def library_pages(work: Work) -> Pages:
    """Give the published pages and forms."""
    return _parsed(*scoring.current(work, RuleKind.PAGES))


@lru_cache(maxsize=4)
def _parsed(_number: int, text: str) -> Pages:
    return load_pages(text)


def open_page(work: Work, slug: str, *, message_id: MessageId | None) -> Open:
    """Show a page; what the lead behind the link has told us before is not asked again (F83)."""
    here = library_pages(work)
    page = here.pages.get(slug)
    if page is None:
        raise NotFound("There is no such page. The link may be incomplete.")
    lead_id = _lead_of(work, message_id)
    form = here.forms.get(page.form)
    fields: tuple[Field, ...] = ()
    if form is not None:
        known = leads.facts(work, [lead_id]).get(lead_id, {}) if lead_id else {}
        fields = to_ask(form, known, recognised=lead_id is not None)
    asset = _asset(work, page)
    return Open(page, form, fields, lead_id is not None, asset, here.consent)


def note_visit(work: Work, slug: str, *, came: Came, utm: Mapping[str, str], desk: Desk) -> None:
    """Count a page as visited once a person is seen on it; once a day is enough."""
    origin = f"seen:{came.message_id}:{work.now:%Y%m%d}:{slug}"[:LONGEST_ORIGIN]
    opened = open_page(work, slug, message_id=came.message_id)
    lead_id = _lead_of(work, came.message_id)
    if lead_id is None:
        return
    row = ActivityRow(
        lead_id=lead_id, kind=ActivityKind.VISITED, at=work.now, origin=origin,
        message_id=came.message_id, asset_id=opened.asset.id if opened.asset else None,
        name=opened.page.acts_as or opened.page.slug, verdict=Verdict.HUMAN_PROVEN,
        detail={**came.to_detail(), **utm},
    )  # fmt: skip
    engagement.mark_proven(work, came, reason="a person was seen on the page")
    evidence.weigh(work, engagement.note_activity(work, [row]), desk=desk)


def submit(works: Works, visit: Visit, *, house: House, desk: Desk) -> Thanks:
    """Take a form in; one transaction from the answers to the promise."""
    with works.begin("prospect") as work:
        return take(work, visit, house=house, desk=desk)


def take(work: Work, visit: Visit, *, house: House, desk: Desk) -> Thanks:
    """Take a form in, inside somebody's transaction; the same form twice is once."""
    opened = open_page(work, visit.slug, message_id=visit.message_id)
    if opened.form is None:
        raise NotFound("There is no form on this page.")
    if visit.form not in ("", opened.form.key):
        raise NotFound("There is no such form. Open the page again.")
    by_link = _lead_of(work, visit.message_id)
    countries = dialled.countries_of(work, visit.given, by_link)
    answers = checked(opened, visit, countries=countries)

    kept = pages.keep(
        work,
        pages.NewSubmission(
            nonce=visit.nonce, form=opened.form.key, page=visit.slug,
            asset_id=opened.asset.id if opened.asset else None, answers=answers,
            consent_version=_text_of(visit, opened) if visit.agreed else None,
            quarantine=visit.suspicion, at=visit.received_at,
        ),
    )  # fmt: skip
    thanks = Thanks(opened.page, opened.form, None, "", opened.asset, "", None, answers)
    if visit.suspicion is not None or kept is None:
        return _as_before(work, visit, thanks)

    if visit.came is not None:
        # Clicks before the lead, as settling takes them: none wait in a circle.
        engagement.mark_proven(work, visit.came, reason="a form was sent from its link")
    lead_id = _whose(work, visit, answers, opened, house)
    pages.link(work, kept, lead_id)
    if visit.agreed and not consent.permitted(work, [lead_id]):
        proof = _proof(visit, opened)
        confirm.ask(work, leads.get(work, lead_id), proof, house=house, desk=desk)
    _note(work, _Kept(kept, lead_id, visit, opened), desk=desk)
    return _promise(work, thanks, lead_id, kept)


def checked(opened: Open, visit: Visit, *, countries: Sequence[str]) -> dict[str, Json]:
    """Read the answers to what the page asks, or refuse them with a sentence for each.

    `countries` are where a phone number without a prefix may be dialled, the likeliest first.
    """
    # No database keeps this character, and nobody types it.
    given = {name: typed.replace("\0", "") for name, typed in visit.given.items()}
    found = check_answers(opened.fields, given)
    problems = dict(found.problems)
    if "email" in found.answers and not problems:
        try:
            leads.read_address(str(found.answers["email"]))
        except Invalid as refusal:
            problems["email"] = refusal.sentence
    answers: dict[str, Json] = dict(found.answers)
    if "phone" in answers:
        try:
            answers["phone"] = leads.read_dialled(str(answers["phone"]), countries=countries)
        except Invalid as refusal:
            problems["phone"] = refusal.sentence
    if problems:
        raise AnswersRefused(problems)
    return answers


def _as_before(work: Work, visit: Visit, thanks: Thanks) -> Thanks:
    """Answer a second sending like the first, and a machine like a person, with nothing done."""
    before = pages.by_nonce(work, visit.nonce)
    promised = before[1] if before else None
    return Thanks(
        thanks.page, thanks.form, None, "", thanks.asset, "", promised, thanks.answers, again=True
    )


def _whose(
    work: Work, visit: Visit, answers: Mapping[str, Json], opened: Open, house: House
) -> LeadId:
    """Capture by the address that was given, else by the link that led here."""
    if "email" in answers:
        email = leads.read_address(str(answers["email"])).email
    else:
        lead_id = _lead_of(work, visit.message_id)
        if lead_id is None:
            raise AnswersRefused({"email": "We cannot go on without your address."})
        email = leads.get(work, lead_id).email
    own = {name: str(value) for name, value in answers.items() if name in OWN_COLUMNS}
    facts = {name: value for name, value in answers.items() if name not in OWN_COLUMNS}
    topics = tuple(opened.asset.topics) if opened.asset else ()
    arrival = capture.Arrival(
        lead=leads.NewLead(
            EmailAddress(email),
            first_name=own.get("first_name"),
            phone=own.get("phone"),
            last_name=own.get("last_name"),
            job=own.get("job"),
            company=own.get("company"),
            facts=facts,
            interests=topics,
        ),
        basis=_basis(work, visit, opened, EmailAddress(email)),
        evidence=_proof(visit, opened),
    )
    source = leads.ensure_source(work, "website/form", channel="website", name="Own forms")
    origin = leads.Origin(
        source_id=source, campaign=visit.utm.get("utm_campaign", visit.slug),
        detail={"page": visit.slug, "form": opened.page.form, **visit.utm},
    )  # fmt: skip
    captured = capture.capture_leads(
        work, [arrival], origin=origin, policy=leads.FieldPolicy.OVERWRITE, house=house
    )
    return captured.rows[0].lead_id


def _basis(work: Work, visit: Visit, opened: Open, email: EmailAddress) -> Basis:
    """Tell whether a ticked box is permission enough, or is confirmed from the mailbox first."""
    if not visit.agreed or opened.form is None:
        return Basis.NONE
    lead_id = leads.by_email(work, [email]).get(email)
    if lead_id is not None and consent.permitted(work, [lead_id]):
        return Basis.FORM
    country = leads.get(work, lead_id).country if lead_id is not None else None
    return Basis.NONE if opened.form.needs_confirmation(country) else Basis.FORM


def _proof(visit: Visit, opened: Open) -> dict[str, Json]:
    """Keep what somebody agreed to, and where (GDPR Art. 7(1))."""
    return {"form": opened.page.form, "page": visit.slug, "text": _text_of(visit, opened)}


def _text_of(visit: Visit, opened: Open) -> str:
    """Name the text that the visitor read."""
    return visit.consent_version or opened.consent.version


@dataclass(frozen=True, slots=True)
class _Kept:
    """A stored submission whose lead is known."""

    id: int
    lead_id: LeadId
    visit: Visit
    opened: Open


FOLLOWS = {"file": ActivityKind.DOWNLOADED, "register": ActivityKind.REGISTERED}
"""What a form does beside being sent, as the timeline calls it."""


def _note(work: Work, kept: _Kept, *, desk: Desk) -> None:
    """Write the acts down and weigh them."""
    opened, message_id = kept.opened, kept.visit.message_id
    follows = FOLLOWS.get(opened.form.does) if opened.form else None
    rows = [
        ActivityRow(
            lead_id=kept.lead_id, kind=kind, at=work.now, origin=f"submission:{kept.id}:{kind}",
            message_id=message_id, asset_id=opened.asset.id if opened.asset else None,
            name=opened.page.acts_as or opened.page.slug, verdict=Verdict.HUMAN_PROVEN,
            detail=kept.visit.came.to_detail() if kept.visit.came else {},
        )
        for kind in (ActivityKind.SUBMITTED, follows)
        if kind is not None
    ]  # fmt: skip
    if opened.asset is not None:
        content.mark_seen(work, [content.SeenRow(kept.lead_id, opened.asset.id, "downloaded")])
    evidence.weigh(work, engagement.note_activity(work, rows), desk=desk)


def _promise(work: Work, thanks: Thanks, lead_id: LeadId, kept: int) -> Thanks:
    """Send at once what was asked for (F162), and say who calls by when."""
    person = leads.get(work, lead_id)
    owner, promised = "", None
    if thanks.form.does == "call":
        owner, promised = _who_calls(work, person, kept)
        pages.link(work, kept, lead_id, promised_by=promised)
    done = replace(
        thanks,
        lead_id=lead_id,
        first_name=person.first_name or "",
        owner=owner,
        promised_at=promised,
    )
    if thanks.form.mail and (thanks.asset is not None or promised is not None):
        _mail_at_once(work, done, person, kept)
    return done


def _who_calls(work: Work, person: leads.Person, kept: int) -> tuple[str, datetime]:
    """Name who follows a raised hand up, and by when; a task where no offer is open (F161)."""
    offer = handoff.find_open(work, person.id)
    if offer is not None:
        # Also one that waits in a queue has its timer and has told somebody: no second caller.
        owner = users.get(work, offer.owner_id).name if offer.owner_id is not None else ONE_OF_US
        return owner, offer.contact_by
    zone, calendar = dialled.zone_told(work, person), Calendar(person.country or "")
    by = add(work.now, ANSWER_WITHIN, zone=zone, calendar=calendar)
    tasks.create(
        work,
        [
            tasks.NewTask(
                dedup_key=f"raised-hand|{kept}", kind=tasks.TaskKind.FOLLOW_UP,
                title=f"Answer the question of {person.name or person.email}",
                reason="Asked through the contact form.", due_at=by, lead_id=person.id,
                queue="telesales",
            )
        ],
    )  # fmt: skip
    return ONE_OF_US, by


def _mail_at_once(work: Work, thanks: Thanks, person: leads.Person, kept: int) -> None:
    context: dict[str, Json] = {}
    if thanks.promised_at is not None:
        there = thanks.promised_at.astimezone(zone_of(dialled.zone_told(work, person)))
        context = {
            "owner": {"name": thanks.owner, "phone": None},
            "promised_time": f"{there:%a} {there.day} {there:%b}, {there:%H:%M}",
            "question": str(thanks.answers.get("your_question") or ""),
        }
    mail.plan(
        work,
        [
            mail.NewMessage(
                dedup_key=f"requested|{kept}", kind=MessageKind.REQUESTED, recipient=person.email,
                template_version_id=mail.live_versions(work)[thanks.form.mail],
                not_before=work.now, lead_id=person.id,
                asset_id=thanks.asset.id if thanks.asset else None, context=context,
            )
        ],
    )  # fmt: skip


def _lead_of(work: Work, message_id: MessageId | None) -> LeadId | None:
    if message_id is None:
        return None
    ref = mail.refs(work, [message_id]).get(message_id)
    return ref.lead_id if ref else None


def _asset(work: Work, page: Page) -> content.AssetCard | None:
    if not page.asset:
        return None
    return next((card for card in content.assets(work) if card.key == page.asset), None)
