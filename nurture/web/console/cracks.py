from flask import Blueprint
from nurture.web.console import shell
from nurture.web.console.shell import Page
from nurture.web.current import here
from nurture.web.security import permits

doors = Blueprint("cracks", __name__)


@doors.get("/cracks")
@permits()
def show() -> str:
    with here().works.read(shell.actor()) as work:
        return shell.show("error", Page("Cracks", "cracks.show"), work, sentence="Soon.")
