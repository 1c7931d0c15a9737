"""Hand-offs: who waits for an answer, the most pressing first, and what to answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from campaigns.sent_back import RejectReason
from campaigns.vocabulary import HandoffState
from nurture import handoff, leads, users
from nurture.handoff import HandoffView
from nurture.kernel.errors import Forbidden, Invalid, NotFound
from nurture.kernel.types import UserId
from nurture.kernel.work import Work
from nurture.usecases import sell
from nurture.usecases.sell import Rejection
from nurture.users import UserCard
from nurture.web.console import shell, team
from nurture.web.console.handoff_view import (
    READERS,
    HandoffPanel,
    HandoffRow,
    PersonLoad,
    answers_for,
    handoff_rows,
    panel_of,
    person_loads,
    sees,
)
from nurture.web.current import here
from nurture.web.ids import read_id
from nurture.web.security import permits

doors = Blueprint("handoffs", __name__)
NAV = "handoffs.show"
LONGEST_NOTE = 500
VIEWS = ("all", "mine", "late", "accept", "contact", "result")
STATES = {
    "accept": HandoffState.OFFERED,
    "contact": HandoffState.ACCEPTED,
    "result": HandoffState.CONTACTED,
}
TAB_WORDS = {
    "all": "All",
    "mine": "Mine",
    "late": "Late",
    "accept": "To accept",
    "contact": "First contact",
    "result": "Result",
}
DONE = {
    "accept": "Accepted. The time to the first contact runs.",
    "spoke": "Noted: you spoke with them.",
    "no_answer": "Noted: no answer. You are reminded when to try again.",
    "not_a_fit": "Given back to marketing.",
    "won": "Noted as won.",
    "undo": "Your answer is taken back.",
}


@dataclass(frozen=True, slots=True)
class QueueTab:
    """One cut of the queue; the list behind it is as long as its number."""

    name: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Queue:
    """The offers that one reader sees, cut as they asked."""

    sentence: str
    tabs: tuple[QueueTab, ...]
    view: str
    rows: tuple[HandoffRow, ...]
    loads: tuple[PersonLoad, ...]
    person: PersonLoad | None
    everybody: bool
    team: bool
    """Only those of the reader's people are shown."""


@doors.get("/handoffs")
@permits()
def show() -> str:
    """Show the queue."""
    with here().works.read(shell.actor()) as work:
        queue = _queue(work)
        page = shell.Page("Hand-offs", NAV)
        return shell.show(
            "handoffs", page, work, queue=queue, panel=None, current=0, **_extras(work)
        )


@doors.get("/handoffs/rows")
@permits()
def rows() -> str:
    """Give the lines and the counts of the queue anew; the page asks for them each minute."""
    with here().works.read(shell.actor()) as work:
        at = read_id(request.args.get("current", "")) or 0
        return shell.part("_handoff_live", work, queue=_queue(work), current=at)


@doors.get("/handoffs/<int:handoff_id>/left")
@permits()
def left(handoff_id: int) -> str:
    """Give the time that is left of one hand-off anew."""
    with here().works.read(shell.actor()) as work:
        panel = panel_of(work, _seen(work, handoff_id), reader=shell.me())
        return shell.part("_handoff_left", work, one=panel.row)


@doors.get("/handoffs/<int:handoff_id>")
@permits()
def open_one(handoff_id: int) -> str:
    """Show one hand-off beside the queue; on a phone it is a page of its own."""
    with here().works.read(shell.actor()) as work:
        return _opened(work, handoff_id)


@doors.post("/handoffs/<int:handoff_id>/answer")
@permits()
def answer(handoff_id: int) -> Response | tuple[str, int]:
    """Note an answer; ten minutes to take it back."""
    chosen = request.form.get("answer", "")
    try:
        with here().works.begin(shell.actor()) as work:
            _mine(work, handoff_id)
            _act(work, handoff_id, chosen)
    except Invalid as refusal:
        with here().works.read(shell.actor()) as work:
            return _opened(work, handoff_id, problem=refusal.sentence), 422
    shell.say(DONE[chosen])
    return redirect(url_for("handoffs.open_one", handoff_id=handoff_id), HTTPStatus.SEE_OTHER)


@doors.post("/handoffs/<int:handoff_id>/give")
@permits()
def give(handoff_id: int) -> Response:
    """Give a lead to somebody else; their time starts anew."""
    to = read_id(request.form.get("to", ""))
    if to is None:
        raise Invalid("Choose who gets this lead.")
    with here().works.begin(shell.actor()) as work:
        _mine(work, handoff_id)
        sell.redirect(work, handoff_id, to=UserId(to), hands=here().hands)
        name = users.get(work, UserId(to)).name
    shell.say(f"Given to {name}.")
    return redirect(url_for("handoffs.show"), HTTPStatus.SEE_OTHER)


def _opened(work: Work, handoff_id: int, *, problem: str = "") -> str:
    panel = panel_of(work, _seen(work, handoff_id), reader=shell.me())
    page = shell.Page(panel.row.lead, NAV, crumbs=[("Hand-offs", url_for("handoffs.show"))])
    return shell.show(
        "handoffs",
        page,
        work,
        queue=_queue(work),
        panel=panel,
        problem=problem,
        current=panel.row.id,
        **_extras(work),
    )


