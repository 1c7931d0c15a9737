"""A form comes in: keep it, know who it is, give what was asked for, weigh it, promise a call.

Who came by a link of our mail to an address is believed about that address: the mail reached it,
and a form asks nothing again that is known, so that it fills blanks and replaces nothing. Whoever
typed an address is a stranger until that mailbox or one of us says otherwise: what they say is kept
beside the facts (`unproven.py`), and mail to that address is rare and repeats none of their words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from campaigns.forms import FormDefinition, FormField, PageDefinition, check_answers
from campaigns.vocabulary import ActivityKind, Basis, Verdict
from nurture import consent, content, engagement, leads, pages
from nurture.engagement import ActivityRow, PageArrival
from nurture.kernel.errors import Invalid, NotFound
from nurture.kernel.types import EmailAddress, Json, LeadId, MessageId
from nurture.kernel.work import Work, Works
from nurture.pages import Allowance, Proofness, SubmissionView
from nurture.usecases.intake import confirmation, take_in
from nurture.usecases.intake.take_in import IntakeContext
from nurture.usecases.journeys.advance import JourneyContext
from nurture.usecases.requests import contact_request, requested_mail, unproven_answers
from nurture.usecases.requests.contact_request import ContactRequest
from nurture.usecases.requests.published_forms import Open, lead_of, open_page
from nurture.usecases.responses import evidence
from nurture.usecases.shared import home_country

LONGEST_ORIGIN = 80
TYPED_PHONE = "phone_as_typed"
"""The fact in which a phone number stands that nobody can read."""
LONGEST_PHONE = 40
MOST_HELD = 1_000
"""So many forms wait for a person to look at them; beyond that, none is held any more."""
CALLS = "call"


class FormOutcome(StrEnum):
    """What became of a form."""

    TAKEN = "taken"
    HELD = "held"
    """Kept for a person to look at, and nothing follows by itself."""
    REFUSED = "refused"
    """Not kept."""


@dataclass(frozen=True, slots=True)
class FormVisit:
    """A form as somebody sent it."""

    slug: str
    given: Mapping[str, str]
    """Raw answers by field name."""
    agreed: bool
    """Whether the consent box was ticked."""
    nonce: str
    """From the form's signed token; sending twice is once."""
    came: PageArrival | None = None
    """The click that led here, if the page's address said so."""
    suspicion: str | None = None
    """Why this looks like a machine: it is held for a person to look at (F8)."""
    form: str = ""
    """The form that it was sent through; "" asks nothing of its page."""
    consent_version: str | None = None
    """The text that stood beside the box, as the form's signed token says; else the current one."""
    utm: Mapping[str, str] = field(default_factory=dict)
    """By which campaign they came, as the page's address said (F1)."""
    received_at: datetime | None = None
    """When it came in, where that is not the time at which it is taken in."""
    network: str = ""
    """The keyed hash of the network that it came from."""
    promised: bool = False
    """Whether its author was told that we have it: then it is kept, whatever limits say."""

    @property
    def message_id(self) -> MessageId | None:
        """Name the mail whose link led here."""
        return self.came.message_id if self.came else None


@dataclass(frozen=True, slots=True)
class ThankYou:
    """What the thank-you page shows."""

    page: PageDefinition
    form: FormDefinition
    lead_id: LeadId | None
    first_name: str
    asset: content.AssetCard | None
    owner: str
    promised_at: datetime | None
    answers: Mapping[str, Json]
    again: bool = False
    end: FormOutcome = FormOutcome.TAKEN
    proven: bool = True
    """Whether its author came by a link of ours."""
    allowance: Allowance = field(default_factory=Allowance)
    """What limits let it do."""


