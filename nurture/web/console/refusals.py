"""What a page refuses, said inside the console's frame."""

from http import HTTPStatus

from nurture.kernel.errors import Refusal
from nurture.published import NothingPublished
from nurture.web.console import shell
from nurture.web.console.shell import Page
from nurture.web.current import here
from nurture.web.errors import STATUS

ANYTHING = (HTTPStatus.UNPROCESSABLE_ENTITY, "This did not work")


def refused(refusal: Refusal) -> tuple[str, int]:
    """Show the refusal's own sentence, and a way back."""
    known = (found for kind, found in STATUS.items() if isinstance(refusal, kind))
    status, title = next(known, ANYTHING)
    if isinstance(refusal, NothingPublished):
        return first_step()
    with here().works.read(shell.actor()) as work:
        page = Page(title=title, nav="")
        return shell.show("error", page, work, sentence=refusal.sentence), int(status)


def first_step() -> tuple[str, int]:
    """Say what comes first where nothing has been published."""
    with here().works.read(shell.actor()) as work:
        page = Page(title="Publish your library first", nav="")
        return shell.show("first_step", page, work), int(HTTPStatus.OK)
