"""Hand-offs: who waits for an answer, the most pressing first, and what to answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from campaigns.vocabulary import HandoffState
from nurture import handoff, leads, users
from nurture.handoff import HandoffView, OfferFilter, OfferScope, Waits
from nurture.kernel.errors import Forbidden, Invalid, NotFound
from nurture.kernel.types import UserId
from nurture.kernel.work import Work
from nurture.usecases.sales import handoff_answers
from nurture.users import UserCard
from nurture.web import formatting as forms
from nurture.web.answering import note_answer
from nurture.web.console import page_frame, team_page
from nurture.web.console.handoff_view import (
    READERS,
    HandoffPanel,
    HandoffRow,
    PersonLoad,
    answers_for,
    handoff_rows,
    others,
    panel_of,
    person_loads,
    sees,
    whose,
)
from nurture.web.current import here
from nurture.web.ids import read_id
from nurture.web.security import permits

blueprint = Blueprint("handoffs", __name__)
NAV = "handoffs.show"
SHOWN = 100
FARTHEST = 1_000_000
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
class HandoffList:
    """The offers that one reader sees, cut as they asked."""

    sentence: str
    tabs: tuple[QueueTab, ...]
    view: str
    rows: tuple[HandoffRow, ...]
    total: int
    """How many the cut holds; `rows` are some of them."""
    first: int
    """How many of them come before the rows."""
    back: int
    """Where the rows before these begin."""
    kept: Mapping[str, str | int]
    """The cut as parts of an address."""
    loads: tuple[PersonLoad, ...]
    person: PersonLoad | None
    everybody: bool
    team: bool
    """Only those of the reader's people are shown."""


@blueprint.get("/handoffs")
@permits()
def show() -> str:
    """Show the queue."""
    with here().works.read(page_frame.actor()) as work:
        queue = _queue(work)
        page = page_frame.PageInfo("Hand-offs", NAV)
        return page_frame.show(
            "handoffs", page, work, queue=queue, panel=None, current=0, **_extras(work)
        )


@blueprint.get("/handoffs/rows")
@permits()
def rows() -> str:
    """Give the lines and the counts of the queue anew; the page asks for them each minute."""
    with here().works.read(page_frame.actor()) as work:
        at = read_id(request.args.get("current", "")) or 0
        return page_frame.part("_handoff_live", work, queue=_queue(work), current=at)


@blueprint.get("/handoffs/<int:handoff_id>/left")
@permits()
def left(handoff_id: int) -> str:
    """Give the time that is left of one hand-off anew."""
    with here().works.read(page_frame.actor()) as work:
        panel = panel_of(work, _seen(work, handoff_id), reader=page_frame.me())
        return page_frame.part("_handoff_left", work, one=panel.row)


@blueprint.get("/handoffs/<int:handoff_id>")
@permits()
def open_one(handoff_id: int) -> str:
    """Show one hand-off beside the queue; on a phone it is a page of its own."""
    with here().works.read(page_frame.actor()) as work:
        return _opened(work, handoff_id)


@blueprint.post("/handoffs/<int:handoff_id>/answer")
@permits()
def answer(handoff_id: int) -> Response | tuple[str, int]:
    """Note an answer; ten minutes to take it back."""
    chosen = request.form.get("answer", "")
    try:
        with here().works.begin(page_frame.actor()) as work:
            _mine(work, handoff_id)
            _act(work, handoff_id, chosen)
    except Invalid as refusal:
        with here().works.read(page_frame.actor()) as work:
            return _opened(work, handoff_id, problem=refusal.sentence), 422
    page_frame.say(DONE[chosen])
    where = _kept_in(url_for("handoffs.open_one", handoff_id=handoff_id))
    return redirect(where, HTTPStatus.SEE_OTHER)


@blueprint.post("/handoffs/<int:handoff_id>/give")
@permits()
def give(handoff_id: int) -> Response:
    """Give a lead to somebody else; their time starts anew."""
    to = read_id(request.form.get("to", ""))
    if to is None:
        raise Invalid("Choose who gets this lead.")
    with here().works.begin(page_frame.actor()) as work:
        offer = _mine(work, handoff_id)
        staff = {one.id: one for one in users.everybody(work)}
        if to not in [one for one, _, _ in others(work, offer, page_frame.me(), staff)]:
            # Another team's dealer reads as somebody who is not there.
            raise Invalid("Choose who gets this lead: somebody of the list.")
        handoff_answers.redirect(work, handoff_id, to=UserId(to), notify=here().notify)
        name = users.get(work, UserId(to)).name
    page_frame.say(f"Given to {name}.")
    return redirect(_kept_in(url_for("handoffs.show")), HTTPStatus.SEE_OTHER)


