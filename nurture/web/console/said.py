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
from nurture.leads import Person
from nurture.pages import SubmissionView
from nurture.usecases import vouch
from nurture.usecases.spelling import Spelling, spelling
from nurture.web.console import shell, wording
from nurture.web.console.lead_case import FIELDS, open_lead
from nurture.web.console.shell import Page
from nurture.web.current import here
from nurture.web.security import permits

doors = Blueprint("said", __name__)
SHOWN = 100
HIDDEN = frozenset({"email"})


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, and what is known instead."""

    name: str
    said: str
    known: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One form whose author nobody has proven."""

    id: int
    page: str
    at: datetime
    answers: tuple[Answer, ...]
    agreed: bool
    email: str = ""
    why: str = ""
    """Why no lead came of it."""
    lead_id: LeadId | None = None


def of_lead(work: Work, person: Person) -> list[Said]:
    """List what is said of a lead and not proven, each beside what is known."""
    found = pages.unproven(work, [person.id])
    words = spelling(work) if found else Spelling({})
    return [_said(one, words, person) for one in found]


@doors.get("/forms")
@permits(*shell.INNER)
def show() -> str:
    """List the forms that wait: those that no lead came of, and those that nobody has proven."""
    with here().works.read(shell.actor()) as work:
        shell.look(work)
        words = spelling(work)
        held = [_said(one, words) for one in pages.held(work, limit=SHOWN)]
        waiting = pages.waiting(work, limit=SHOWN)
        people = leads.by_ids(work, [one.lead_id for one in waiting if one.lead_id is not None])
        unproven = [
            (people[one.lead_id], _said(one, words)) for one in waiting if one.lead_id in people
        ]
        page = Page("Forms", "said.show")
        return shell.show(
            "forms",
            page,
            work,
            held=held,
            unproven=unproven,
            total=pages.held_count(work),
            shown=SHOWN,
        )


@doors.post("/forms/<int:number>/let-in")
@permits(*shell.INNER)
def let_in(number: int) -> Response:
    """Take a held form in after all."""
    with here().works.begin(shell.actor()) as work:
        done = vouch.let_in(work, number, house=here().house, desk=here().desk)
    shell.say("Taken in. What was said is unproven until its author or one of us says otherwise.")
    if done.lead_id is None:
        return _back()
    return redirect(url_for("lead.show", lead_id=done.lead_id), HTTPStatus.SEE_OTHER)


@doors.post("/forms/<int:number>/discard")
@permits(*shell.INNER)
def throw_away(number: int) -> Response:
    """Discard a held form."""
    with here().works.begin(shell.actor()) as work:
        vouch.throw_away(work, number)
    shell.say("Discarded.")
    return _back()


@doors.post("/leads/<int:lead_id>/said/<int:number>/take-over")
@permits()
def take_over(lead_id: int, number: int) -> Response:
    """Let what was said hold."""
    with here().works.begin(shell.actor()) as work:
        person = _mine(work, lead_id)
        vouch.take_over(work, person.id, number, desk=here().desk)
    shell.say("Taken over: it counts from now on.")
    return _to(lead_id)


@doors.post("/leads/<int:lead_id>/said/<int:number>/discard")
@permits()
def discard(lead_id: int, number: int) -> Response:
    """Let what was said never hold."""
    with here().works.begin(shell.actor()) as work:
        person = _mine(work, lead_id)
        vouch.discard(work, person.id, number, desk=here().desk)
    shell.say("Discarded: nothing of it counts.")
    return _to(lead_id)


def _said(one: SubmissionView, words: Spelling, person: Person | None = None) -> Said:
    return Said(
        id=one.id,
        page=shell.capital(wording.plain(one.page.replace("-", " "))),
        at=one.at,
        answers=tuple(_answers(one, words, person)),
        agreed=one.consent_version is not None,
        email=str(one.answers.get("email") or ""),
        why=one.quarantine or "",
        lead_id=one.lead_id,
    )


def _answers(one: SubmissionView, words: Spelling, person: Person | None) -> Iterator[Answer]:
    known = dict(leads.held_of(person)) if person is not None else {}
    for name, value in one.answers.items():
        if name in HIDDEN or value in (None, ""):
            continue
        held = known.get(name, person.facts.get(name) if person is not None else None)
        label = FIELDS.get(name, shell.capital(wording.plain(name)))
        said, before = words.of(name, value), "" if held is None else words.of(name, held)
        yield Answer(label, said, before if before != said else "")


def _mine(work: Work, lead_id: int) -> Person:
    return open_lead(work, LeadId(lead_id))


def _to(lead_id: int) -> Response:
    return redirect(url_for("lead.show", lead_id=lead_id), HTTPStatus.SEE_OTHER)


def _back() -> Response:
    return redirect(url_for("said.show"), HTTPStatus.SEE_OTHER)
