"""What strangers said of a lead: kept beside the facts until a click in our mail or one of us
proves it, and only then said, permitted and scored.

A link proves only the form that its own mail was sent for: whoever reads our other mails has not
said what somebody else typed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from campaigns.built_in_fields import built_in
from campaigns.vocabulary import ActivityKind, Basis, Verdict
from nurture import consent, content, engagement, handoff, leads, mail, pages, tasks
from nurture.engagement import ActivityRow, PageArrival
from nurture.kernel.types import EmailAddress, Json, LeadId
from nurture.kernel.work import Work
from nurture.pages import Proofness, SubmissionView
from nurture.usecases.requests import published_forms, requested_mail

OWN_COLUMNS = frozenset({one.key for one in built_in().live if one.column} - {"zone"})
FOLLOWS = {"file": ActivityKind.DOWNLOADED, "register": ActivityKind.REGISTERED}
"""What a form does beside being sent, as the timeline calls it."""
PROVES = frozenset(
    {
        ActivityKind.CLICKED,
        ActivityKind.VISITED,
        ActivityKind.SUBMITTED,
        ActivityKind.DOWNLOADED,
        ActivityKind.REGISTERED,
        ActivityKind.REPLIED,
    }
)
"""Acts of a person by which a mail proves its mailbox; opening it does not."""
BY_MAIL = "a deed in the mail that it caused"
BY_BUTTON = "the button of the mail that asked"
ANSWERED = "proven: with sales now"
RESTS = "Waits for confirmation: was asked by mail whether the address is theirs"
UNPROVEN = "Unproven"
"""How the title of a task begins whose author nobody has proven."""


def proven_by(
    work: Work, rows: Sequence[ActivityRow], said: Sequence[SubmissionView]
) -> list[ActivityRow]:
    """Take over what acts in mails prove of what was said; give the acts that count now, too."""
    touched = {row.message_id for row in rows if row.kind in PROVES and row.verdict.human}
    mails = _mails_of(work, said)
    proven = [one for one in said if not touched.isdisjoint(mails.get(one.id, ()))]
    return accept(replace(work, actor="prospect"), proven, by=BY_MAIL)


def accept(work: Work, said: Sequence[SubmissionView], *, by: str) -> list[ActivityRow]:
    """Let what was said hold: facts with their history, permission, what was asked for, acts.

    Whoever calls holds the leads and weighs the acts that come of it.
    """
    opened = pages.settle(work, [one.id for one in said], Proofness.PROVEN, by=by)
    acts: list[ActivityRow] = []
    for one in said:
        if one.id in opened and one.lead_id is not None:
            person = leads.get(work, one.lead_id)
            _say(work, one, person)
            _permit(work, one, person, by=by)
            acts += note(work, one, person.id)
            _send(work, one, leads.get(work, person.id))
            _over(work, one, person.id)
    return acts


def note(
    work: Work, said: SubmissionView, lead_id: LeadId, *, came: PageArrival | None = None
) -> list[ActivityRow]:
    """Write down what the author of a form did, at the time of the form."""
    library = published_forms.library_pages(work)
    page, form = library.pages.get(said.page), library.forms.get(said.form)
    follows = FOLLOWS.get(form.does) if form else None
    rows = [
        ActivityRow(
            lead_id=lead_id,
            kind=kind,
            at=said.at,
            origin=f"submission:{said.id}:{kind}",
            message_id=came.message_id if came else None,
            asset_id=said.asset_id,
            name=(page.acts_as if page else "") or said.page,
            verdict=Verdict.HUMAN_PROVEN,
            detail=came.to_detail() if came else {},
        )
        for kind in (ActivityKind.SUBMITTED, follows)
        if kind is not None
    ]
    if said.asset_id is not None:
        content.mark_seen(work, [content.SeenRow(lead_id, said.asset_id, "downloaded")])
    return engagement.note_activity(work, rows)


def one_caller(work: Work, said: Sequence[SubmissionView]) -> None:
    """Let sales alone follow up whom it has now; else the task says no more that it is unproven.

    What nobody has proven yet stays as it is.
    """
    still = {one.id for one in pages.unproven(work, [one.lead_id for one in said if one.lead_id])}
    said = [one for one in said if one.id not in still]
    in_hand = handoff.open_leads(work, [one.lead_id for one in said if one.lead_id is not None])
    for one in said:
        if one.lead_id in in_hand:
            tasks.drop_keys(work, [task_key(one.id)], outcome=ANSWERED)
        elif one.lead_id is not None:
            person = leads.get(work, one.lead_id)
            tasks.reword(work, task_key(one.id), title=question_of(person))


def task_key(submission_id: int) -> str:
    """Name the task that a request for a call opens."""
    return f"raised-hand|{submission_id}"


def question_of(person: leads.LeadView, *, proven: bool = True) -> str:
    """Name the task of answering somebody."""
    words = f"nswer the question of {person.name or person.email}"
    return f"A{words}" if proven else f"{UNPROVEN}: a{words}"


def told(
    said: Mapping[str, Json], email: EmailAddress, topics: Sequence[str] = ()
) -> leads.NewLead:
    """Lay answers out as what is said of a lead."""
    own = {name: str(value) for name, value in said.items() if name in OWN_COLUMNS}
    return leads.NewLead(
        email,
        first_name=own.get("first_name"),
        phone=own.get("phone"),
        last_name=own.get("last_name"),
        job=own.get("job"),
        company=own.get("company"),
        facts={name: value for name, value in said.items() if name not in OWN_COLUMNS},
        interests=tuple(topics),
    )


def origin_of(work: Work, said: SubmissionView) -> leads.Origin:
    """Tell where a form came from."""
    source = leads.ensure_source(work, "website/form", channel="website", name="Own forms")
    utm = {name: str(value) for name, value in said.utm.items()}
    return leads.Origin(
        source_id=source,
        campaign=utm.get("utm_campaign", said.page),
        detail={"page": said.page, "form": said.form, consent.SUBMISSION: said.id, **utm},
    )


def evidence_of(said: SubmissionView) -> dict[str, Json]:
    """Keep what somebody agreed to, and where (GDPR Art. 7(1))."""
    return {
        "form": said.form,
        "page": said.page,
        "text": said.consent_version,
        consent.SUBMISSION: said.id,
    }


def _mails_of(work: Work, said: Sequence[SubmissionView]) -> dict[int, set[int]]:
    """Name, by form, the messages that it caused."""
    ids = {one.id for one in said}
    lead_ids = [one.lead_id for one in said if one.lead_id is not None]
    keys = {requested_mail.key_of(one): one for one in ids}
    for asked in consent.open_questions(work, lead_ids):
        if asked.submission_id in ids:
            keys[question_key(asked.id)] = asked.submission_id
    found: dict[int, set[int]] = {}
    for key, message_id in mail.by_keys(work, list(keys)).items():
        found.setdefault(keys[key], set()).add(message_id)
    return found


def question_key(number: int) -> str:
    """Name the mail that asks whether an address is theirs."""
    return f"confirm|{number}"


def _say(work: Work, said: SubmissionView, person: leads.LeadView) -> None:
    asset = _asset(work, said)
    touches = leads.touches(work, person.id)
    known = any(one.detail.get(consent.SUBMISSION) == said.id for one in touches)
    leads.capture(
        work,
        [told(said.answers, person.email, asset.topics if asset else ())],
        origin=origin_of(work, said),
        policy=leads.FieldPolicy.OVERWRITE,
        touch=not known,
    )


def _permit(work: Work, said: SubmissionView, person: leads.LeadView, *, by: str) -> None:
    """Let a ticked box count, but where only the button of the mail that asks may say yes."""
    if said.consent_version is None or person.id in consent.suppressed_now(work, [person.id]):
        return
    form = published_forms.library_pages(work).forms.get(said.form)
    if form is None or form.needs_confirmation(person.country):
        return
    evidence: dict[str, Json] = {
        **evidence_of(said),
        "said_at": said.at.isoformat(),
        "proven_at": work.now.isoformat(),
        "way": by,
    }
    consent.give(work, [consent.Grant(person.id, Basis.FORM, evidence)], renew=True)
    consent.end(work, [person.id])


def _send(work: Work, said: SubmissionView, person: leads.LeadView) -> None:
    """Send what was asked for, where only the question has left before."""
    form = published_forms.library_pages(work).forms.get(said.form)
    asset = _asset(work, said)
    if form is None or asset is None or not form.mail:
        return
    wanted = requested_mail.RequestedMail(said.id, form, asset)
    if not mail.by_keys(work, [wanted.key]):
        requested_mail.send(work, wanted, person)


def _over(work: Work, said: SubmissionView, lead_id: LeadId) -> None:
    tasks.drop_resting(work, [lead_id], reason=RESTS, outcome=f"proven by {said.form}")


def _asset(work: Work, said: SubmissionView) -> content.AssetCard | None:
    return next((one for one in content.assets(work) if one.id == said.asset_id), None)
