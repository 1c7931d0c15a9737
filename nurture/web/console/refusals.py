"""What a page refuses, said inside the console's frame."""

from http import HTTPStatus

from nurture.kernel.errors import Refusal
from nurture.published import NothingPublished
from nurture.web.console import page_frame
from nurture.web.console.page_frame import PageInfo
from nurture.web.current import here
from nurture.web.error_pages import STATUS

ANYTHING = (HTTPStatus.UNPROCESSABLE_ENTITY, "This did not work")


def refused(refusal: Refusal) -> tuple[str, int]:
    """Show the refusal's own sentence, and a way back."""
    known = (found for kind, found in STATUS.items() if isinstance(refusal, kind))
    status, title = next(known, ANYTHING)
    if isinstance(refusal, NothingPublished):
        return first_step()
    with here().works.read(page_frame.actor()) as work:
        page = PageInfo(title=title, nav="")
        return page_frame.show("error", page, work, sentence=refusal.sentence), int(status)


def first_step() -> tuple[str, int]:
    """Say what comes first where nothing has been published."""
    with here().works.read(page_frame.actor()) as work:
        page = PageInfo(title="Publish your library first", nav="")
        return page_frame.show("first_step", page, work), int(HTTPStatus.OK)
