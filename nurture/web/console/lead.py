"""One lead: how warm and why, what happened, what comes, and why nothing goes out today."""

from datetime import datetime

from flask import Blueprint, request, url_for

from nurture.kernel.types import LeadId
from nurture.usecases.journeys.explain import why
from nurture.usecases.sales.promotion import OPEN_STAGES
from nurture.web.console import (
    lead_acts,
    lead_facts_form,
    page_frame,
    task_page,
    task_view,
    unproven_page,
)
from nurture.web.console.handoff_view import whose
from nurture.web.console.lead_case import LeadCase, case_of, only_topics
from nurture.web.console.lead_story import CALLS, PAGE, SHOWS, story_of
from nurture.web.console.lead_view import cards_of, first_words
from nurture.web.console.lead_warmth import warm_of
from nurture.web.console.page_frame import PageInfo
from nurture.web.current import here
from nurture.web.ids import read_id
from nurture.web.security import permits
from nurture.web.time_left import Countdown, countdown

AXES = ("engagement", "fit")
FARTHEST = 2_000
blueprint = Blueprint("lead", __name__)
blueprint.register_blueprint(lead_acts.blueprint)
blueprint.register_blueprint(lead_facts_form.blueprint)


@blueprint.get("/leads/<int:lead_id>")
@permits()
def show(lead_id: int) -> str:
    """Show one lead to whoever may see it."""
    asked = request.args
    axis = asked.get("axis", "") if asked.get("axis") in AXES else ""
    which = asked.get("show", "all") if asked.get("show") in SHOWS else "all"
    topics_only = only_topics(page_frame.me())
    with here().works.read(page_frame.actor()) as work:
        page_frame.look(work)
        case = case_of(work, LeadId(lead_id))
        warm, worth = warm_of(work, case, axis=axis or AXES[0])
        whole = page_frame.sees_all()
        story = story_of(
            case,
            show=which,
            shown=_rows(),
            worth=worth if whole else {},
            topics_only=topics_only,
            now=work.now,
        )
        reasons = why(work, case.person.id)
        page = PageInfo(case.person.name, "leads.show", crumbs=[(_above(), url_for("leads.show"))])
        return page_frame.show(
            "lead",
            page,
            work,
            person=case.person,
            case=case,
            offer=case.offer,
            warm=warm,
            points=whole or (bool(axis) and not topics_only),
            whole=whole,
            dealer=topics_only,
            first=first_words(case, case.offer),
            story=story,
            shows=SHOWS,
            axis=axis,
            step=PAGE,
            why=reasons,
            cards=cards_of(work, case, reasons),
            calls=CALLS,
            may_edit=lead_facts_form.may_edit(case.person),
            may_pass=whole and case.person.stage in OPEN_STAGES,
            once=lead_acts.once(),
            left=_left(case, work.now),
            todo=task_view.task_sheets(work, case.person.id),
            said=unproven_page.of_lead(work, case.person),
            **task_page.ways_for(work),
        )


def _left(case: LeadCase, now: datetime) -> Countdown | None:
    offer = case.offer
    return countdown(offer, whose(offer, case.staff), now) if offer is not None else None


def _rows() -> int:
    asked = read_id(request.args.get("rows", ""))
    return PAGE if asked is None else min(max(asked, PAGE), FARTHEST)


def _above() -> str:
    return "Leads" if page_frame.sees_all() else "My leads"
