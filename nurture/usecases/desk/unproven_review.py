"""One of us decides about what strangers said: it holds, it does not, or it comes in after all."""

from nurture import lifecycle, pages, tasks
from nurture.kernel.errors import Conflict, NotFound
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.pages import Proofness, SubmissionView
from nurture.usecases.intake import submit_form
from nurture.usecases.intake.submit_form import FormVisit, ThankYou
from nurture.usecases.intake.take_in import IntakeContext
from nurture.usecases.journeys.advance import JourneyContext
from nurture.usecases.requests import unproven_answers
from nurture.usecases.responses import evidence

DECIDED = "Somebody has decided about this already. Load the page again."
DISCARDED = "discarded: not theirs"


def take_over(work: Work, lead_id: LeadId, submission_id: int, *, journey: JourneyContext) -> None:
    """Let what a stranger said of a lead hold, because one of us knows that it is theirs."""
    lifecycle.hold(work, [lead_id])
    said = _waiting(work, lead_id, submission_id)
    acts = unproven_answers.accept(work, [said], by=work.actor)
    evidence.weigh(work, acts, journey=journey)
    evidence.reconsider(
        work, [lead_id], reason="one of us took over what was said", journey=journey
    )
    unproven_answers.one_caller(work, [said])


def discard(work: Work, lead_id: LeadId, submission_id: int, *, journey: JourneyContext) -> None:
    """Let what a stranger said of a lead never hold; nobody follows it up any more."""
    lifecycle.hold(work, [lead_id])
    said = _waiting(work, lead_id, submission_id)
    if not pages.settle(work, [said.id], Proofness.DISCARDED, by=work.actor):
        raise Conflict(DECIDED)
    tasks.drop_keys(work, [unproven_answers.task_key(said.id)], outcome=DISCARDED)
    evidence.reconsider(
        work, [lead_id], reason="one of us discarded what was said", journey=journey
    )


def let_in(
    work: Work, submission_id: int, *, intake: IntakeContext, journey: JourneyContext
) -> ThankYou:
    """Take a held form in as that of a stranger, whatever limits say."""
    held = _held(work, submission_id)
    visit = FormVisit(
        slug=held.page,
        form=held.form,
        nonce=held.nonce,
        agreed=held.consent_version is not None,
        given={name: str(value) for name, value in held.answers.items()},
        consent_version=held.consent_version,
        received_at=held.at,
        utm={name: str(value) for name, value in held.utm.items()},
    )
    return submit_form.take(work, visit, intake=intake, journey=journey, let_in=True)


def throw_away(work: Work, submission_id: int) -> None:
    """Let a held form rest for good; it stays, with who decided so."""
    held = _held(work, submission_id)
    if not pages.settle(work, [held.id], Proofness.DISCARDED, by=work.actor):
        raise Conflict(DECIDED)


def _waiting(work: Work, lead_id: LeadId, submission_id: int) -> SubmissionView:
    said = pages.find(work, submission_id)
    if said is None or said.lead_id != lead_id:
        raise NotFound("Nobody has said that of this lead.")
    if said.standing is not Proofness.UNPROVEN:
        raise Conflict(DECIDED)
    return said


def _held(work: Work, submission_id: int) -> SubmissionView:
    held = pages.find(work, submission_id)
    if held is None:
        raise NotFound("There is no such form.")
    if held.standing is not Proofness.HELD:
        raise Conflict(DECIDED)
    return held
