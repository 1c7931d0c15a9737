"""Home: worst first. Marketers, managers and admins see the whole; sales people their next call."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from flask import Blueprint, url_for

from campaigns.vocabulary import Role
from nurture import content, handoff, leads, mail, tracks
from nurture.handoff import Cut, Whose
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.reports import standing
from nurture.reports import today as report
from nurture.reports.today import News
from nurture.web import format as forms
from nurture.web.console import figures, needs, people, remember, shell, team, wording
from nurture.web.console.handoff_view import ended_words
from nurture.web.console.leaving import troubles_of
from nurture.web.console.people import Waiting
from nurture.web.console.reach import reach
from nurture.web.console.safety import safety
from nurture.web.console.shell import Page
from nurture.web.current import here
from nurture.web.security import permits

SHOWN = 6
MY_TASKS = 20
MY_LEADS = 50
ENDED = 10
doors = Blueprint("today", __name__)


@dataclass(frozen=True, slots=True)
class InTrack:
    """One track and who stands in it."""

    name: str
    key: str
    leads: int
    due: int
    """Whose next step falls due before midnight."""
    paused: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Something that just happened."""

    name: str
    href: str
    verb: str
    words: str
    icon: str
    hot: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a lead that somebody had."""

    lead: str
    words: str
    at: datetime


class Queue(TypedDict):
    """The first of the hand-offs that wait, how many there are, and where all of them stand."""

    waiting: list[Waiting]
    waiting_total: int
    waiting_href: str


class Mine(TypedDict):
    """What waits for one person, and the first of it."""

    waiting: list[Waiting]
    waiting_total: int
    late: int
    first: Waiting | None


@doors.get("/")
@permits()
def show() -> str:
    """Open the home of this reader's role."""
    with here().works.read(shell.actor()) as work:
        shell.look(work)
        page = Page(title="Today", nav="today.show")
        if team.is_home():
            return _team(work, page)
        return _whole(work, page) if shell.sees_all() else _own(work, page)


@doors.get("/today/waiting")
@permits()
def waiting() -> str:
    """Give what waits for sales anew, with the time that is left; the page asks each minute."""
    with here().works.read(shell.actor()) as work:
        shell.look(work)
        if not shell.sees_all():
            return shell.part("_own_queue", work, **_mine(work))
        if team.is_home():
            board = team.team_of(work)
            return shell.part("_with_sales", work, **_queue(work, board.cut, board.href))
        return shell.part("_with_sales", work, **_queue(work, Cut()))


def _whole(work: Work, page: Page) -> str:
    todo = needs.needs(work, reach(work, shell.me()))
    day, week, safe = figures.day(work), figures.week(work), safety(work)
    late = handoff.late(handoff.waiting_counts(work))
    return shell.show(
        "today",
        page,
        work,
        sentence=_sentence(late, day.sent, week.ready),
        safe=safe,
        day=day,
        week=week,
        needs=todo.first,
        needs_total=todo.total,
        **_queue(work, Cut()),
        rota=team.rota_of(work),
        standing=_tracks(work),
        news=_news(work),
        relay=mail.in_trouble(work),
        behind=mail.standstill(work),
        troubles=troubles_of(work),
        may_switch=shell.me().has(*shell.MAKERS),
    )


def _team(work: Work, page: Page) -> str:
    """Show a manager who is late, who has how much and who is away."""
    board, todo = team.team_of(work), needs.needs(work, reach(work, shell.me()))
    return shell.show(
        "today_team",
        page,
        work,
        team=board,
        week=figures.week(work),
        safe=safety(work),
        needs=todo.first,
        needs_total=todo.total,
        rota=board.rota,
        relay=mail.in_trouble(work),
        troubles=troubles_of(work),
        **_queue(work, board.cut, board.href),
    )


def _queue(work: Work, cut: Cut, href: str = "/handoffs") -> Queue:
    return {
        "waiting": people.waiting(work, handoff.waiting_for(work, cut, limit=SHOWN)),
        "waiting_total": handoff.total(handoff.waiting_counts(work, cut)),
        "waiting_href": href,
    }


def _sentence(late: int, sent: int, ready: int) -> str:
    begin = f"{forms.plural(late, 'answer')} from sales {'is' if late == 1 else 'are'} late. "
    mails = f"{forms.plural(sent, 'mail')} {'has' if sent == 1 else 'have'} gone today"
    became = f"{forms.plural(ready, 'lead')} became sales-ready this week"
    return f"{begin if late else ''}{mails} and {became}."


def _own(work: Work, page: Page) -> str:
    me = shell.me()
    mine = _mine(work)
    todo = needs.needs(work, reach(work, me), shown=MY_TASKS)
    return shell.show(
        "today_own",
        page,
        work,
        needs=todo.first,
        needs_total=todo.total,
        dealer=me.has(Role.DEALER),
        **mine,
        ended=_ended(work) if me.has(Role.DEALER) else (),
    )


def _ended(work: Work) -> list[Ended]:
    """Tell a dealer what became of the leads that they had."""
    closed = handoff.closed_of(work, shell.me().id, limit=ENDED)
    persons = leads.by_ids(work, [one.lead_id for one in closed])
    return [
        Ended(persons[one.lead_id].name, ended_words(work, one), one.closed_at or one.offered_at)
        for one in closed
        if one.lead_id in persons
    ]


def _mine(work: Work) -> Mine:
    cut = Cut((Whose(frozenset({shell.me().id})),))
    waiting = people.waiting(work, handoff.waiting_for(work, cut, limit=MY_LEADS))
    counts = handoff.waiting_counts(work, cut)
    return {
        "waiting": waiting,
        "waiting_total": handoff.total(counts),
        "late": handoff.late(counts),
        "first": waiting[0] if waiting else None,
    }


def _tracks(work: Work) -> list[InTrack]:
    states, tonight = tracks.tracks(work), shell.eye().tonight()
    loads, _ = remember.minute(
        work, f"in tracks {shell.me().zone}", lambda work: standing.loads(work, before=tonight)
    )
    return [
        InTrack(
            name=one.name,
            key=one.key,
            leads=loads[one.id].inside if one.id in loads else 0,
            due=loads[one.id].due if one.id in loads else 0,
            paused=one.paused_at is not None,
        )
        for one in states
    ]


def _news(work: Work) -> list[Told]:
    latest = _once(report.news(work, limit=SHOWN * 4))[:SHOWN]
    persons = leads.by_ids(work, [one.lead_id for one in latest])
    assets = content.by_ids(work, [one.asset_id for one in latest if one.asset_id is not None])
    found = []
    for one in latest:
        if one.lead_id not in persons:
            continue
        act = wording.ACTS[one.kind]
        asset = assets.get(one.asset_id) if one.asset_id is not None else None
        found.append(
            Told(
                name=persons[one.lead_id].name,
                href=url_for("lead.show", lead_id=one.lead_id),
                verb=act.verb[:1].lower() + act.verb[1:],
                words=asset.title if asset else _form(one.name),
                icon=act.icon,
                hot=one.name == "contact",
                at=one.at,
            )
        )
    return found


def _form(name: str | None) -> str:
    return f"the {wording.plain(name)} form" if name else ""


def _once(latest: list[News]) -> list[News]:
    """Keep what somebody did last with one item: a form, its file and the click are one story."""
    first: dict[tuple[LeadId, int | str | None], News] = {}
    for one in latest:
        first.setdefault((one.lead_id, one.asset_id or one.name), one)
    return list(first.values())
