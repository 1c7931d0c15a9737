"""What somebody wants to read about and how often: GET shows it, POST changes it (F138)."""

from datetime import date

import structlog
from flask import request

from campaigns.company import CompanyProfile
from campaigns.frequency_caps import FrequencyCap
from campaigns.preferences import MailFrequency
from nurture.kernel.errors import Invalid, Unavailable
from nurture.kernel.tokens import MessageLink, TokenTarget, message_tokens, read_message_token
from nurture.kernel.types import MessageId
from nurture.kernel.work import Work
from nurture.usecases.journeys import mail_preferences
from nurture.usecases.requests.published_forms import language_of
from nurture.usecases.shared.sending_policy import policy
from nurture.web import security
from nurture.web.current import here
from nurture.web.patience import within
from nurture.web.public.prospect_words import day_in, later
from nurture.web.public.public_frame import (
    firm_last_seen,
    firm_of,
    read_by,
    reader_language,
    say,
    show,
)

WEEK = 7
NOTED = later("Noted")
NOTED_TEXT = later(
    "It is kept, and holds as soon as our records can be reached again, in minutes as a rule."
)
WEEKLY = {
    1: later("At most once a week"),
    2: later("At most twice a week"),
    0: later("At most %(times)s times a week"),
}
IN_DAYS = {
    1: later("At most once in %(days)s days"),
    2: later("At most twice in %(days)s days"),
    0: later("At most %(times)s times in %(days)s days"),
}
"""Under 0: more often than there is a word for."""

log = structlog.get_logger(__name__)


@security.public
def preferences(token: str) -> str:
    """Show what was chosen; while the database is away, the one button that works without it."""
    message = _opened(token)
    runtime = here()

    def ask() -> dict[str, object]:
        with runtime.works.read("prospect") as work:
            firm = firm_of(work, runtime)
            return {"firm": firm, **_held(work, MessageId(message.message_id))}

    found = within(ask)
    if found is None:
        return show("stop", firm_last_seen(), token=_stop_token(message))
    return _page(found, token, message, saved=False)


@security.public
def save_preferences(token: str) -> str:
    """Keep the choices, and show what holds now."""
    message = _opened(token)
    message_id = MessageId(message.message_id)
    given = request.form.get("often", MailFrequency.ANY)
    if given not in set(MailFrequency):
        raise Invalid("Choose how often you want to hear from us.")
    found = _chosen(message_id, request.form.getlist("topic"), MailFrequency(given))
    if found is None:
        return show("received", firm_last_seen(), title=say(NOTED), text=say(NOTED_TEXT))
    return _page(found, token, message, saved=True)


def _opened(token: str) -> TokenTarget:
    return read_message_token(here().keyring, token, MessageLink.PREFERENCES)


def _stop_token(message: TokenTarget) -> str:
    """Sign what the button for stopping all mail needs: whoever may choose less may choose none."""
    return message_tokens(
        here().keyring,
        message_id=message.message_id,
        template_version=message.template_version,
    ).stop


def _chosen(
    message_id: MessageId, topics: list[str], often: MailFrequency
) -> dict[str, object] | None:
    """Keep the choices on disk, then tell the database; None = it is away and hears of it later."""
    runtime = here()
    kept = _kept(message_id, topics, often)

    def tell() -> dict[str, object]:
        with runtime.works.begin("prospect") as work:
            mail_preferences.prefer(work, message_id, topics=topics, often=often)
            found = {"firm": firm_of(work, runtime), **_held(work, message_id)}
        mail_preferences.forget(runtime.home, message_id)
        return found

    found = within(tell)
    if found is None and not kept:
        raise Unavailable("We could not note this just now. Please press it again in a minute.")
    return found


def _kept(message_id: MessageId, topics: list[str], often: MailFrequency) -> bool:
    """Write the choices down; on a full disk the database is what is left."""
    runtime = here()
    try:
        mail_preferences.keep(
            runtime.home, message_id, topics=topics, often=often, clock=runtime.clock
        )
    except OSError:
        log.exception("choice_not_kept", message_id=message_id)
        return False
    return True


def _held(work: Work, message_id: MessageId) -> dict[str, object]:
    held = mail_preferences.preference_page(work, message_id)
    until = held.preferences.paused_until if held is not None else None
    return {
        "held": held,
        "cap": policy(work).cap,
        "until": until,
        "reads": language_of(work, message_id),
    }


def _page(found: dict[str, object], token: str, message: TokenTarget, *, saved: bool) -> str:
    firm, cap, until = found.pop("firm"), found.pop("cap"), found.pop("until")
    assert isinstance(firm, CompanyProfile)
    assert isinstance(cap, FrequencyCap)
    read_by(str(found.pop("reads")))
    if found["held"] is None:
        return show("stop", firm, token=_stop_token(message))
    return show(
        "preferences",
        firm,
        token=token,
        stop=_stop_token(message),
        saved=saved,
        cap=in_words(cap),
        until=day_in(reader_language(), until) if isinstance(until, date) else "",
        **found,
    )


def in_words(cap: FrequencyCap) -> str:
    """Say the tightest promise of our own cap that people think in: a week, else the longest."""
    if not cap.limits:
        return ""
    limit = next((one for one in cap.limits if one.days == WEEK), cap.limits[-1])
    often = WEEKLY if limit.days == WEEK else IN_DAYS
    return say(often.get(limit.times, often[0]), times=limit.times, days=limit.days)
