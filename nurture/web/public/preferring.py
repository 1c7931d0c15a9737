"""What somebody wants to read about and how often: GET shows it, POST changes it (F138)."""

import structlog
from flask import request

from campaigns.company import Company
from campaigns.limits import Cap
from campaigns.wishes import Often
from nurture.kernel.errors import Invalid, Unavailable
from nurture.kernel.tokens import MessageLink, MessageRef, message_tokens, read_message_token
from nurture.kernel.types import MessageId
from nurture.kernel.work import Work
from nurture.usecases import prefer
from nurture.usecases.policy import policy
from nurture.web import security
from nurture.web.current import here
from nurture.web.patience import within
from nurture.web.public.frame import firm_last_seen, firm_of, show

WEEK = 7
NOTED = "Noted"
NOTED_TEXT = (
    "It is kept, and holds as soon as our records can be reached again, in minutes as a rule."
)

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
    given = request.form.get("often", Often.ANY)
    if given not in set(Often):
        raise Invalid("Choose how often you want to hear from us.")
    found = _chosen(message_id, request.form.getlist("topic"), Often(given))
    if found is None:
        return show("received", firm_last_seen(), title=NOTED, text=NOTED_TEXT)
    return _page(found, token, message, saved=True)


def _opened(token: str) -> MessageRef:
    return read_message_token(here().keyring, token, MessageLink.PREFERENCES)


def _stop_token(message: MessageRef) -> str:
    """Sign what the button for stopping all mail needs: whoever may choose less may choose none."""
    return message_tokens(
        here().keyring,
        message_id=message.message_id,
        template_version=message.template_version,
    ).stop


def _chosen(message_id: MessageId, topics: list[str], often: Often) -> dict[str, object] | None:
    """Keep the choices on disk, then tell the database; None = it is away and hears of it later."""
    runtime = here()
    kept = _kept(message_id, topics, often)

    def tell() -> dict[str, object]:
        with runtime.works.begin("prospect") as work:
            prefer.prefer(work, message_id, topics=topics, often=often)
            found = {"firm": firm_of(work, runtime), **_held(work, message_id)}
        prefer.forget(runtime.home, message_id)
        return found

    found = within(tell)
    if found is None and not kept:
        raise Unavailable("We could not note this just now. Please press it again in a minute.")
    return found


def _kept(message_id: MessageId, topics: list[str], often: Often) -> bool:
    """Write the choices down; on a full disk the database is what is left."""
    runtime = here()
    try:
        prefer.keep(runtime.home, message_id, topics=topics, often=often, clock=runtime.clock)
    except OSError:
        log.exception("choice_not_kept", message_id=message_id)
        return False
    return True


def _held(work: Work, message_id: MessageId) -> dict[str, object]:
    held = prefer.preferences(work, message_id)
    until = held.wishes.paused_until if held is not None else None
    return {
        "held": held,
        "cap": in_words(policy(work).cap),
        "until": f"{until:%A} {until.day} {until:%B}" if until is not None else "",
    }


def _page(found: dict[str, object], token: str, message: MessageRef, *, saved: bool) -> str:
    firm = found.pop("firm")
    assert isinstance(firm, Company)
    if found["held"] is None:
        return show("stop", firm, token=_stop_token(message))
    return show("preferences", firm, token=token, stop=_stop_token(message), saved=saved, **found)


def in_words(cap: Cap) -> str:
    """Say the tightest promise of our own cap that people think in: a week, else the longest."""
    if not cap.limits:
        return ""
    limit = next((one for one in cap.limits if one.days == WEEK), cap.limits[-1])
    many = {1: "once", 2: "twice"}.get(limit.times, f"{limit.times} times")
    return f"At most {many} {'a week' if limit.days == WEEK else f'in {limit.days} days'}"
