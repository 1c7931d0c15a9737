"""The lead page: engineer C writes this since 06:00 (see ATTENTION-console-A-2 in the briefs)."""

from flask import Blueprint
from nurture.web.console import shell
from nurture.web.console.shell import Page
from nurture.web.current import here
from nurture.web.security import permits

doors = Blueprint("lead", __name__)


@doors.get("/leads/<int:lead_id>")
@permits()
def show(lead_id: int) -> str:
    with here().works.read(shell.actor()) as work:
        return shell.show("error", Page("Today", "lead.show"), work, sentence="Soon.")
