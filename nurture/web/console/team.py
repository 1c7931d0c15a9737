"""A manager's team: who has how much, who is away from when to when; set it and end it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from campaigns.vocabulary import Role
from nurture import handoff, users
from nurture.handoff import HandoffView
from nurture.kernel.errors import Forbidden, Invalid
from nurture.kernel.work import Work
from nurture.users import AbsenceRow, UserCard
from nurture.web.console import shell
from nurture.web.console.handoff_view import PersonLoad, person_loads
from nurture.web.console.reach import team
from nurture.web.current import here
from nurture.web.security import permits

OVERSEERS = (Role.MANAGER, Role.ADMIN)
doors = Blueprint("team", __name__)


@dataclass(frozen=True, slots=True)
class Away:
    """One stretch in which somebody gets no new leads."""

    id: int
    name: str
    since: datetime
    last: datetime
    """An instant of the last day."""
    now: bool


@dataclass(frozen=True, slots=True)
class Team:
    """What a manager's home says of the people."""

    loads: tuple[PersonLoad, ...]
    away: tuple[Away, ...]
    people: tuple[UserCard, ...]
    """Whose absences this reader may set."""
    offers: tuple[HandoffView, ...]
    late: int
    with_sales: int
    """Everybody's open hand-offs, and the late ones of them: what the list of late ones shows."""
    late_of_all: int
    today: date


def is_home() -> bool:
    """Tell whether this reader's home is the team: managers who do not do marketing."""
    return shell.me().has(Role.MANAGER) and not shell.me().has(Role.MARKETER, Role.ADMIN)


def team_of(work: Work) -> Team:
    """Look at the people who report to this reader; at all who get leads, where nobody does."""
    people = _people(work)
    offers = handoff.waiting_for(work)
    me, ids = shell.me(), {one.id for one in people}
    theirs = tuple(
        one for one in offers
        if not people or one.owner_id in {*ids, me.id} or one.queue == me.handle
    )  # fmt: skip
    loads = person_loads(work, offers)
    rows = users.absences_of(work, [one.id for one in people], since=work.now)
    names = {one.id: one.name for one in people}
    return Team(
        loads=tuple(one for one in loads if not people or one.id in ids),
        away=tuple(
            Away(
                one.id, names[one.user_id], one.begins_at, one.ends_at - timedelta(seconds=1),
                one.begins_at <= work.now,
            )
            for one in rows
        ),
        people=tuple(people), offers=theirs,
        late=sum(one.due_at <= work.now for one in theirs),
        with_sales=len(offers), late_of_all=sum(one.due_at <= work.now for one in offers),
        today=shell.eye().local(work.now).date(),
    )  # fmt: skip


@doors.post("/team/absences")
@permits(*OVERSEERS)
def note() -> Response:
    """Note that somebody is away; new leads go to others meanwhile."""
    with here().works.begin(shell.actor()) as work:
        asked = request.form.get("who", "")
        who = next((one for one in _people(work) if str(one.id) == asked), None)
        if who is None:
            raise Invalid("Choose who is away: somebody of your team.")
        first, last = _day("first"), _day("last")
        begins, ends = _midnight(first, who.zone), _midnight(last + timedelta(days=1), who.zone)
        if ends <= work.now:
            raise Invalid("These days are over. Choose days to come.")
        users.add_absence(work, who.id, begins_at=begins, ends_at=ends)
    shell.say(f"{who.name} gets no new leads on these days.")
    return redirect("/", HTTPStatus.SEE_OTHER)


@doors.post("/team/absences/<int:absence_id>/end")
@permits(*OVERSEERS)
def end(absence_id: int) -> Response:
    """End an absence now; one that has not begun is taken back."""
    with here().works.begin(shell.actor()) as work:
        row: AbsenceRow = users.get_absence(work, absence_id)
        who = next((one for one in _people(work) if one.id == row.user_id), None)
        if who is None:
            raise Forbidden("Only the manager of this person ends their absence.")
        users.end_absence(work, absence_id)
    shell.say(f"{who.name} gets new leads again.")
    return redirect("/", HTTPStatus.SEE_OTHER)


def _people(work: Work) -> list[UserCard]:
    """List whose absences this reader may set: the team; an admin's are all."""
    staff, me = users.everybody(work), shell.me()
    found = staff if me.has(Role.ADMIN) else team(me, staff)
    return [one for one in found if one.active and one.channel is not None]


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError as error:
        raise Invalid("Choose the first and the last day of the absence.") from error


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
