"""The console: what our own people see and do; one module a page, each with its blueprint."""

from flask import Blueprint, Flask

from nurture.kernel.errors import Refusal
from nurture.web.console import (
    audit_page,
    bulk,
    content_page,
    day_lists,
    funnel_page,
    handoffs,
    imports,
    lead,
    lead_acts,
    lead_list,
    mails,
    page_frame,
    profile,
    refusals,
    sending_page,
    sink_mailbox,
    staff_page,
    task_page,
    team_page,
    today_page,
    track_page,
    unproven_page,
)

PAGES: tuple[Blueprint, ...] = (
    today_page.blueprint,
    day_lists.blueprint,
    audit_page.blueprint,
    lead_list.blueprint,
    bulk.blueprint,
    lead.blueprint,
    lead_acts.blueprint,
    profile.blueprint,
    task_page.blueprint,
    team_page.blueprint,
    staff_page.blueprint,
    handoffs.blueprint,
    track_page.blueprint,
    mails.blueprint,
    imports.blueprint,
    content_page.blueprint,
    funnel_page.blueprint,
    sending_page.blueprint,
    sink_mailbox.blueprint,
    unproven_page.blueprint,
)


def register(app: Flask) -> None:
    """Open the pages; what they refuse is said inside the console's frame."""
    page_frame.prepare(app)
    for blueprint in PAGES:
        app.register_blueprint(blueprint)


for _page in PAGES:
    _page.register_error_handler(Refusal, refusals.refused)
