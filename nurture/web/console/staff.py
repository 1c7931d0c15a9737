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
from nurture.usecases import leaving
from nurture.usecases.leaving import InHand
from nurture.users import UserCard
from nurture.web.console import shell
from nurture.web.console.handoff_view import PersonLoad, person_loads
from nurture.web.console.reach import team
from nurture.web.current import here
from nurture.web.ids import read_id
from nurture.web.security import permits

doors = Blueprint("staff", __name__)
NAV = "staff.show"
OVERSEERS = (Role.MANAGER, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Line:
    """One person of ours."""

    card: UserCard
    roles: str
    manager: str
    deputy: str
    load: PersonLoad | None
    mine: bool
    """It is the reader."""


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody who is about to be disabled, and who may take over."""

    card: UserCard
    held: InHand
    heir: UserCard | None
    others: tuple[UserCard, ...]


@doors.get("/people")
@permits(*OVERSEERS)
def show() -> str:
    """List who works here, for an admin all, for a manager their own people."""
    with here().works.read(shell.actor()) as work:
        lines = _lines(work)
        gone = sum(not one.card.active for one in lines)
        page = shell.Page("People", NAV)
        return shell.show("people", page, work, lines=lines, gone=gone)


@doors.get("/people/<int:user_id>/disable")
@permits(*OVERSEERS)
def ask(user_id: int) -> str:
    """Say what would happen; nothing is changed."""
    with here().works.read(shell.actor()) as work:
        return _asked(work, user_id)


@doors.post("/people/<int:user_id>/disable")
@permits(*OVERSEERS)
def disable(user_id: int) -> Response | tuple[str, int]:
    """End somebody's sessions and answer links, and hand their work over."""
    to = read_id(request.form.get("to", ""))
    try:
        with here().works.begin(shell.actor()) as work:
            card = _theirs(work, user_id)
            heir = UserId(to) if to is not None else None
            done = leaving.disable(work, card.id, to=heir, notify=here().notify)
    except (Invalid, Conflict) as refusal:
        return _again(user_id, refusal)
    shell.say(leaving.told(done))
    return redirect(url_for("staff.show"), HTTPStatus.SEE_OTHER)


@doors.post("/people/<int:user_id>/enable")
@permits(*OVERSEERS)
def enable(user_id: int) -> Response:
    """Let somebody in again."""
    with here().works.begin(shell.actor()) as work:
        card = leaving.enable(work, _theirs(work, user_id).id)
    shell.say(f"{card.name} can log in again. What was handed over stays where it is.")
    return redirect(url_for("staff.show"), HTTPStatus.SEE_OTHER)


def my_people(work: Work) -> list[UserCard]:
    """List whom this reader may disable: an admin everybody else, a manager their team."""
    staff, me = users.everybody(work), shell.me()
    found = staff if me.has(Role.ADMIN) else team(me, staff)
    return [one for one in found if one.id != me.id]


def _lines(work: Work) -> list[Line]:
    staff = {one.id: one for one in users.everybody(work)}
    loads = {one.id: one for one in person_loads(work, handoff.waiting_counts(work))}
    shown = sorted(
        [shell.me(), *my_people(work)], key=lambda one: (not one.active, one.name, one.id)
    )
    return [
        Line(
            card=one,
            roles=_roles(one),
            manager=_name(staff.get(one.boss_id or UserId(0))),
            deputy=_name(staff.get(one.deputy_id or UserId(0))),
            load=loads.get(one.id),
            mine=one.id == shell.me().id,
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
    leaver = Leaver(card, leaving.in_hand(work, card), leaving.stand_in(work, card), tuple(others))
    page = shell.Page(f"Disable {card.name}", NAV, [("People", url_for("staff.show"))])
    return shell.show(
        "person_disable", page, work, leaver=leaver, problem=problem, counted=leaving.counted
    )


def _again(user_id: int, refusal: Refusal) -> tuple[str, int]:
    with here().works.read(shell.actor()) as work:
        page = _asked(work, user_id, problem=refusal.sentence)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY
