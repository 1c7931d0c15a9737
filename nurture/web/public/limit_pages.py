"""What a visitor is told where a limit on forms is reached: HTTP 429, and when it is over."""

from collections.abc import Callable
from http import HTTPStatus
from math import ceil

from werkzeug.wrappers import Response

from nurture.pages import Allowance, LimitScope
from nurture.usecases.intake.submit_form import CALLS, FormOutcome, ThankYou
from nurture.web.current import here
from nurture.web.public import form_intake
from nurture.web.public.prospect_words import later
from nurture.web.public.public_frame import count, firm_last_seen, say, show

PROOF = later(
    "We have just written to the address that you gave. Open that mail and press its button: "
    "then we know that the address is yours, and that your answers are."
)
MINUTE, HOUR, DAY = 60, 3_600, 86_400
SHOWN_FROM = 2 * HOUR
DAYS_FROM = 2 * DAY
WHOSE = {
    LimitScope.ADDRESS: later("Many forms came with this address today"),
    LimitScope.NETWORK: later("Many forms came from your network"),
    LimitScope.ALL: later("Very many forms are coming in just now"),
    None: later("Many forms came in"),
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
    return say(PROOF) if written and not thanks.proven else ""


def without_mail(thanks: ThankYou, *, shown: bool) -> str:
    """Say that no mail goes out this time, and why; "" where one does."""
    if thanks.again or not _mail_held_back(thanks):
        return ""
    kept = (
        say("We have your question.") if thanks.form.does == CALLS else say("We have your answers.")
    )
    below = " " + say("What you asked for stands below.") if shown else ""
    if thanks.allowance.scope is LimitScope.ADDRESS and not thanks.proven:
        why = say("we write at most once a day to an address whose owner has not answered yet")
    else:
        said = say(WHOSE[thanks.allowance.scope])
        why = f"{said[0].lower()}{said[1:]}"
    again = say(
        "No mail comes this time: %(why)s. It can come again %(when)s.",
        why=why,
        when=_when(thanks),
    )
    return f"{kept}{below} {again}"


def _mail_held_back(thanks: ThankYou) -> bool:
    return bool(thanks.form.mail) and not thanks.allowance.mail


def _refused(thanks: ThankYou) -> str:
    why = say(WHOSE[thanks.allowance.scope])
    if thanks.end is FormOutcome.HELD:
        title = say("We have it, and one of us looks at it")
        sentence = say(
            "%(why)s, so a person reads yours first. You need not send it again.", why=why
        )
    else:
        title = say("Not just now")
        sentence = say(
            "%(why)s, and yours was not taken. Send it again %(when)s.",
            why=why,
            when=_when(thanks),
        )
    return show("refused", firm_last_seen(), title=title, sentence=sentence)


def _when(thanks: ThankYou) -> str:
    """Say in how long, in the largest unit that is not coarse."""
    seconds = _seconds(thanks.allowance)
    if seconds < SHOWN_FROM:
        return count("in a minute", "in %(n)s minutes", ceil(seconds / MINUTE))
    if seconds < DAYS_FROM:
        return count("in %(n)s hour", "in %(n)s hours", ceil(seconds / HOUR))
    return count("in %(n)s day", "in %(n)s days", ceil(seconds / DAY))


def _seconds(allowance: Allowance) -> int:
    if allowance.again_at is None:
        return MINUTE
    return max(1, ceil((allowance.again_at - here().clock.machine()).total_seconds()))
