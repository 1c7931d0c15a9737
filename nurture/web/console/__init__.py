"""The console: what our own people see and do; one module a page, each with its blueprint."""

from flask import Blueprint, Flask

from nurture.kernel.errors import Refusal
from nurture.web.console import (
    bulk,
    content,
    cracks,
    funnel,
    handoffs,
    imports,
    lead,
    lead_acts,
    leads,
    mailbox,
    mails,
    me,
    numbers,
    refusals,
    said,
    sending,
    shell,
    staff,
    team,
    today,
    todo,
    tracks,
)

PAGES: tuple[Blueprint, ...] = (
    today.doors,
    numbers.doors,
    cracks.doors,
    leads.doors,
    bulk.doors,
    lead.doors,
    lead_acts.doors,
    me.doors,
    todo.doors,
    team.doors,
    staff.doors,
    handoffs.doors,
    tracks.doors,
    mails.doors,
    imports.doors,
    content.doors,
    funnel.doors,
    sending.doors,
    mailbox.doors,
    said.doors,
)


def register(app: Flask) -> None:
    """Open the pages; what they refuse is said inside the console's frame."""
    shell.prepare(app)
    for doors in PAGES:
        app.register_blueprint(doors)


for _page in PAGES:
    _page.register_error_handler(Refusal, refusals.refused)
