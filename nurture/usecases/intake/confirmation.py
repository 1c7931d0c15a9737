"""Double opt-in: ask from the form, hear the yes from the mailbox, look after who never answers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from campaigns.vocabulary import ActivityKind, Basis, MessageKind, Stage, Verdict
from nurture import consent, engagement, leads, lifecycle, mail, pages, tasks
from nurture.engagement import ActivityRow
from nurture.kernel.errors import Conflict
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work, Works
from nurture.usecases.intake.take_in import IntakeContext
from nurture.usecases.journeys import advance
from nurture.usecases.journeys.advance import JourneyContext
from nurture.usecases.requests import requested_mail, unproven_answers
from nurture.usecases.requests.requested_mail import RequestedMail
from nurture.usecases.responses import evidence

TEMPLATE = "confirm_address"
WAITS = unproven_answers.RESTS
NEVER = "Never confirmed the address"
LONGER = timedelta(days=1)
"""Who never answers is let go by the sweep before the rest of the lead is over."""
WAY: Mapping[str, Json] = {"way": "pressed the button of the mail that asked"}


@dataclass(frozen=True, slots=True)
class ConfirmationPage:
    """What the page shows."""

    open: bool
    confirmed: bool
    agreed: bool = True
    """Whether a yes also lets us write."""
    language: str = ""
    """Of the lead who is asked; "" = nobody knows it."""


@dataclass(frozen=True, slots=True)
class ConfirmationRequest:
    """What somebody said in a form that only their mailbox can prove."""

    given: Mapping[str, Json]
    """Where and when they said so."""
    agreed: bool = True
    """Whether they ticked that we may write."""
    may_mail: bool = True
    wanted: RequestedMail | None = None
    """The mail that they asked for, where its own link asks as well."""


def ask(
    work: Work,
    person: leads.LeadView,
    asking: ConfirmationRequest,
    *,
    intake: IntakeContext,
    journey: JourneyContext,
) -> bool:
    """Ask a mailbox whether its owner was behind a form; tell whether a mail leaves for it.

    At most one such mail a day and three a month. A lead for whom nothing else is planned rests
    meanwhile, with this as the reason. Nothing is mailed where an address is dead or complained.
    """
    lifecycle.hold(work, [person.id])
    if consent.may_answer(work, [person.id])[person.id] is not None:
        return False
    basis = Basis.FORM if asking.agreed else Basis.NONE
    asked = consent.ask(
        work,
        consent.Grant(person.id, basis, asking.given),
        email=person.email,
        key=intake.key,
        may_mail=asking.may_mail and (asking.agreed or asking.wanted is not None),
    )
    if asked.mail and asking.wanted is not None:
        url = intake.confirm_url(asked.id, work.machine)
        requested_mail.send(work, replace(asking.wanted, confirm_url=url), person)
    elif asked.mail:
        _mail(work, person, asked.id, intake)
    if _starts_anew(work, person) or person.stage is Stage.UNQUALIFIED:
        _rest(work, person.id, journey)
    return asked.mail


def look(work: Work, number: int) -> ConfirmationPage:
    """Tell what a link may still do; looking changes nothing (D-05)."""
    found = consent.question(work, number)
    person = leads.by_ids(work, [found.lead_id]).get(found.lead_id)
    language = (person.language or "") if person else ""
    confirmed = found.confirmed_at is not None
    return ConfirmationPage(found.open(now=work.now), confirmed, found.agreed, language)


def confirm(work: Work, number: int, *, journey: JourneyContext) -> None:
    """Take the yes, with its proof; pressing twice is once."""
    found = consent.question(work, number)
    lifecycle.hold(work, [found.lead_id])
    found = consent.question(work, number)
    if found.confirmed_at is not None:
        return
    if not found.open(now=work.now):
        raise Conflict("This link was good for seven days. Fill the form in once more.")

    consent.confirm(work, number, way=WAY)
    tasks.drop_resting(work, [found.lead_id], reason=WAITS, outcome="confirmed the address")
    row = ActivityRow(
        lead_id=found.lead_id,
        kind=ActivityKind.CONFIRMED,
        at=work.now,
        origin=f"confirmed:{number}",
        verdict=Verdict.HUMAN_PROVEN,
    )
    noted = engagement.note_activity(work, [row])
    said = pages.find(work, found.submission_id) if found.submission_id is not None else None
    waiting = [said] if said is not None and said.lead_id == found.lead_id else []
    noted += unproven_answers.accept(work, waiting, by=unproven_answers.BY_BUTTON)
    evidence.weigh(work, noted, journey=journey)
    unproven_answers.one_caller(work, waiting)


def release(works: Works, *, limit: int) -> int:
    """Close who never confirmed in 30 days: no mail, no task, unless something else is known."""
    with works.begin("tick") as work:
        gone = consent.lapsed(work, limit=limit)
        stages = lifecycle.hold(work, gone)
        consent.end(work, gone)
        people, asked = leads.by_ids(work, gone), consent.first_asked(work, gone)
        # Whom we knew before somebody typed their address is not judged by that.
        alone = [
            one
            for one, stage in stages.items()
            if stage is Stage.UNQUALIFIED and people[one].created_at >= asked[one]
        ]
        lifecycle.move(work, alone, to=Stage.DISQUALIFIED, reason=NEVER)
        tasks.drop_idle(work, alone, outcome=NEVER)
        return len(gone)


def _starts_anew(work: Work, person: leads.LeadView) -> bool:
    """Open a lead again that was closed only because nobody had confirmed its address."""
    if person.stage is not Stage.DISQUALIFIED:
        return False
    if lifecycle.history(work, person.id)[-1].reason != NEVER:
        return False
    lifecycle.move(work, [person.id], to=Stage.UNQUALIFIED, reason="asked for mail once more")
    return True


def _rest(work: Work, lead_id: LeadId, journey: JourneyContext) -> None:
    """Let a lead rest that only waits for this; a date or a person that it has already stays."""
    resume_at = work.now + consent.KEPT_FOR + LONGER
    tasks.drop_made(work, [lead_id], at=work.now, outcome="waits for confirmation")
    if advance.next_actions_missing(work, [lead_id]):
        tasks.snooze(
            work, [tasks.SnoozeRequest(lead_id, WAITS, resume_at, queue=journey.triage_queue)]
        )


def _mail(work: Work, person: leads.LeadView, number: int, intake: IntakeContext) -> None:
    """Write the mail that asks; nothing that somebody typed stands in it (D-28)."""
    context: dict[str, Json] = {"confirm_url": intake.confirm_url(number, work.machine)}
    mail.plan(
        work,
        [
            mail.NewMessage(
                dedup_key=unproven_answers.question_key(number),
                kind=MessageKind.CONFIRM,
                recipient=person.email,
                template_version_id=mail.live_versions(work)[TEMPLATE],
                not_before=work.now,
                lead_id=person.id,
                context=context,
            )
        ],
    )
