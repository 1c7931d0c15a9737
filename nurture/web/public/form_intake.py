"""Take a form in so that it cannot get lost: on this host's disk first, then in the database."""

import structlog

from nurture.kernel.errors import NotFound, Unavailable
from nurture.kernel.pending_requests import PendingRequest
from nurture.usecases.intake import kept_forms, page_cache, submit_form
from nurture.usecases.intake.submit_form import AnswersRefused, FormOutcome, FormVisit, ThankYou
from nurture.usecases.shared import home_country
from nurture.web.current import here
from nurture.web.patience import within
from nurture.web.public.prospect_words import later
from nurture.web.public.public_frame import firm_last_seen, say, show

TITLE = later("We have it")
TEXT = later(
    "Your form has arrived, and it is kept. Our records cannot be reached this minute; as soon as "
    "they can, what you asked for comes by mail."
)
REFUSED = "We could not take this just now. Go back and send it again in a minute."

log = structlog.get_logger(__name__)


def take_in(visit: FormVisit) -> ThankYou | None:
    """Take a form in; None = the database is away, and the form waits on this host's disk."""
    runtime = here()
    pending = _kept(visit)

    def tell() -> ThankYou:
        try:
            thanks = submit_form.submit(
                runtime.works, visit, intake=runtime.intake, journey=runtime.journey
            )
        except (AnswersRefused, NotFound):
            _delete_pending(pending)
            raise
        if thanks.end is not FormOutcome.REFUSED:
            _delete_pending(pending)
        return thanks

    thanks = within(tell)
    if thanks is None:
        _check(visit, pending)
    elif thanks.end is FormOutcome.REFUSED:
        # Only now: whoever waited too long was told that we have it, and then it is kept.
        _delete_pending(pending)
    return thanks


def received() -> str:
    """Say that a form has come, without asking the database anything."""
    return show("received", firm_last_seen(), title=say(TITLE), text=say(TEXT))


def _check(visit: FormVisit, pending: PendingRequest | None) -> None:
    """Ask of the answers what can be asked without the database, while their author is here."""
    if pending is None:
        raise Unavailable(REFUSED)
    pages = page_cache.take(here().home)
    if pages is None or visit.suspicion is not None:
        return
    opened = page_cache.open_page(pages, visit.slug, recognised=visit.came is not None)
    try:
        submit_form.checked(opened, visit, countries=home_country.home_country_of(firm_last_seen()))
    except AnswersRefused:
        pending.delete_pending()
        raise


def _kept(visit: FormVisit) -> PendingRequest | None:
    """Write the form down; on a full disk the database is what is left."""
    runtime = here()
    try:
        return kept_forms.keep(runtime.home, visit, clock=runtime.clock)
    except OSError:
        log.exception("form_not_kept", form=visit.form)
        return None


def _delete_pending(pending: PendingRequest | None) -> None:
    if pending is not None:
        pending.delete_pending()