def _extras(work: Work) -> dict[str, object]:
    return {
        "reasons": sell.sent_back(work), "typed": request.form,
        "asked": request.args.get("show", ""),
    }  # fmt: skip


def _queue(work: Work) -> Queue:
    reader = shell.me()
    visible = _visible(work, reader)
    mine = team.my_people(work) if request.args.get("team") else []
    offers = team.with_people(visible, mine)
    staff = {one.id: one for one in users.everybody(work)}
    view = request.args.get("view", "all")
    view = view if view in VIEWS else "all"
    loads = person_loads(work, visible) if reader.has(*READERS) else ()
    asked = request.args.get("person", "")
    person = next((one for one in loads if str(one.id) == asked), None)
    cut = [
        one for one in offers
        if _in(one, view, reader, work) and (person is None or one.owner_id == person.id)
    ]  # fmt: skip
    return Queue(
        sentence=_sentence(offers, work, whose="your people" if mine else "sales"),
        tabs=_tabs(offers, reader, work), view=view,
        rows=handoff_rows(
            cut, people=leads.by_ids(work, [one.lead_id for one in cut]), staff=staff,
            reader=reader, now=work.now,
        ),
        loads=loads, person=person, everybody=reader.has(*READERS), team=bool(mine),
    )  # fmt: skip


def _visible(work: Work, reader: UserCard) -> list[HandoffView]:
    mine = None if reader.has(*READERS) else reader.id
    return handoff.waiting_for(work, owner_id=mine)


def _in(offer: HandoffView, view: str, reader: UserCard, work: Work) -> bool:
    match view:
        case "mine":
            return offer.owner_id == reader.id or offer.queue == reader.handle
        case "late":
            return offer.due_at <= work.now
        case "all":
            return True
        case _:
            return offer.state is STATES[view]


def _tabs(offers: Sequence[HandoffView], reader: UserCard, work: Work) -> tuple[QueueTab, ...]:
    names = [one for one in VIEWS if one != "mine" or reader.has(*READERS)]
    return tuple(
        QueueTab(name, TAB_WORDS[name], sum(_in(one, name, reader, work) for one in offers))
        for name in names
    )


def _sentence(offers: Sequence[HandoffView], work: Work, *, whose: str) -> str:
    if not offers:
        return "Nobody waits for an answer."
    late = sum(one.due_at <= work.now for one in offers)
    offered = sum(one.state is HandoffState.OFFERED for one in offers)
    parts = [f"{len(offers)} with {whose}"]
    parts.append(f"{late} late" if late else "none late")
    parts.append(f"{offered} to accept")
    return ", ".join(parts) + "."


def _seen(work: Work, handoff_id: int) -> HandoffView:
    offer = handoff.get(work, handoff_id)
    if not sees(shell.me(), offer):
        # Somebody else's lead looks as one that does not exist.
        raise NotFound("This hand-off does not exist.")
    return offer


def _mine(work: Work, handoff_id: int) -> None:
    offer = _seen(work, handoff_id)
    owner = users.find(work, offer.owner_id) if offer.owner_id is not None else None
    if not answers_for(shell.me(), offer, owner):
        raise Forbidden("Only the owner of this lead, or their manager, answers for it.")


def _act(work: Work, handoff_id: int, chosen: str) -> None:
    by, hands = shell.me().id, here().hands
    match chosen:
        case "accept":
            sell.accept(work, handoff_id, by=by)
        case "spoke":
            sell.contacted(work, handoff_id, by=by)
        case "no_answer":
            sell.no_answer(work, handoff_id, hands=hands, by=by)
        case "not_a_fit":
            sell.reject(work, handoff_id, rejection=_rejection(work), hands=hands)
        case "won":
            sell.close(work, handoff_id, hands=hands, note=_note())
        case "undo":
            _undo(work, handoff_id)
        case _:
            raise Invalid("Choose one of the answers.")


def _undo(work: Work, handoff_id: int) -> None:
    panel: HandoffPanel = panel_of(work, handoff.get(work, handoff_id), reader=shell.me())
    if panel.undo_until is None:
        raise Invalid("There is no answer of yours to take back any more.")
    sell.undo(work, handoff_id, hands=here().hands)


def _rejection(work: Work) -> Rejection:
    try:
        reason = RejectReason(request.form.get("reason", ""))
    except ValueError as error:
        raise Invalid("Choose why: the reason decides what happens next.") from error
    given = request.form.get("wake_on", "") if sell.sent_back(work)[reason].asks_date else ""
    try:
        wake_on = date.fromisoformat(given) if given else None
    except ValueError as error:
        raise Invalid("Write the day as year-month-day, such as 2026-09-01.") from error
    return Rejection(reason, note=_note(), wake_on=wake_on)


def _note() -> str:
    return request.form.get("note", "").strip()[:LONGEST_NOTE]