class AnswersRefused(Invalid):
    """Some answers will not do; each has its sentence."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Keep the sentences by field."""
        super().__init__(" ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class _FormAuthor:
    """Who is behind a form."""

    email: EmailAddress
    lead_id: LeadId | None
    """The lead of this address."""
    by_link: bool
    """Whether they came by a link of a mail to this very address."""


@dataclass(frozen=True, slots=True)
class _FormCase:
    """A form that is being taken in."""

    visit: FormVisit
    opened: Open
    form: FormDefinition
    author: _FormAuthor
    answers: Mapping[str, Json]
    allowance: Allowance
    intake: IntakeContext
    journey: JourneyContext


def note_visit(
    work: Work,
    slug: str,
    *,
    came: PageArrival,
    utm: Mapping[str, str],
    journey: JourneyContext,
    read_seconds: int = 0,
) -> None:
    """Count a page as visited once somebody is seen on it; once a day is enough.

    That scripts run and a pointer moves is no proof of a person: browsers without one do it, too.
    A page that was looked at for a while (`read_seconds`) is, where its click looks like a
    person's.
    """
    origin = f"seen:{came.message_id}:{work.now:%Y%m%d}:{slug}"[:LONGEST_ORIGIN]
    opened = open_page(work, slug, message_id=came.message_id)
    lead_id = lead_of(work, came.message_id)
    if lead_id is None:
        return
    row = ActivityRow(
        lead_id=lead_id,
        kind=ActivityKind.VISITED,
        at=work.now,
        origin=origin,
        message_id=came.message_id,
        asset_id=opened.asset.id if opened.asset else None,
        name=opened.page.acts_as or opened.page.slug,
        verdict=_seen(work, came),
        detail={**came.to_detail(), **utm},
    )
    noted = engagement.note_activity(work, [row])
    if read_seconds and row.verdict.human:
        engagement.mark_read(work, came, origin, seconds=read_seconds)
    evidence.weigh(work, noted, journey=journey)
    if read_seconds and not noted:
        evidence.reconsider(work, [lead_id], reason="read a page", journey=journey)


def _seen(work: Work, came: PageArrival) -> Verdict:
    """Take a visitor for what the click is known as; nothing is known of one that is still open."""
    known = engagement.verdict_of(work, came)
    return Verdict.HUMAN_LIKELY if known is None else known


def submit(
    works: Works, visit: FormVisit, *, intake: IntakeContext, journey: JourneyContext
) -> ThankYou:
    """Take a form in; one transaction from the answers to the promise.

    What a flood brings is refused before anything is locked or written.
    """
    with works.read("prospect") as work:
        refused = _refused_at_once(work, visit, intake)
    if refused is not None:
        return refused
    with works.begin("prospect") as work:
        return take(work, visit, intake=intake, journey=journey)


def take(
    work: Work,
    visit: FormVisit,
    *,
    intake: IntakeContext,
    journey: JourneyContext,
    let_in: bool = False,
) -> ThankYou:
    """Take a form in, inside somebody's transaction; the same form twice is once.

    `let_in`: one of us has looked at it, so no limit holds it back.
    """
    opened, form = _opened(work, visit)
    author = _author(work, visit)
    if author is not None and not author.by_link and opened.recognised:
        # By a link of somebody else's mail: a stranger, whose page asks for everything.
        opened = open_page(work, visit.slug, message_id=None)
    by_link = author.lead_id if author is not None and author.by_link else None
    answers = checked(
        opened, visit, countries=home_country.countries_of(work, visit.given, by_link)
    )
    if author is None:
        raise AnswersRefused({"email": "We cannot go on without your address."})

    # One after the other from here on: of two at once, only one can be the last that is allowed.
    pages.hold_limits(work)
    thanks = ThankYou(
        opened.page, form, None, "", opened.asset, "", None, answers, proven=author.by_link
    )
    before = pages.by_nonce(work, visit.nonce)
    if before is not None and before[0] is not None:
        return replace(thanks, promised_at=before[1], again=True)
    allowance = _allowance(work, author, visit, intake)
    if let_in:
        allowance = replace(allowance, taken=True)
    case = _FormCase(visit, opened, form, author, answers, allowance, intake, journey)
    if visit.suspicion is not None or not allowance.taken:
        return _hold(work, replace(thanks, allowance=allowance), case)
    kept = pages.keep(work, _submission(case, standing=_standing(author)))
    said = pages.find(work, kept) if kept is not None else None
    if said is None:
        return replace(thanks, again=True)
    if visit.came is not None:
        # Clicks before the lead, as settling takes them: none wait in a circle.
        engagement.mark_proven(work, visit.came, reason="a form was sent from its link")
    done = _proven(work, case, said) if author.by_link else _stranger(work, case, said)
    return replace(
        thanks,
        lead_id=done.person.id,
        first_name=done.person.first_name or "",
        owner=done.owner,
        promised_at=done.promised_at,
        allowance=allowance,
    )


@dataclass(frozen=True, slots=True)
class _FormFollowUp:
    """What followed at once."""

    person: leads.LeadView
    owner: str = ""
    promised_at: datetime | None = None


def checked(opened: Open, visit: FormVisit, *, countries: Sequence[str]) -> dict[str, Json]:
    """Read the answers to what the page asks, or refuse them with a sentence for each.

    `countries` are where a phone number without a prefix may be dialled, the likeliest first. One
    that cannot be read and need not be given stays as it was typed.
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
    problems |= _read_on(opened.fields, answers)
    if "phone" in answers:
        typed = str(answers["phone"])
        try:
            answers["phone"] = leads.read_dialled(typed, countries=countries)
        except Invalid as refusal:
            if _needed(opened.fields, "phone"):
                problems["phone"] = refusal.sentence
            del answers["phone"]
            answers[TYPED_PHONE] = typed[:LONGEST_PHONE]
    if problems:
        raise AnswersRefused(problems)
    return answers


def _read_on(fields: Sequence[FormField], answers: dict[str, Json]) -> dict[str, str]:
    """Read days, countries and the like in place; a sentence for each that cannot be read."""
    problems: dict[str, str] = {}
    for one in fields:
        if one.field.kind in leads.READ_ON and one.name in answers:
            try:
                answers[one.name] = leads.read_value(one.field, str(answers[one.name]))
            except Invalid as refusal:
                problems[one.name] = f"{one.label}: {refusal.sentence}"
    return problems


def _needed(fields: Sequence[FormField], name: str) -> bool:
    return any(one.needed for one in fields if one.name == name)


def _opened(work: Work, visit: FormVisit) -> tuple[Open, FormDefinition]:
    opened = open_page(work, visit.slug, message_id=visit.message_id)
    if opened.form is None:
        raise NotFound("There is no form on this page.")
    if visit.form not in ("", opened.form.key):
        raise NotFound("There is no such form. Open the page again.")
    return opened, opened.form


def _author(work: Work, visit: FormVisit) -> _FormAuthor | None:
    """Tell whose form it is: of the address that was typed, else of the link that led here."""
    theirs = lead_of(work, visit.message_id)
    own = leads.get(work, theirs).email if theirs is not None else None
    typed = visit.given.get("email", "").strip()
    if not typed and own is not None:
        return _FormAuthor(own, theirs, by_link=True)
    try:
        email = leads.read_address(typed.replace("\0", "")).email
    except Invalid:
        return None
    if email == own:
        return _FormAuthor(email, theirs, by_link=True)
    return _FormAuthor(email, leads.by_email(work, [email]).get(email), by_link=False)


def _refused_at_once(work: Work, visit: FormVisit, intake: IntakeContext) -> ThankYou | None:
    """Refuse what is over its limit; a request for a call goes on, to be held."""
    if visit.promised or visit.suspicion is not None:
        return None
    opened, form = _opened(work, visit)
    author = _author(work, visit)
    if author is None or pages.by_nonce(work, visit.nonce) is not None:
        return None
    allowance = _allowance(work, author, visit, intake)
    held = form.does == CALLS and pages.held_count(work) < MOST_HELD
    if allowance.taken or held:
        return None
    return ThankYou(
        opened.page,
        form,
        None,
        "",
        opened.asset,
        "",
        None,
        {},
        end=FormOutcome.REFUSED,
        proven=author.by_link,
        allowance=allowance,
    )


def _allowance(
    work: Work, author: _FormAuthor, visit: FormVisit, intake: IntakeContext
) -> Allowance:
    hashed = consent.address_hash(author.email, key=intake.key)
    return pages.allowance(work, email_hash=hashed, network=visit.network, by_link=author.by_link)


def _hold(work: Work, thanks: ThankYou, case: _FormCase) -> ThankYou:
    """Keep a form for a person to look at; one that nobody was promised anything for may go."""
    visit = case.visit
    wanted = visit.promised or visit.suspicion is not None or case.form.does == CALLS
    if not wanted or (not visit.promised and pages.held_count(work) >= MOST_HELD):
        return replace(thanks, end=FormOutcome.REFUSED)
    why = visit.suspicion or _over(case.allowance)
    pages.keep(work, replace(_submission(case, standing=Proofness.HELD), quarantine=why))
    return replace(thanks, end=FormOutcome.HELD)


def _over(allowance: Allowance) -> str:
    whose = {
        pages.LimitScope.ADDRESS: "for this address",
        pages.LimitScope.NETWORK: "from this network",
        pages.LimitScope.ALL: "from strangers",
    }
    scope = whose.get(allowance.scope, "") if allowance.scope is not None else ""
    return f"more forms came {scope} than are taken in"


def _standing(author: _FormAuthor) -> Proofness:
    return Proofness.PROVEN if author.by_link else Proofness.UNPROVEN


def _submission(case: _FormCase, *, standing: Proofness) -> pages.NewSubmission:
    visit, asset = case.visit, case.opened.asset
    return pages.NewSubmission(
        nonce=visit.nonce,
        form=case.form.key,
        page=visit.slug,
        asset_id=asset.id if asset else None,
        answers=case.answers,
        consent_version=_text_of(visit, case.opened) if visit.agreed else None,
        quarantine=None,
        at=visit.received_at,
        standing=standing,
        utm=visit.utm,
    )


def _text_of(visit: FormVisit, opened: Open) -> str:
    """Name the text that the visitor read."""
    return visit.consent_version or opened.consent.version


def _proven(work: Work, case: _FormCase, said: SubmissionView) -> _FormFollowUp:
    """Let the answers of somebody who came by our link hold at once."""
    email = case.author.email
    asset = case.opened.asset
    stopped = _stopped(work, case.author)
    arrival = take_in.NewArrival(
        lead=unproven_answers.told(case.answers, email, asset.topics if asset else ()),
        basis=Basis.NONE if stopped else _basis(work, case),
        evidence=unproven_answers.evidence_of(said),
    )
    captured = take_in.capture_leads(
        work,
        [arrival],
        origin=unproven_answers.origin_of(work, said),
        policy=leads.FieldPolicy.OVERWRITE,
        intake=case.intake,
    )
    lead_id = captured.rows[0].lead_id
    pages.link(work, said.id, lead_id)
    person = leads.get(work, lead_id)
    if case.visit.agreed and (stopped or not consent.permitted(work, [lead_id])):
        asking = confirmation.ConfirmationRequest(
            unproven_answers.evidence_of(said), may_mail=case.allowance.mail
        )
        confirmation.ask(work, person, asking, intake=case.intake, journey=case.journey)
    acts = unproven_answers.note(work, said, lead_id, came=case.visit.came)
    evidence.weigh(work, acts, journey=case.journey)

    done = _FormFollowUp(leads.get(work, lead_id))
    if case.form.does == CALLS:
        promise = contact_request.follow_up(
            work, done.person, ContactRequest(said.id, case.answers)
        )
        pages.link(work, said.id, lead_id, promised_by=promise.by)
        done = replace(done, owner=promise.owner, promised_at=promise.by)
    wanted = requested_mail.RequestedMail(
        said.id,
        case.form,
        asset,
        done.owner,
        done.promised_at,
        question=str(case.answers.get(contact_request.QUESTION) or ""),
    )
    mailed = case.allowance.mail and wanted.exists
    if mailed:
        requested_mail.send(work, wanted, done.person)
    _count(work, case, mailed=mailed)
    return done


def _basis(work: Work, case: _FormCase) -> Basis:
    """Tell whether a ticked box is permission enough, or is confirmed from the mailbox first."""
    if not case.visit.agreed or case.author.lead_id is None:
        return Basis.NONE
    if consent.permitted(work, [case.author.lead_id]):
        return Basis.FORM
    country = leads.get(work, case.author.lead_id).country
    return Basis.NONE if case.form.needs_confirmation(country) else Basis.FORM


def _stopped(work: Work, author: _FormAuthor) -> bool:
    """Tell whether this address must not be written to: only its mailbox takes that back."""
    if author.lead_id is None:
        return False
    return author.lead_id in consent.suppressed_now(work, [author.lead_id])


def _stranger(work: Work, case: _FormCase, said: SubmissionView) -> _FormFollowUp:
    """Keep what somebody says who typed an address; only a request for a call is followed up."""
    person = _known_or_new(work, case, said)
    pages.link(work, said.id, person.id)
    done, alerted = _FormFollowUp(person), False
    if case.form.does == CALLS:
        hand = ContactRequest(said.id, case.answers)
        promise = contact_request.follow_up_unproven(work, person, hand)
        pages.link(work, said.id, person.id, promised_by=promise.by)
        if promise.hot and promise.task and case.allowance.alert:
            url = case.intake.base_url
            alerted = contact_request.alert(work, person, hand, promise, base_url=url)
        done = replace(done, owner=promise.owner, promised_at=promise.by)

    wanted = requested_mail.RequestedMail(
        said.id, case.form, case.opened.asset, done.owner, done.promised_at
    )
    stopped = _stopped(work, replace(case.author, lead_id=person.id))
    agreed = case.visit.agreed and (stopped or not consent.permitted(work, [person.id]))
    by_button = agreed and (stopped or case.form.needs_confirmation(person.country))
    asking = confirmation.ConfirmationRequest(
        unproven_answers.evidence_of(said),
        agreed=agreed,
        may_mail=case.allowance.mail,
        wanted=wanted if wanted.exists and not by_button else None,
    )
    mailed = confirmation.ask(work, person, asking, intake=case.intake, journey=case.journey)
    _count(work, case, mailed=mailed, alerted=alerted)
    return done


def _known_or_new(work: Work, case: _FormCase, said: SubmissionView) -> leads.LeadView:
    """Find the lead of an address, else make one of which nothing but the address is known."""
    lead_id = case.author.lead_id
    if lead_id is None:
        captured = take_in.capture_leads(
            work,
            [take_in.NewArrival(leads.NewLead(case.author.email))],
            origin=unproven_answers.origin_of(work, said),
            policy=leads.FieldPolicy.FILL_BLANKS,
            intake=case.intake,
        )
        lead_id = captured.rows[0].lead_id
    return leads.get(work, lead_id)


def _count(work: Work, case: _FormCase, *, mailed: bool, alerted: bool = False) -> None:
    hashed = consent.address_hash(case.author.email, key=case.intake.key)
    sent = pages.FormCounting(hashed, case.visit.network, mailed=mailed, alerted=alerted)
    pages.count(work, sent, by_link=case.author.by_link)
