"""Home: worst first. Marketers, managers and admins see the whole; sales people their next call."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from flask import Blueprint, url_for

from campaigns.vocabulary import Role
from nurture import content, handoff, leads, mail, tracks
from nurture.handoff import OfferFilter, OfferScope
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.reports import day_figures as report
from nurture.reports import track_report
from nurture.reports.day_figures import DayNews
from nurture.web import formatting as forms
from nurture.web.console import (
    act_words,
    count_cache,
    figures,
    page_frame,
    row_people,
    team_page,
    todo_items,
)
from nurture.web.console.handoff_view import ended_words
from nurture.web.console.mail_trouble import troubles_of
from nurture.web.console.page_frame import PageInfo
from nurture.web.console.row_people import WaitingLead
from nurture.web.console.safety import safety
from nurture.web.console.task_scope import reach
from nurture.web.current import here
from nurture.web.security import permits

SHOWN = 6
MY_TASKS = 20
MY_LEADS = 50
ENDED = 10
blueprint = Blueprint("today", __name__)


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
class SentenceLine:
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


class WaitingQueue(TypedDict):
    """The first of the hand-offs that wait, how many there are, and where all of them stand."""

    waiting: list[WaitingLead]
    waiting_total: int
    waiting_href: str


class Mine(TypedDict):
    """What waits for one person, and the first of it."""

    waiting: list[WaitingLead]
    waiting_total: int
    late: int
    first: WaitingLead | None


@blueprint.get("/")
@permits()
def show() -> str:
    """Open the home of this reader's role."""
    with here().works.read(page_frame.actor()) as work:
        page_frame.look(work)
        page = PageInfo(title="Today", nav="today.show")
        if team_page.is_home():
            return _team(work, page)
        return _whole(work, page) if page_frame.sees_all() else _own(work, page)


@blueprint.get("/today/waiting")
@permits()
def waiting() -> str:
    """Give what waits for sales anew, with the time that is left; the page asks each minute."""
    with here().works.read(page_frame.actor()) as work:
        page_frame.look(work)
        if not page_frame.sees_all():
            return page_frame.part("_own_queue", work, **_mine(work))
        if team_page.is_home():
            board = team_page.team_of(work)
            return page_frame.part("_with_sales", work, **_queue(work, board.filter_, board.href))
        return page_frame.part("_with_sales", work, **_queue(work, OfferFilter()))


def _whole(work: Work, page: PageInfo) -> str:
    todo = todo_items.needs(work, reach(work, page_frame.me()))
    day, week, safe = figures.day(work), figures.week(work), safety(work)
    late = handoff.late(handoff.waiting_counts(work))
    return page_frame.show(
        "today",
        page,
        work,
        sentence=_sentence(late, day.sent, week.ready),
        safe=safe,
        day=day,
        week=week,
        needs=todo.first,
        needs_total=todo.total,
        **_queue(work, OfferFilter()),
        rota=team_page.rota_of(work),
        standing=_tracks(work),
        news=_news(work),
        relay=mail.in_trouble(work),
        behind=mail.outage(work),
        troubles=troubles_of(work),
        may_switch=page_frame.me().has(*page_frame.MAKERS),
    )


def _team(work: Work, page: PageInfo) -> str:
    """Show a manager who is late, who has how much and who is away."""
    board, todo = team_page.team_of(work), todo_items.needs(work, reach(work, page_frame.me()))
    return page_frame.show(
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
        **_queue(work, board.filter_, board.href),
    )


def _queue(work: Work, filter_: OfferFilter, href: str = "/handoffs") -> WaitingQueue:
    return {
        "waiting": row_people.waiting(work, handoff.waiting_for(work, filter_, limit=SHOWN)),
        "waiting_total": handoff.total(handoff.waiting_counts(work, filter_)),
        "waiting_href": href,
    }


def _sentence(late: int, sent: int, ready: int) -> str:
    begin = f"{forms.plural(late, 'answer')} from sales {'is' if late == 1 else 'are'} late. "
    mails = f"{forms.plural(sent, 'mail')} {'has' if sent == 1 else 'have'} gone today"
    became = f"{forms.plural(ready, 'lead')} became sales-ready this week"
    return f"{begin if late else ''}{mails} and {became}."


def _own(work: Work, page: PageInfo) -> str:
    me = page_frame.me()
    mine = _mine(work)
    todo = todo_items.needs(work, reach(work, me), shown=MY_TASKS)
    return page_frame.show(
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
    closed = handoff.closed_of(work, page_frame.me().id, limit=ENDED)
    persons = leads.by_ids(work, [one.lead_id for one in closed])
    return [
        Ended(persons[one.lead_id].name, ended_words(work, one), one.closed_at or one.offered_at)
        for one in closed
        if one.lead_id in persons
    ]


def _mine(work: Work) -> Mine:
    filter_ = OfferFilter((OfferScope(frozenset({page_frame.me().id})),))
    waiting = row_people.waiting(work, handoff.waiting_for(work, filter_, limit=MY_LEADS))
    counts = handoff.waiting_counts(work, filter_)
    return {
        "waiting": waiting,
        "waiting_total": handoff.total(counts),
        "late": handoff.late(counts),
        "first": waiting[0] if waiting else None,
    }


def _tracks(work: Work) -> list[InTrack]:
    states, tonight = tracks.tracks(work), page_frame.viewer().tonight()
    loads, _ = count_cache.minute(
        work,
        f"in tracks {page_frame.me().zone}",
        lambda work: track_report.loads(work, before=tonight),
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


def _news(work: Work) -> list[SentenceLine]:
    latest = _once(report.news(work, limit=SHOWN * 4))[:SHOWN]
    persons = leads.by_ids(work, [one.lead_id for one in latest])
    assets = content.by_ids(work, [one.asset_id for one in latest if one.asset_id is not None])
    found = []
    for one in latest:
        if one.lead_id not in persons:
            continue
        act = act_words.ACTS[one.kind]
        asset = assets.get(one.asset_id) if one.asset_id is not None else None
        found.append(
            SentenceLine(
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
    return f"the {act_words.plain(name)} form" if name else ""


def _once(latest: list[DayNews]) -> list[DayNews]:
    """Keep what somebody did last with one item: a form, its file and the click are one story."""
    first: dict[tuple[LeadId, int | str | None], DayNews] = {}
    for one in latest:
        first.setdefault((one.lead_id, one.asset_id or one.name), one)
    return list(first.values())
