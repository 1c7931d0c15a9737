"""The console: what our own people see and do; one module a page, each with its blueprint."""

from flask import Blueprint, Flask

from nurture.kernel.errors import Refusal
from nurture.web.console import cracks, lead, leads, me, refusals, shell, today

PAGES: tuple[Blueprint, ...] = (today.doors, cracks.doors, leads.doors, lead.doors, me.doors)


def register(app: Flask) -> None:
    """Open the pages; what they refuse is said inside the console's frame."""
    shell.prepare(app)
    for doors in PAGES:
        app.register_blueprint(doors)


for _page in PAGES:
    _page.register_error_handler(Refusal, refusals.refused)
