"""Home: worst first. Marketers, managers and admins see the whole; sales people their next call."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask import Blueprint, url_for

from campaigns.vocabulary import Role
from nurture import content, handoff, leads, mail, tasks, tracks
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.leads import Person
from nurture.reports import today as report
from nurture.reports.today import News
from nurture.tasks import OpenTask, TaskKind
from nurture.web import format as forms
from nurture.web.console import figures, people, remember, shell, wording
from nurture.web.console.safety import safety
from nurture.web.console.shell import Page
from nurture.web.current import here
from nurture.web.security import permits

QUEUES = ("marketing", "triage", "marketer")
"""Whose open tasks wait for marketing."""
SHOWN = 6
FOLDS = 3
"""From so many on, the same question about several leads is one row."""
ICONS: Mapping[TaskKind, str] = {
    TaskKind.CALL: "phone",
    TaskKind.TRIAGE: "user-question",
    TaskKind.ASK: "message-circle",
    TaskKind.FOLLOW_UP: "flame",
}
BUTTONS: Mapping[TaskKind, str] = {
    TaskKind.CALL: "Call",
    TaskKind.TRIAGE: "Decide",
    TaskKind.ASK: "Answer",
    TaskKind.FOLLOW_UP: "Look",
}
doors = Blueprint("today", __name__)


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for this reader: why, by when, and one button."""

    title: str
    reason: str
    icon: str
    due: str
    href: str
    button: str
    tone: str = ""
    question: str = ""
    """The title without the lead; with `why` it tells which needs are alike."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class InTrack:
    """One track and who stands in it."""

    name: str
    href: str
    leads: int
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


@doors.get("/")
@permits()
def show() -> str:
    """Open the home of this reader's role."""
    with here().works.read(shell.actor()) as work:
        shell.look(work)
        page = Page(title="Today", nav="today.show")
        return _whole(work, page) if shell.sees_all() else _own(work, page)


def _whole(work: Work, page: Page) -> str:
    todo = needs(work)
    offers = handoff.waiting_for(work)
    day, week, safe = figures.day(work), figures.week(work), safety(work)
    late = sum(1 for one in offers if one.left(work.now) < timedelta())
    return shell.show(
        "today", page, work,
        sentence=_sentence(late, day.sent, week.ready),
        safe=safe, day=day, week=week, needs=_folded(todo)[:SHOWN], needs_total=len(todo),
        waiting=people.waiting(work, offers[:SHOWN]), waiting_total=len(offers), late=late,
        standing=_tracks(work), news=_news(work),
    )  # fmt: skip


def _sentence(late: int, sent: int, ready: int) -> str:
    begin = f"{forms.plural(late, 'answer')} from sales {'is' if late == 1 else 'are'} late. "
    mails = f"{forms.plural(sent, 'mail')} {'has' if sent == 1 else 'have'} gone today"
    became = f"{forms.plural(ready, 'lead')} became sales-ready this week"
    return f"{begin if late else ''}{mails} and {became}."


def _own(work: Work, page: Page) -> str:
    me = shell.me()
    waiting = people.waiting(work, handoff.waiting_for(work, owner_id=me.id))
    todo = tasks.open_tasks(work, owner_id=me.id, limit=50)
    persons = leads.by_ids(work, [one.lead_id for one in todo if one.lead_id is not None])
    return shell.show(
        "today_own", page, work,
        waiting=waiting, first=waiting[0] if waiting else None,
        needs=[_need(one, persons) for one in todo],
        late=sum(1 for one in waiting if one.offer.left(work.now) < timedelta()),
        dealer=me.has(Role.DEALER),
    )  # fmt: skip


def needs(work: Work) -> list[Need]:
    """List what waits for this reader, the most pressing first."""
    found = _doubts(work)
    open_ = [one for queue in QUEUES for one in tasks.open_tasks(work, queue=queue)]
    open_ += tasks.open_tasks(work, owner_id=shell.me().id)
    open_.sort(key=lambda one: (one.due_at, one.id))
    persons = leads.by_ids(work, [one.lead_id for one in open_ if one.lead_id is not None])
    return found + [_need(one, persons) for one in open_]


def _folded(todo: list[Need]) -> list[Need]:
    """Tell the same question about many leads once; the button opens all of them."""
    alike: dict[tuple[str, str], list[Need]] = {}
    for one in todo:
        alike.setdefault((one.question, one.why), []).append(one)
    return [
        replace(
            ones[0],
            title=f"{ones[0].question}: {forms.plural(len(ones), 'lead')}",
            reason=ones[0].why,
            href=url_for("numbers.todo"),
        )
        if len(ones) >= FOLDS
        else one
        for ones in alike.values()
        for one in (ones[:1] if len(ones) >= FOLDS else ones)
    ]


def _doubts(work: Work) -> list[Need]:
    unclear = mail.in_doubt(work)
    if not unclear:
        return []
    return [
        Need(
            title=f"{forms.plural(len(unclear), 'mail')} maybe delivered",
            reason="The server did not answer after the last line. They will not be sent again.",
            icon="mail-question",
            due="today",
            href=shell.link("sending.show") or "/",
            button="Look",
            tone="w",
        )
    ]


def _need(task: OpenTask, persons: Mapping[LeadId, Person]) -> Need:
    person = persons.get(task.lead_id) if task.lead_id is not None else None
    name = f": {person.name}" if person else ""
    reason = task.reason[:1].upper() + task.reason[1:]
    late = task.due_at < shell.eye().now
    return Need(
        title=f"{task.title}{name}",
        reason=f"{person.company}. {reason}" if person and person.company else reason,
        icon=ICONS.get(task.kind, "checkbox"),
        due=shell.eye().until(task.due_at),
        href=url_for("lead.show", lead_id=task.lead_id) if task.lead_id else "/",
        button=BUTTONS.get(task.kind, "Look"),
        tone="d" if late else "w" if task.kind is TaskKind.FOLLOW_UP else "",
        question=task.title,
        why=reason,
    )


def _tracks(work: Work) -> list[InTrack]:
    states = tracks.tracks(work)

    def counted(work: Work) -> dict[int, int]:
        # One count a track, and there are as many tracks as fit on a page.
        return {one.id: sum(tracks.counts(work, one.id).values()) for one in states}

    numbers, _ = remember.minute(work, "in tracks", counted)
    return [
        InTrack(
            name=one.name,
            href=f"/leads?track={one.key}",
            leads=numbers.get(one.id, 0),
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
