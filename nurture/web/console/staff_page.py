"""Who works here: who may log in, and taking that away with all that they have in hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from campaigns.vocabulary import Role
from nurture import handoff, users
from nurture.kernel.errors import Conflict, Invalid, NotFound, Refusal
from nurture.kernel.types import UserId
from nurture.kernel.work import Work
from nurture.usecases.desk import departure
from nurture.usecases.desk.departure import OpenWork
from nurture.users import UserCard
from nurture.web.console import page_frame
from nurture.web.console.handoff_view import PersonLoad, person_loads
from nurture.web.console.task_scope import team
from nurture.web.current import here
from nurture.web.ids import read_id
from nurture.web.security import permits

blueprint = Blueprint("staff", __name__)
NAV = "staff.show"
OVERSEERS = (Role.MANAGER, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class StaffLine:
    """One person of ours."""

    card: UserCard
    roles: str
    manager: str
    deputy: str
    load: PersonLoad | None
    mine: bool
    """It is the reader."""


@dataclass(frozen=True, slots=True)
class LeavingPerson:
    """Somebody who is about to be disabled, and who may take over."""

    card: UserCard
    held: OpenWork
    heir: UserCard | None
    others: tuple[UserCard, ...]


@blueprint.get("/people")
@permits(*OVERSEERS)
def show() -> str:
    """List who works here, for an admin all, for a manager their own people."""
    with here().works.read(page_frame.actor()) as work:
        lines = _lines(work)
        gone = sum(not one.card.active for one in lines)
        page = page_frame.PageInfo("People", NAV)
        return page_frame.show("people", page, work, lines=lines, gone=gone)


@blueprint.get("/people/<int:user_id>/disable")
@permits(*OVERSEERS)
def ask(user_id: int) -> str:
    """Say what would happen; nothing is changed."""
    with here().works.read(page_frame.actor()) as work:
        return _asked(work, user_id)


@blueprint.post("/people/<int:user_id>/disable")
@permits(*OVERSEERS)
def disable(user_id: int) -> Response | tuple[str, int]:
    """End somebody's sessions and answer links, and hand their work over."""
    to = read_id(request.form.get("to", ""))
    try:
        with here().works.begin(page_frame.actor()) as work:
            card = _theirs(work, user_id)
            heir = UserId(to) if to is not None else None
            done = departure.disable(work, card.id, to=heir, notify=here().notify)
    except (Invalid, Conflict) as refusal:
        return _again(user_id, refusal)
    page_frame.say(departure.told(done))
    return redirect(url_for("staff.show"), HTTPStatus.SEE_OTHER)


@blueprint.post("/people/<int:user_id>/enable")
@permits(*OVERSEERS)
def enable(user_id: int) -> Response:
    """Let somebody in again."""
    with here().works.begin(page_frame.actor()) as work:
        card = departure.enable(work, _theirs(work, user_id).id)
    page_frame.say(f"{card.name} can log in again. What was handed over stays where it is.")
    return redirect(url_for("staff.show"), HTTPStatus.SEE_OTHER)


def my_people(work: Work) -> list[UserCard]:
    """List whom this reader may disable: an admin everybody else, a manager their team."""
    staff, me = users.everybody(work), page_frame.me()
    found = staff if me.has(Role.ADMIN) else team(me, staff)
    return [one for one in found if one.id != me.id]


def _lines(work: Work) -> list[StaffLine]:
    staff = {one.id: one for one in users.everybody(work)}
    loads = {one.id: one for one in person_loads(work, handoff.waiting_counts(work))}
    shown = sorted(
        [page_frame.me(), *my_people(work)], key=lambda one: (not one.active, one.name, one.id)
    )
    return [
        StaffLine(
            card=one,
            roles=_roles(one),
            manager=_name(staff.get(one.manager_id or UserId(0))),
            deputy=_name(staff.get(one.deputy_id or UserId(0))),
            load=loads.get(one.id),
            mine=one.id == page_frame.me().id,
        )
        for one in shown
    ]


def _roles(card: UserCard) -> str:
    return ", ".join(sorted(str(role) for role in card.roles)).capitalize()


def _name(card: UserCard | None) -> str:
    return card.name if card is not None else ""


def _theirs(work: Work, user_id: int) -> UserCard:
    found = next((one for one in my_people(work) if one.id == user_id), None)
    if found is None:
        # Somebody else's people look as if they did not exist.
        raise NotFound("There is no such person among yours.")
    return found


def _asked(work: Work, user_id: int, *, problem: str = "") -> str:
    card = _theirs(work, user_id)
    if not card.active:
        raise Conflict(f"{card.name} is disabled already.")
    others: Sequence[UserCard] = [
        one for one in users.everybody(work) if one.active and one.id != card.id
    ]
    leaver = LeavingPerson(
        card, departure.in_hand(work, card), departure.stand_in(work, card), tuple(others)
    )
    page = page_frame.PageInfo(f"Disable {card.name}", NAV, [("People", url_for("staff.show"))])
    return page_frame.show(
        "person_disable", page, work, leaver=leaver, problem=problem, counted=departure.counted
    )


def _again(user_id: int, refusal: Refusal) -> tuple[str, int]:
    with here().works.read(page_frame.actor()) as work:
        page = _asked(work, user_id, problem=refusal.sentence)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY
