from flask import Blueprint
from nurture.web.console import shell
from nurture.web.console.shell import Page
from nurture.web.current import here
from nurture.web.security import permits

doors = Blueprint("today", __name__)


@doors.get("/")
@permits()
def show() -> str:
    with here().works.read(shell.actor()) as work:
        return shell.show("error", Page("Today", "today.show"), work, sentence="Soon.")
