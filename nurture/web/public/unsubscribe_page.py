"""Stop all mail: GET shows one button, POST does it, for people and for mail programs (D-04).

Both answer also while the database is away: the token says by itself whose mail it was.
"""

import structlog
from flask import request
from werkzeug.wrappers import Response

from nurture.kernel.errors import Unavailable
from nurture.kernel.pending_requests import PendingRequest
from nurture.kernel.tokens import MessageLink, read_message_token
from nurture.kernel.types import MessageId
from nurture.usecases.responses import unsubscribe
from nurture.web import security
from nurture.web.current import here
from nurture.web.patience import within
from nurture.web.public.public_frame import firm_anyway, firm_last_seen, show

ONE_CLICK = ("List-Unsubscribe", "One-Click")

log = structlog.get_logger(__name__)


@security.public
def ask_to_stop(token: str) -> str:
    """Show the button; opening the page changes nothing (D-05)."""
    message = read_message_token(here().keyring, token, MessageLink.STOP)
    return show("stop", firm_anyway(MessageId(message.message_id)), token=token)


@security.public
def stop_all(token: str) -> str | Response:
    """Stop; the answer is 200 and no redirect, whatever is known of the lead."""
    message = read_message_token(here().keyring, token, MessageLink.STOP)
    message_id = MessageId(message.message_id)
    told = _stop(message_id)
    if request.form.get(ONE_CLICK[0]) == ONE_CLICK[1]:
        return Response("Stopped.\n", mimetype="text/plain")
    return show("stopped", firm_anyway(message_id) if told else firm_last_seen())


def _stop(message_id: MessageId) -> bool:
    """Keep the no on disk, then tell the database; when it is away, the shipper tells it later."""
    runtime = here()
    pending = _kept(message_id)

    def tell() -> bool:
        with runtime.works.begin("prospect") as work:
            unsubscribe.unsubscribe(work, message_id, key=runtime.secret, journey=runtime.journey)
        if pending is not None:
            pending.delete_pending()
        return True

    told = within(tell) is True
    if not told and pending is None:
        raise Unavailable("We could not note this just now. Please press it again in a minute.")
    return told


def _kept(message_id: MessageId) -> PendingRequest | None:
    """Write the no down; on a full disk the database is what is left."""
    runtime = here()
    try:
        return unsubscribe.keep(runtime.home, message_id, clock=runtime.clock)
    except OSError:
        log.exception("stop_not_kept", message_id=message_id)
        return None
