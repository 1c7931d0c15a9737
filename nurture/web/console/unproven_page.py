"""What strangers said of a lead, and forms that no lead came of: a person decides."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from nurture import leads, pages
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.leads import LeadView
from nurture.pages import SubmissionView
from nurture.usecases.desk import unproven_review
from nurture.usecases.shared.fact_words import FactLabels, fact_labels
from nurture.web.console import act_words, page_frame
from nurture.web.console.lead_case import open_lead
from nurture.web.console.page_frame import PageInfo
from nurture.web.current import here
from nurture.web.security import permits

blueprint = Blueprint("said", __name__)
SHOWN = 100
HIDDEN = frozenset({"email"})


@dataclass(frozen=True, slots=True)
class UnprovenAnswer:
    """One answer, and what is known instead."""

    name: str
    said: str
    known: str = ""


@dataclass(frozen=True, slots=True)
class UnprovenForm:
    """One form whose author nobody has proven."""

    id: int
    page: str
    at: datetime
    answers: tuple[UnprovenAnswer, ...]
    agreed: bool
    email: str = ""
    why: str = ""
    """Why no lead came of it."""
    lead_id: LeadId | None = None


def of_lead(work: Work, person: LeadView) -> list[UnprovenForm]:
    """List what is said of a lead and not proven, each beside what is known."""
    found = pages.unproven(work, [person.id])
    words = fact_labels(work)
    return [_said(one, words, person) for one in found]


@blueprint.get("/forms")
@permits(*page_frame.INNER)
def show() -> str:
    """List the forms that wait: those that no lead came of, and those that nobody has proven."""
    with here().works.read(page_frame.actor()) as work:
        page_frame.look(work)
        words = fact_labels(work)
        held = [_said(one, words) for one in pages.held(work, limit=SHOWN)]
        waiting = pages.waiting(work, limit=SHOWN)
        people = leads.by_ids(work, [one.lead_id for one in waiting if one.lead_id is not None])
        unproven = [
            (people[one.lead_id], _said(one, words)) for one in waiting if one.lead_id in people
        ]
        page = PageInfo("Forms", "said.show")
        return page_frame.show(
            "forms",
            page,
            work,
            held=held,
            unproven=unproven,
            total=pages.held_count(work),
            shown=SHOWN,
        )


@blueprint.post("/forms/<int:number>/let-in")
@permits(*page_frame.INNER)
def let_in(number: int) -> Response:
    """Take a held form in after all."""
    with here().works.begin(page_frame.actor()) as work:
        done = unproven_review.let_in(work, number, intake=here().intake, journey=here().journey)
    page_frame.say(
        "Taken in. What was said is unproven until its author or one of us says otherwise."
    )
    if done.lead_id is None:
        return _back()
    return redirect(url_for("lead.show", lead_id=done.lead_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/forms/<int:number>/discard")
@permits(*page_frame.INNER)
def throw_away(number: int) -> Response:
    """Discard a held form."""
    with here().works.begin(page_frame.actor()) as work:
        unproven_review.throw_away(work, number)
    page_frame.say("Discarded.")
    return _back()


@blueprint.post("/leads/<int:lead_id>/said/<int:number>/take-over")
@permits()
def take_over(lead_id: int, number: int) -> Response:
    """Let what was said hold."""
    with here().works.begin(page_frame.actor()) as work:
        person = _mine(work, lead_id)
        unproven_review.take_over(work, person.id, number, journey=here().journey)
    page_frame.say("Taken over: it counts from now on.")
    return _to(lead_id)


@blueprint.post("/leads/<int:lead_id>/said/<int:number>/discard")
@permits()
def discard(lead_id: int, number: int) -> Response:
    """Let what was said never hold."""
    with here().works.begin(page_frame.actor()) as work:
        person = _mine(work, lead_id)
        unproven_review.discard(work, person.id, number, journey=here().journey)
    page_frame.say("Discarded: nothing of it counts.")
    return _to(lead_id)


def _said(one: SubmissionView, words: FactLabels, person: LeadView | None = None) -> UnprovenForm:
    return UnprovenForm(
        id=one.id,
        page=page_frame.capital(act_words.plain(one.page.replace("-", " "))),
        at=one.at,
        answers=tuple(_answers(one, words, person)),
        agreed=one.consent_version is not None,
        email=str(one.answers.get("email") or ""),
        why=one.quarantine or "",
        lead_id=one.lead_id,
    )


def _answers(
    one: SubmissionView, words: FactLabels, person: LeadView | None
) -> Iterator[UnprovenAnswer]:
    known = leads.known_of(person, words.schema) if person is not None else {}
    for name, value in one.answers.items():
        if name in HIDDEN or value in (None, ""):
            continue
        held = known.get(name, person.facts.get(name) if person is not None else None)
        label = words.schema.label(name)
        said, before = words.of(name, value), "" if held is None else words.of(name, held)
        yield UnprovenAnswer(label, said, before if before != said else "")


def _mine(work: Work, lead_id: int) -> LeadView:
    return open_lead(work, LeadId(lead_id))


def _to(lead_id: int) -> Response:
    return redirect(url_for("lead.show", lead_id=lead_id), HTTPStatus.SEE_OTHER)


def _back() -> Response:
    return redirect(url_for("said.show"), HTTPStatus.SEE_OTHER)
