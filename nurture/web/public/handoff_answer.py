"""The answer page of the alert mail: GET shows the lead, POST answers, ten minutes to change it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from flask import redirect, request
from werkzeug.wrappers import Response

from campaigns.vocabulary import HandoffState
from nurture import handoff, leads, users
from nurture.handoff import UNDO_WITHIN, HandoffEventView, HandoffView
from nurture.kernel.errors import Conflict, Invalid, Refusal
from nurture.kernel.tokens import BadToken, Purpose, verify
from nurture.kernel.types import UserId
from nurture.kernel.work import Work
from nurture.leads import LeadView
from nurture.usecases.sales import handoff_answers
from nurture.usecases.sales.alerts import ANSWERS
from nurture.users import UserCard
from nurture.web import security
from nurture.web.answering import note_answer
from nurture.web.current import here
from nurture.web.public.handoff_words import OfferWords, spoken
from nurture.web.public.public_frame import firm_of, show
from nurture.web.time_left import countdown

OPEN_FOR = timedelta(days=60)
"""An old alert mail, wherever it went, must not show a lead for ever."""
NOT_A_FIT = "not_a_fit"
UNDO = "undo"
OPEN_TO = {
    HandoffState.OFFERED: ANSWERS,
    HandoffState.ACCEPTED: ("spoke", "no_answer", NOT_A_FIT),
    HandoffState.CONTACTED: ("won", NOT_A_FIT, "no_answer"),
    HandoffState.CLOSED: (),
}
ANSWERED = frozenset(
    str(one)
    for one in handoff.HandoffAnswer
    if one
    not in (
        handoff.HandoffAnswer.REDIRECT,
        handoff.HandoffAnswer.REASSIGN,
        handoff.HandoffAnswer.WITHDRAW,
    )
)


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """What the link of an alert mail stands for."""

    handoff_id: int
    user_id: UserId
    answer: str


@dataclass(frozen=True, slots=True)
class AnswerScene:
    """An offer as the page shows it to one reader."""

    asked: AnswerRequest
    offer: HandoffView
    reader: UserCard
    owner: UserCard | None
    person: LeadView
    last: HandoffEventView | None
    now: datetime
    staff: Mapping[UserId, UserCard]

    @property
    def theirs(self) -> bool:
        """Tell whether this reader may answer: whose it is now, or whoever watches over them.

        What waits in a queue is that of the person whose queue it is; who had it before has not.
        """
        if self.owner is None and self.offer.queue is None:
            return True
        return users.acts_for(self.reader, self.owner, self.staff)

    @property
    def choices(self) -> tuple[str, ...]:
        """Name the answers that make sense now."""
        return OPEN_TO[self.offer.state] if self.theirs else ()

    @property
    def first(self) -> str:
        """Name the likely answer, the link's while it makes sense; after a talk none is."""
        if self.offer.state is HandoffState.CONTACTED or not self.choices:
            return ""
        return self.asked.answer if self.asked.answer in self.choices else self.choices[0]

    @property
    def noted(self) -> str:
        """Name the answer that this reader gave last, "" when something else came after it."""
        mine = self.last is not None and self.last.actor == f"user:{self.reader.id}"
        return self.last.kind if self.last and mine and self.last.kind in ANSWERED else ""

    @property
    def until(self) -> datetime | None:
        """Tell how long the last answer can be changed."""
        if not self.noted or self.last is None or self.now - self.last.at > UNDO_WITHIN:
            return None
        return self.last.at + UNDO_WITHIN


@security.public
def ask_for_answer(token: str) -> str:
    """Show the lead and the answers."""
    asked = _asked(token)
    with here().works.read(f"user:{asked.user_id}") as work:
        scene = _scene(work, asked)
        return _page(work, token, scene, why=_asks_why(scene))


@security.public
def answer(token: str) -> Response | tuple[str, int]:
    """Note an answer; without one in the form it is the one that the link was for."""
    asked = _asked(token)
    runtime = here()
    try:
        with runtime.works.begin(f"user:{asked.user_id}") as work:
            _act(work, _scene(work, asked))
    except (Conflict, Invalid) as refusal:
        return _refused(token, asked, refusal)
    return redirect(f"/answer/{token}", HTTPStatus.SEE_OTHER)


def _act(work: Work, scene: AnswerScene) -> None:
    chosen = request.form.get("answer") or scene.asked.answer
    if chosen == UNDO:
        _undo(work, scene)
    elif scene.theirs:
        note_answer(work, scene.offer.id, chosen, by=scene.reader.id)
    else:
        raise Conflict(f"{_name(scene.owner)} looks after this lead now.")


def _undo(work: Work, scene: AnswerScene) -> None:
    if not scene.noted:
        raise Conflict("Something else has happened since your answer. It cannot be changed.")
    handoff_answers.undo(work, scene.offer.id)


def _asked(token: str) -> AnswerRequest:
    oldest = here().clock.machine() - OPEN_FOR
    signed = verify(here().keyring, Purpose.ANSWER, token, not_before=oldest)
    handoff_id, user_id, wanted = signed.subject.split(":")
    return AnswerRequest(int(handoff_id), UserId(int(user_id)), wanted)


def _scene(work: Work, asked: AnswerRequest) -> AnswerScene:
    offer = handoff.get(work, asked.handoff_id)
    reader = users.find(work, asked.user_id)
    if reader is None or not reader.active:
        raise BadToken
    owner = _owner(work, offer)
    events = handoff.events(work, offer.id)
    return AnswerScene(
        asked=asked,
        offer=offer,
        reader=reader,
        owner=owner,
        person=leads.get(work, offer.lead_id),
        last=events[-1] if events else None,
        now=work.now,
        staff={one.id: one for one in users.everybody(work)},
    )


def _owner(work: Work, offer: HandoffView) -> UserCard | None:
    """Find whose lead this is: its owner, or the person whose queue it waits in."""
    if offer.owner_id is not None:
        return users.find(work, offer.owner_id)
    return next((one for one in users.everybody(work) if one.handle == offer.queue), None)


def _asks_why(scene: AnswerScene) -> bool:
    wanted = request.args.get("show") == "reasons" or scene.asked.answer == NOT_A_FIT
    plain = request.args.get("show") == "lead"
    return wanted and not plain and not scene.noted and NOT_A_FIT in scene.choices


def _refused(token: str, asked: AnswerRequest, refusal: Refusal) -> tuple[str, int]:
    invalid = isinstance(refusal, Invalid)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if invalid else HTTPStatus.CONFLICT
    with here().works.read(f"user:{asked.user_id}") as work:
        scene = _scene(work, asked)
        why = invalid and NOT_A_FIT in scene.choices
        return _page(work, token, scene, why=why, problem=refusal.sentence), status


def _page(work: Work, token: str, scene: AnswerScene, *, why: bool, problem: str = "") -> str:
    firm = firm_of(work)
    said: OfferWords = spoken(scene.offer, scene.person, scene.reader, now=work.now)
    return show(
        "reasons" if why else "answer",
        firm,
        scene=scene,
        said=said,
        token=token,
        problem=problem,
        reasons=handoff_answers.sent_back(work),
        typed=request.form,
        tomorrow=said.today + timedelta(days=1),
        owner=_name(scene.owner),
        left=countdown(scene.offer, scene.owner, work.now),
    )


def _name(person: UserCard | None) -> str:
    return person.name if person else "Nobody"
