"""A manager's team: who has how much, who is away from when to when; set it and end it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from campaigns.vocabulary import Role
from nurture import handoff, users
from nurture.handoff import OfferFilter, OfferScope
from nurture.kernel.errors import Forbidden, Invalid
from nurture.kernel.work import Work
from nurture.users import AbsenceRow, UserCard
from nurture.web.console import page_frame
from nurture.web.console.handoff_view import PersonLoad, person_loads
from nurture.web.console.task_scope import team
from nurture.web.current import here
from nurture.web.formatting import Viewer
from nurture.web.security import permits

FAR = timedelta(days=730)
"""No absence is planned or remembered longer."""
ABSENCE = ("who", "first", "last")
"""The fields of its form."""
LONGEST_TYPED = 20
OVERSEERS = (Role.MANAGER, Role.ADMIN)
blueprint = Blueprint("team", __name__)


@dataclass(frozen=True, slots=True)
class AbsenceLine:
    """One stretch in which somebody gets no new leads."""

    id: int
    name: str
    first: str
    last: str
    """The days in words, as the one who is away has them."""
    now: bool


@dataclass(frozen=True, slots=True)
class TypedAbsence:
    """What was typed into the form of an absence, and why it will not do."""

    who: str = ""
    first: str = ""
    last: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AbsenceRequest:
    """An absence to be noted: from the first midnight to the one after the last day."""

    who: UserCard
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class TeamAbsences:
    """Who is away, for whoever may set it."""

    away: tuple[AbsenceLine, ...]
    people: tuple[UserCard, ...]
    """Whose absences this reader may set."""
    today: date
    typed: TypedAbsence


@dataclass(frozen=True, slots=True)
class Team:
    """What a manager's home says of the people."""

    loads: tuple[PersonLoad, ...]
    rota: TeamAbsences
    filter_: OfferFilter
    """Which offers are theirs."""
    total: int
    late: int
    own: bool
    """These are the reader's people; else nobody reports to them, and they see all."""

    @property
    def href(self) -> str:
        """Open the list that is as long as `total`."""
        return url_for("handoffs.show", team=1 if self.own else None)


def is_home() -> bool:
    """Tell whether this reader's home is the team: managers who do not do marketing."""
    return page_frame.me().has(Role.MANAGER) and not page_frame.me().has(Role.MARKETER, Role.ADMIN)


def team_of(work: Work) -> Team:
    """Look at the people who report to this reader; at all who get leads, where nobody does."""
    people = my_people(work)
    ids, filter_ = {one.id for one in people}, OfferFilter(with_people(people))
    counts, loads = handoff.waiting_counts(work, filter_), handoff.waiting_counts(work)
    return Team(
        loads=tuple(one for one in person_loads(work, loads) if not people or one.id in ids),
        rota=_rota(work, people),
        filter_=filter_,
        total=handoff.total(counts),
        late=handoff.late(counts),
        own=bool(people),
    )


def rota_of(work: Work) -> TeamAbsences:
    """Tell who is away of those whose absences this reader may set."""
    return _rota(work, my_people(work))


def my_people(work: Work) -> list[UserCard]:
    """List whose absences this reader may set: the team; an admin's are all."""
    staff, me = users.everybody(work), page_frame.me()
    found = staff if me.has(Role.ADMIN) else team(me, staff)
    return [one for one in found if one.active and one.channel is not None]


def with_people(people: Collection[UserCard]) -> tuple[OfferScope, ...]:
    """Say which are the offers of these people and of this reader; all, where nobody is named."""
    me = page_frame.me()
    owners = frozenset({me.id, *(one.id for one in people)})
    return (OfferScope(owners, frozenset({me.handle})),) if people else ()


@blueprint.post("/team/absences")
@permits(*OVERSEERS)
def note() -> Response:
    """Note that somebody is away; new leads go to others meanwhile."""
    with here().works.begin(page_frame.actor()) as work:
        try:
            asked = _absence(request.form, my_people(work), now=work.now)
            users.add_absence(work, asked.who.id, begins_at=asked.begins, ends_at=asked.ends)
        except Invalid:
            # The page reads the same days again, and says beside them what is wrong.
            typed = {name: request.form.get(name, "")[:LONGEST_TYPED] for name in ABSENCE}
            return redirect(f"/?{urlencode(typed)}#away", HTTPStatus.SEE_OTHER)
    page_frame.say(f"{asked.who.name} gets no new leads on these days.")
    return redirect("/", HTTPStatus.SEE_OTHER)


@blueprint.post("/team/absences/<int:absence_id>/end")
@permits(*OVERSEERS)
def end(absence_id: int) -> Response:
    """End an absence now; one that has not begun is taken back."""
    with here().works.begin(page_frame.actor()) as work:
        row: AbsenceRow = users.get_absence(work, absence_id)
        who = next((one for one in my_people(work) if one.id == row.user_id), None)
        if who is None:
            raise Forbidden("Only the manager of this person ends their absence.")
        begun = row.begins_at < work.now
        users.end_absence(work, absence_id)
    page_frame.say(f"{who.name} gets new leads again." if begun else "This absence is taken back.")
    return redirect("/", HTTPStatus.SEE_OTHER)


def _rota(work: Work, people: Collection[UserCard]) -> TeamAbsences:
    rows = users.absences_of(work, [one.id for one in people], since=work.now)
    by_id = {one.id: one for one in people}
    return TeamAbsences(
        away=tuple(_away(one, by_id[one.user_id], work.now) for one in rows),
        people=tuple(people),
        today=page_frame.viewer().local(work.now).date(),
        typed=_typed(people, now=work.now),
    )


def _typed(people: Collection[UserCard], *, now: datetime) -> TypedAbsence:
    """Give back what was typed into a form that was refused, with the reason."""
    if not set(ABSENCE) <= set(request.args):
        return TypedAbsence()
    who, first, last = (request.args[name] for name in ABSENCE)
    try:
        _absence(request.args, people, now=now)
    except Invalid as refusal:
        return TypedAbsence(who, first, last, refusal.sentence)
    return TypedAbsence(who, first, last)


def _absence(
    given: Mapping[str, str], people: Collection[UserCard], *, now: datetime
) -> AbsenceRequest:
    """Read who is away and when: whole days on the wall of whoever is away."""
    who = next((one for one in people if str(one.id) == given.get("who")), None)
    if who is None:
        raise Invalid("Choose who is away: somebody of your team.")
    first, last = (_day(given.get(name, ""), now) for name in ("first", "last"))
    if last < first:
        raise Invalid("The last day of leave lies before the first: swap them.")
    begins, ends = _midnight(first, who.zone), _midnight(last + timedelta(days=1), who.zone)
    if ends <= now:
        raise Invalid("These days are over. Choose days to come.")
    return AbsenceRequest(who, begins, ends)


def _away(row: AbsenceRow, who: UserCard, now: datetime) -> AbsenceLine:
    theirs = Viewer(ZoneInfo(who.zone), now)
    last = row.ends_at - timedelta(seconds=1)
    return AbsenceLine(
        row.id, who.name, theirs.day(row.begins_at), theirs.day(last), row.begins_at <= now
    )


def _day(written: str, now: datetime) -> date:
    try:
        day = date.fromisoformat(written)
    except ValueError as error:
        raise Invalid("Choose the first and the last day of the absence.") from error
    if abs(day - now.date()) > FAR:
        raise Invalid("Choose days that are less than two years away.")
    return day


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
