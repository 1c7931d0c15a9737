"""Stop all mail: GET shows one button, POST does it, for people and for mail programs (D-04)."""

from flask import request
from werkzeug.wrappers import Response

from nurture.kernel.tokens import read_message_token
from nurture.kernel.types import MessageId
from nurture.usecases import leave
from nurture.web import security
from nurture.web.current import here
from nurture.web.public.frame import firm_of, show

ONE_CLICK = ("List-Unsubscribe", "One-Click")


@security.public
def ask_to_stop(token: str) -> str:
    """Show the button; opening the page changes nothing (D-05)."""
    read_message_token(here().keyring, token)
    with here().works.read("prospect") as work:
        return show("stop", firm_of(work), token=token)


@security.public
def preferences(token: str) -> str:
    """Say what comes and how often, with the same button."""
    read_message_token(here().keyring, token)
    with here().works.read("prospect") as work:
        return show("preferences", firm_of(work), token=token)


@security.public
def stop_all(token: str) -> str | Response:
    """Stop; the answer is 200 and no redirect, whatever is known of the lead."""
    message = read_message_token(here().keyring, token)
    runtime = here()
    with runtime.works.begin("prospect") as work:
        leave.unsubscribe(
            work, MessageId(message.message_id), key=runtime.secret, desk=runtime.desk
        )
        firm = firm_of(work)
    if request.form.get(ONE_CLICK[0]) == ONE_CLICK[1]:
        return Response("Stopped.\n", mimetype="text/plain")
    return show("stopped", firm)
