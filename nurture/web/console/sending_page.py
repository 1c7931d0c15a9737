"""Sending: what waits, what leaves, what is in doubt, and the switch that stops everything."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from nurture import engagement, mail
from nurture.kernel import shared_values
from nurture.kernel.errors import NotFound
from nurture.kernel.work import Work
from nurture.reports.health import STUCK, HealthTrouble, ProcessState, processes
from nurture.reports.sending_health import (
    MailState,
    SendingHealth,
    Traffic,
    mails_on,
    put_off_words,
    sending_health,
    traffic,
)
from nurture.usecases.desk import lift_bounce
from nurture.usecases.responses import poll_mailbox
from nurture.web.console import count_cache, page_frame
from nurture.web.console.mail_trouble import troubles_of
from nurture.web.current import here
from nurture.web.ids import read_id
from nurture.web.security import permits

blueprint = Blueprint("sending", __name__)
NAV = "sending.show"
TITLE = "Sending"
SHOWN = 50
WORDS = {
    MailState.DUE: ("Due now", "Their time has come; the next batch takes them."),
    MailState.LATER: ("Planned", "They wait for their day and for sending hours."),
    MailState.SENDING: ("On its way", "In the hands of a worker at this moment."),
    MailState.DEFERRED: ("Tried again soon", "The other side asked us to come back later."),
    MailState.SENT: ("Sent, 24 hours", "The other side has taken them."),
    MailState.IN_DOUBT: (
        "Maybe delivered",
        "The server did not answer after the last line. They will not be sent again.",
    ),
    MailState.REFUSED: ("Refused", "The other side does not take them."),
    MailState.DROPPED: ("Not sent", "We decided against it, and each says why."),
}


@dataclass(frozen=True, slots=True)
class InboxCard:
    """The mailbox that answers and bounces come to."""

    set: bool
    ago: timedelta | None
    """Since it was last read; None = never."""
    trouble: str
    thrown_away: int
    """Mails of today that bear no mark of ours."""


@dataclass(frozen=True, slots=True)
class SendingView:
    """Everything on the page."""

    health: SendingHealth
    sentence: str
    troubles: tuple[HealthTrouble, ...]
    """Why mail does not leave, but for a stop, a mail server in trouble and an outage."""
    put_off: str
    """What the other side said last of mail that is tried again."""
    stopped: bool
    behind: mail.Outage | None
    """What is being caught up with after an outage."""
    relay: mail.Breaker
    """Whether the mail server is left alone for a while."""
    doubts: tuple[mail.MessageLine, ...]
    processes: tuple[ProcessState, ...]
    inbox: InboxCard
    strays: tuple[mail.UnmatchedMail, ...]
    """Mail that came in and that a person must look at."""
    traffic: Traffic
    hit_ago: timedelta | None
    """Since the last click or open; None = there was none yet."""
    judged_by_older: int
    """Clicks and opens whose verdict older rules have given."""
    may_switch: bool
    checked_at: datetime


@blueprint.get("/sending")
@permits(*page_frame.INNER)
def show() -> str:
    """Show the piles."""
    with here().works.read(page_frame.actor()) as work:
        return page_frame.show(
            "sending", page_frame.PageInfo(TITLE, NAV), work, view=_view(work), words_of=WORDS
        )


@blueprint.get("/sending/dead")
@permits(*page_frame.INNER)
def dead() -> str:
    """List what servers called addresses dead with, for whoever knows better."""
    with here().works.read(page_frame.actor()) as work:
        page = page_frame.PageInfo(
            "Addresses called dead", NAV, crumbs=[(TITLE, url_for("sending.show"))]
        )
        return page_frame.show(
            "sending_dead", page, work, groups=lift_bounce.groups(work), makers=page_frame.MAKERS
        )


@blueprint.post("/sending/dead")
@permits(*page_frame.MAKERS)
def mail_again() -> Response:
    """Let all be mailed again whose address was called dead in the same words."""
    with here().works.begin(page_frame.actor()) as work:
        ids = lift_bounce.said_like(work, request.form.get("words", ""))
        done = lift_bounce.lift(work, ids, why=request.form.get("why", ""), journey=here().journey)
    left = f" {len(done.left)} stay as they are: they said no themselves." if done.left else ""
    page_frame.say(f"{len(done.freed):,} may be mailed again.{left}")
    return redirect(url_for("sending.dead"), HTTPStatus.SEE_OTHER)


@blueprint.get("/sending/<pile>")
@permits(*page_frame.INNER)
def listed(pile: str) -> str:
    """List the mails of one pile."""
    if pile not in set(MailState):
        raise NotFound("There is no such list of mails.")
    wanted, reason = MailState(pile), request.args.get("reason")
    before = request.args.get("before", "")
    with here().works.read(page_frame.actor()) as work:
        health = sending_health(work)
        total = health.mail_states[wanted] if reason is None else health.dropped.get(reason, 0)
        lines = mails_on(work, wanted, reason=reason, limit=SHOWN, before=read_id(before))
        head, sentence = WORDS[wanted]
        page = page_frame.PageInfo(head, NAV, crumbs=[(TITLE, url_for("sending.show"))])
        return page_frame.show(
            "sending_list",
            page,
            work,
            lines=lines,
            total=total,
            sentence=reason or sentence,
            pile=pile,
            reason=reason,
            after=lines[-1].id if len(lines) == SHOWN else None,
        )


@blueprint.get("/sending/stop")
@permits(*page_frame.MAKERS)
def ask_to_stop() -> str:
    """Say what stopping means before it is done."""
    with here().works.read(page_frame.actor()) as work:
        page = page_frame.PageInfo("Stop all mail", NAV, crumbs=[(TITLE, url_for("sending.show"))])
        return page_frame.show("sending_stop", page, work, health=sending_health(work))


@blueprint.post("/sending/stop")
@permits(*page_frame.MAKERS)
def stop() -> Response:
    """Stop all mail, also what has begun to leave."""
    return _switch(
        stopped=True, words="All mail is stopped. Nothing leaves until somebody starts it."
    )


@blueprint.post("/sending/start")
@permits(*page_frame.MAKERS)
def start() -> Response:
    """Let mail leave again."""
    return _switch(stopped=False, words="Sending is on. What was due leaves with the next batch.")


@blueprint.post("/sending/catch-up")
@permits(*page_frame.MAKERS)
def catch_up() -> Response:
    """Let all go at once that fell due during an outage."""
    with here().works.begin(page_frame.actor()) as work:
        mail.release_all(work)
    count_cache.forget()
    page_frame.say("What is due leaves at full speed.")
    return redirect(url_for("sending.show"), HTTPStatus.SEE_OTHER)


def _switch(*, stopped: bool, words: str) -> Response:
    with here().works.begin(page_frame.actor()) as work:
        shared_values.put(work, shared_values.SENDING_STOPPED, new=stopped)
    count_cache.forget()
    page_frame.say(words)
    return redirect(url_for("sending.show"), HTTPStatus.SEE_OTHER)


def _view(work: Work) -> SendingView:
    health = sending_health(work)
    stopped = bool(shared_values.value(work, shared_values.SENDING_STOPPED))
    behind = mail.outage(work)
    found = troubles_of(work, health)
    if stopped or behind is not None:
        found = tuple(one for one in found if one.title != STUCK)
    relay = mail.in_trouble(work)
    flow = traffic(work)
    return SendingView(
        traffic=flow,
        hit_ago=_ago(work, flow.last_hit),
        judged_by_older=engagement.judged_by_older(work),
        relay=relay,
        behind=behind,
        health=health,
        sentence=_sentence(health, stopped=stopped),
        stopped=stopped,
        troubles=found,
        put_off=put_off_words(work),
        doubts=tuple(mail.in_doubt(work, limit=SHOWN)),
        processes=processes(work),
        inbox=_inbox(work),
        strays=tuple(mail.unmatched_mail(work)),
        may_switch=page_frame.me().has(*page_frame.MAKERS),
        checked_at=work.now,
    )


def _sentence(health: SendingHealth, *, stopped: bool) -> str:
    count = health.mail_states
    counted = (
        f"{count[MailState.SENT]:,} sent in 24 hours, {count[MailState.DUE]:,} due now, "
        f"{count[MailState.LATER]:,} planned, {count[MailState.IN_DOUBT]:,} maybe delivered."
    )
    return f"No, somebody has stopped it. {counted}" if stopped else counted


def _ago(work: Work, at: datetime | None) -> timedelta | None:
    return None if at is None else max(work.machine - at, timedelta())


def _inbox(work: Work) -> InboxCard:
    told = poll_mailbox.last_read(work)
    ago = _ago(work, told[0] if told else None)
    is_set = bool(here().settings.inbox_url.get_secret_value())
    today = mail.discarded(work).get(work.machine.date(), {})
    return InboxCard(
        set=is_set, ago=ago, trouble=told[1] if told else "", thrown_away=sum(today.values())
    )