def _opened(work: Work, handoff_id: int, *, problem: str = "") -> str:
    panel = panel_of(work, _seen(work, handoff_id), reader=page_frame.me())
    page = page_frame.PageInfo(
        panel.row.lead, NAV, crumbs=[("Hand-offs", _kept_in(url_for("handoffs.show")))]
    )
    return page_frame.show(
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
        "reasons": handoff_answers.sent_back(work),
        "typed": request.form,
        "asked": request.args.get("show", ""),
    }


def _queue(work: Work) -> HandoffList:
    reader, kept = page_frame.me(), _kept()
    mine = team_page.my_people(work) if "team" in kept else []
    base = () if reader.has(*READERS) else (OfferScope(frozenset({reader.id})),)
    counts = handoff.waiting_counts(work, OfferFilter((*base, *team_page.with_people(mine))))
    view, skip = str(kept.get("view", "all")), int(kept.get("from", 0))
    loads = person_loads(work, handoff.waiting_counts(work)) if reader.has(*READERS) else ()
    person = next((one for one in loads if one.id == kept.get("person")), None)
    theirs = (OfferScope.one(UserId(person.id), person.handle),) if person else ()
    filter_ = _cut(view, reader, (*base, *team_page.with_people(mine), *theirs))
    offers = handoff.waiting_for(work, filter_, limit=SHOWN, skip=skip)
    return HandoffList(
        sentence=_sentence(counts, whose="your people" if mine else "sales"),
        tabs=_tabs(counts, reader),
        view=view,
        rows=handoff_rows(
            offers,
            people=leads.by_ids(work, [one.lead_id for one in offers]),
            staff={one.id: one for one in users.everybody(work)},
            reader=reader,
            now=work.now,
        ),
        total=handoff.total(handoff.waiting_counts(work, filter_)),
        first=skip,
        back=max(skip - SHOWN, 0),
        kept=kept,
        loads=loads,
        person=person,
        everybody=reader.has(*READERS),
        team=bool(mine),
    )


def _kept() -> dict[str, str | int]:
    """Give the reader's cut of the queue as parts of an address: it stays while they answer."""
    found: dict[str, str | int] = {}
    if (view := request.args.get("view", "all")) in VIEWS and view != "all":
        found["view"] = view
    if (person := read_id(request.args.get("person", ""))) is not None:
        found["person"] = person
    if request.args.get("team"):
        found["team"] = 1
    if skip := read_id(request.args.get("from", "")):
        found["from"] = min(skip, FARTHEST)
    return found


def _kept_in(where: str) -> str:
    return f"{where}?{urlencode(kept)}" if (kept := _kept()) else where


def _cut(view: str, reader: UserCard, whose: tuple[OfferScope, ...]) -> OfferFilter:
    if view == "mine":
        whose = (*whose, OfferScope.one(reader.id, reader.handle))
    return OfferFilter(whose, state=STATES.get(view), late=view == "late")


def _in(one: Waits, view: str, reader: UserCard) -> bool:
    match view:
        case "mine":
            return OfferScope.one(reader.id, reader.handle).have(one)
        case "late":
            return one.late
        case "all":
            return True
        case _:
            return one.state is STATES[view]


def _tabs(counts: Sequence[Waits], reader: UserCard) -> tuple[QueueTab, ...]:
    names = [one for one in VIEWS if one != "mine" or reader.has(*READERS)]
    return tuple(
        QueueTab(
            name,
            TAB_WORDS[name],
            handoff.total([one for one in counts if _in(one, name, reader)]),
        )
        for name in names
    )


def _sentence(counts: Sequence[Waits], *, whose: str) -> str:
    if not counts:
        return "Nobody waits for an answer."
    late = handoff.late(counts)
    offered = handoff.total([one for one in counts if one.state is HandoffState.OFFERED])
    parts = [f"{forms.number(handoff.total(counts))} with {whose}"]
    parts.append(f"{forms.number(late)} late" if late else "none late")
    parts.append(f"{forms.number(offered)} to accept")
    return ", ".join(parts) + "."


def _seen(work: Work, handoff_id: int) -> HandoffView:
    offer = handoff.get(work, handoff_id)
    if not sees(page_frame.me(), offer):
        # Somebody else's lead looks as one that does not exist.
        raise NotFound("This hand-off does not exist.")
    return offer


def _mine(work: Work, handoff_id: int) -> HandoffView:
    offer = _seen(work, handoff_id)
    staff = {one.id: one for one in users.everybody(work)}
    if not answers_for(page_frame.me(), whose(offer, staff), staff):
        raise Forbidden("Only the owner of this lead, or their own manager, answers for it.")
    return offer


def _act(work: Work, handoff_id: int, chosen: str) -> None:
    if chosen == "undo":
        _undo(work, handoff_id)
    else:
        note_answer(work, handoff_id, chosen, by=page_frame.me().id)


def _undo(work: Work, handoff_id: int) -> None:
    panel: HandoffPanel = panel_of(work, handoff.get(work, handoff_id), reader=page_frame.me())
    if panel.undo_until is None:
        raise Invalid("There is no answer of yours to take back any more.")
    handoff_answers.undo(work, handoff_id)
