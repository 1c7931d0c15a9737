from flask import Blueprint
from nurture.web.console import shell
from nurture.web.console.shell import Page
from nurture.web.current import here
from nurture.web.security import permits

doors = Blueprint("leads", __name__)


@doors.get("/leads")
@permits()
def show() -> str:
    with here().works.read(shell.actor()) as work:
        return shell.show("error", Page("Leads", "leads.show"), work, sentence="Soon.")
