"""What people do with one lead: pass it on, note something, stop mail, put it in a track."""

import secrets
from http import HTTPStatus

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from campaigns.vocabulary import ActivityKind, ExitReason, Role, Verdict
from nurture import engagement, handoff, lifecycle, tasks, tracks, users
from nurture.engagement import ActivityRow
from nurture.kernel.errors import Conflict, Invalid
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.leads import LeadView
from nurture.usecases.desk import lift_bounce
from nurture.usecases.desk.manual_suppression import suppress_by_hand
from nurture.usecases.journeys import advance
from nurture.usecases.responses import evidence
from nurture.usecases.sales import handoff_answers, promotion
from nurture.usecases.shared.track_exit import leave_tracks
from nurture.web.console import page_frame
from nurture.web.console.lead_case import open_lead
from nurture.web.console.lead_story import CALLS
from nurture.web.current import here
from nurture.web.security import permits

blueprint = Blueprint("acts", __name__)
LONGEST = 2_000


@blueprint.post("/leads/<int:lead_id>/ready")
@permits(*page_frame.INNER)
def ready(lead_id: int) -> Response:
    """Pass a lead to sales now, whatever the definition says; the reason stands in its history."""
    reason = _text("reason", "Say why sales should call now; they read it.")
    with here().works.begin(page_frame.actor()) as work:
        person = _mine(work, lead_id)
        went = promotion.make_ready(work, [person.id], reason=reason, notify=here().notify)
        if not went:
            raise Conflict(f"{person.name} is with sales already, or closed. Nothing was done.")
        offer = handoff.find_open(work, person.id)
        owner = offer.owner_id if offer else None
        name = users.get(work, owner).name if owner is not None else "the queue of sales"
    page_frame.say(f"{person.name} is sales-ready: offered to {name}, who gets a mail.")
    return _back(lead_id)


@blueprint.post("/leads/<int:lead_id>/note")
@permits()
def note(lead_id: int) -> Response:
    """Write a note on the timeline."""
    text = _text("text", "Write the note first.")
    with here().works.begin(page_frame.actor()) as work:
        person = _mine(work, lead_id)
        engagement.note_activity(work, [_row(work, person, ActivityKind.NOTED, text=text)])
    page_frame.say("Noted.")
    return _back(lead_id)


@blueprint.post("/leads/<int:lead_id>/call")
@permits()
def call(lead_id: int) -> Response:
    """Note a call; a question asked on the phone counts as intent, so it may pass the lead on."""
    outcome = request.form.get("outcome", "")
    if outcome not in CALLS:
        raise Invalid("Choose how the call went.")
    with here().works.begin(page_frame.actor()) as work:
        person = _mine(work, lead_id)
        text = request.form.get("text", "").strip()[:LONGEST]
        row = _row(work, person, ActivityKind.CALLED, text=text, name=outcome)
        new = engagement.note_activity(work, [row])
        evidence.weigh(work, new, journey=here().journey)
        if new:
            by = page_frame.me().id if page_frame.me().has(Role.SALES, Role.DEALER) else None
            handoff_answers.called(work, person.id, outcome=outcome, by=by)
    page_frame.say(f"Call noted: {CALLS[outcome].lower()}.")
    return _back(lead_id)


@blueprint.post("/leads/<int:lead_id>/silence")
@permits()
def stop_mail(lead_id: int) -> Response:
    """Write to this person no more; nothing takes that back but they themselves."""
    with here().works.begin(page_frame.actor()) as work:
        person = _mine(work, lead_id)
        why = request.form.get("why", "").strip()[:LONGEST]
        suppress_by_hand(work, [person.id], why=why, key=here().secret, journey=here().journey)
    page_frame.say(f"{person.name} gets no more marketing mail.")
    return _back(lead_id)


@blueprint.post("/leads/<int:lead_id>/mail-again")
@permits(*page_frame.INNER)
def mail_again(lead_id: int) -> Response:
    """Take back that the address is dead: somebody knows better, and says how."""
    with here().works.begin(page_frame.actor()) as work:
        person = _mine(work, lead_id)
        done = lift_bounce.lift(
            work, [person.id], why=request.form.get("why", ""), journey=here().journey
        )
        if person.id not in done.freed:
            raise Conflict(f"{person.name} gets no mail: {done.left.get(person.id, '')}")
    page_frame.say(f"{person.name} may be mailed again.")
    return _back(lead_id)


@blueprint.post("/leads/<int:lead_id>/enrol")
@permits(*page_frame.INNER)
def enrol(lead_id: int) -> Response:
    """Put a lead in a track; its own rule of coming back may say no."""
    with here().works.begin(page_frame.actor()) as work:
        person = _mine(work, lead_id)
        track = tracks.get_track(work, request.form.get("track", ""))
        lifecycle.hold(work, [person.id])
        done = tracks.enrol(
            work, track.key, [person.id], due_at=work.now, reason=f"by {page_frame.me().name}"
        )
        if person.id in done.left_out:
            why = done.left_out[person.id]
            raise Conflict(f"{person.name} was not put in {track.name}: {why}.")
        tasks.drop_idle(work, [person.id], outcome="put in a track")
    page_frame.say(f"{person.name} is in {track.name} now.")
    return _back(lead_id)


@blueprint.post("/leads/<int:lead_id>/leave")
@permits(*page_frame.INNER)
def leave(lead_id: int) -> Response:
    """Take a lead out of its tracks; what was planned for it is dropped."""
    with here().works.begin(page_frame.actor()) as work:
        person = _mine(work, lead_id)
        lifecycle.hold(work, [person.id])
        words = f"Taken out by {page_frame.me().name}"
        leave_tracks(work, [person.id], reason=ExitReason.REMOVED, words=words)
        advance.look_after(work, [person.id], reason=words, journey=here().journey)
    page_frame.say(f"{person.name} is in no track any more. What was planned is dropped.")
    return _back(lead_id)


def once() -> str:
    """Give a form its own mark, so that sending it twice notes it once."""
    return secrets.token_hex(8)


def _row(
    work: Work, person: LeadView, kind: ActivityKind, *, text: str, name: str | None = None
) -> ActivityRow:
    mark = request.form.get("once", "")[:32] or once()
    detail = {"by": work.actor, **({"text": text} if text else {})}
    return ActivityRow(
        lead_id=person.id,
        kind=kind,
        at=work.now,
        origin=f"{kind}:{person.id}:{mark}",
        name=name,
        verdict=Verdict.HUMAN_PROVEN,
        detail=detail,
    )


def _mine(work: Work, lead_id: int) -> LeadView:
    return open_lead(work, LeadId(lead_id))


def _text(name: str, wanted: str) -> str:
    text = request.form.get(name, "").strip()
    if not text:
        raise Invalid(wanted)
    return text[:LONGEST]


def _back(lead_id: int) -> Response:
    return redirect(url_for("lead.show", lead_id=lead_id), HTTPStatus.SEE_OTHER)
