"""What a visitor is told where a limit on forms is reached: HTTP 429, and when it is over."""

from collections.abc import Callable
from http import HTTPStatus
from math import ceil

from werkzeug.wrappers import Response

from nurture.pages import Allowance, LimitScope
from nurture.usecases.intake.submit_form import CALLS, FormOutcome, ThankYou
from nurture.web.current import here
from nurture.web.error_pages import page
from nurture.web.public import form_intake

PROOF = (
    "We have just written to the address that you gave. Open that mail and press its button: "
    "then we know that the address is yours, and that your answers are."
)
MINUTE, HOUR, DAY = 60, 3_600, 86_400
SHOWN_FROM = 2 * HOUR
DAYS_FROM = 2 * DAY
WHOSE = {
    LimitScope.ADDRESS: "Many forms came with this address today",
    LimitScope.NETWORK: "Many forms came from your network",
    LimitScope.ALL: "Very many forms are coming in just now",
    None: "Many forms came in",
}


def answered(thanks: ThankYou | None, thanked: Callable[[ThankYou], str]) -> Response:
    """Answer a form; None = the database is away, and it stands on our disk."""
    if thanks is None:
        return Response(form_intake.received(), mimetype="text/html")
    if thanks.end is FormOutcome.TAKEN:
        body = thanked(thanks)
        limited = not thanks.again and _mail_held_back(thanks)
    else:
        body, limited = _refused(thanks), thanks.allowance.again_at is not None
    if not limited:
        return Response(body, mimetype="text/html")
    headers = {"Retry-After": str(_seconds(thanks.allowance))}
    return Response(body, HTTPStatus.TOO_MANY_REQUESTS, headers, mimetype="text/html")


def asks_for_proof(thanks: ThankYou) -> str:
    """Ask a stranger to show that the address is theirs, where a mail lets them."""
    written = bool(thanks.form.mail) and thanks.allowance.mail and not thanks.again
    return PROOF if written and not thanks.proven else ""


def without_mail(thanks: ThankYou, *, shown: bool) -> str:
    """Say that no mail goes out this time, and why; "" where one does."""
    if thanks.again or not _mail_held_back(thanks):
        return ""
    kept = "We have your question." if thanks.form.does == CALLS else "We have your answers."
    below = " What you asked for stands below." if shown else ""
    if thanks.allowance.scope is LimitScope.ADDRESS and not thanks.proven:
        why = "we write at most once a day to an address whose owner has not answered yet"
    else:
        why = f"{WHOSE[thanks.allowance.scope][0].lower()}{WHOSE[thanks.allowance.scope][1:]}"
    return f"{kept}{below} No mail comes this time: {why}. It can come again {_when(thanks)}."


def _mail_held_back(thanks: ThankYou) -> bool:
    return bool(thanks.form.mail) and not thanks.allowance.mail


def _refused(thanks: ThankYou) -> str:
    why = WHOSE[thanks.allowance.scope]
    if thanks.end is FormOutcome.HELD:
        title = "We have it, and one of us looks at it"
        sentence = f"{why}, so a person reads yours first. You need not send it again."
    else:
        title = "Not just now"
        sentence = f"{why}, and yours was not taken. Send it again {_when(thanks)}."
    body, _ = page(HTTPStatus.TOO_MANY_REQUESTS, title, sentence)
    return body


def _when(thanks: ThankYou) -> str:
    """Say in how long, in the largest unit that is not coarse."""
    seconds = _seconds(thanks.allowance)
    if seconds < SHOWN_FROM:
        minutes = ceil(seconds / MINUTE)
        return f"in {minutes} minutes" if minutes != 1 else "in a minute"
    if seconds < DAYS_FROM:
        return f"in {ceil(seconds / HOUR)} hours"
    return f"in {ceil(seconds / DAY)} days"


def _seconds(allowance: Allowance) -> int:
    if allowance.again_at is None:
        return MINUTE
    return max(1, ceil((allowance.again_at - here().clock.machine()).total_seconds()))
