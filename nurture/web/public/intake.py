"""Take a form in so that it cannot get lost: on this host's disk first, then in the database."""

import structlog

from nurture.kernel.errors import NotFound, Unavailable
from nurture.kernel.slips import Slip
from nurture.usecases import dialled, kept_forms, shelf, submit
from nurture.usecases.submit import AnswersRefused, End, Thanks, Visit
from nurture.web.current import here
from nurture.web.patience import within
from nurture.web.public.frame import firm_last_seen, show

TITLE = "We have it"
TEXT = (
    "Your form has arrived, and it is kept. Our records cannot be reached this minute; as soon as "
    "they can, what you asked for comes by mail."
)
REFUSED = "We could not take this just now. Go back and send it again in a minute."

log = structlog.get_logger(__name__)


def take_in(visit: Visit) -> Thanks | None:
    """Take a form in; None = the database is away, and the form waits on this host's disk."""
    runtime = here()
    slip = _kept(visit)

    def tell() -> Thanks:
        try:
            thanks = submit.submit(runtime.works, visit, house=runtime.house, desk=runtime.desk)
        except (AnswersRefused, NotFound):
            _tear_up(slip)
            raise
        if thanks.end is not End.REFUSED:
            _tear_up(slip)
        return thanks

    thanks = within(tell)
    if thanks is None:
        _check(visit, slip)
    elif thanks.end is End.REFUSED:
        # Only now: whoever waited too long was told that we have it, and then it is kept.
        _tear_up(slip)
    return thanks


def received() -> str:
    """Say that a form has come, without asking the database anything."""
    return show("received", firm_last_seen(), title=TITLE, text=TEXT)


def _check(visit: Visit, slip: Slip | None) -> None:
    """Ask of the answers what can be asked without the database, while their author is here."""
    if slip is None:
        raise Unavailable(REFUSED)
    pages = shelf.take(here().home)
    if pages is None or visit.suspicion is not None:
        return
    opened = shelf.open_page(pages, visit.slug, recognised=visit.came is not None)
    try:
        submit.checked(opened, visit, countries=dialled.home_of(firm_last_seen()))
    except AnswersRefused:
        slip.tear_up()
        raise


def _kept(visit: Visit) -> Slip | None:
    """Write the form down; on a full disk the database is what is left."""
    runtime = here()
    try:
        return kept_forms.keep(runtime.home, visit, clock=runtime.clock)
    except OSError:
        log.exception("form_not_kept", form=visit.form)
        return None


def _tear_up(slip: Slip | None) -> None:
    if slip is not None:
        slip.tear_up()
