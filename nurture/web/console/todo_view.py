"""A task as pages show it: who, why, by when, for whom, what to say, what can be answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import url_for

from campaigns.vocabulary import Channel, Role
from nurture import leads, tasks, users
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads import Person
from nurture.tasks import TaskKind, TaskView
from nurture.usecases import todo
from nurture.usecases.company import script
from nurture.usecases.todo import Choice
from nurture.users import UserCard
from nurture.web.console import shell, wording
from nurture.web.console.reach import reach

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
    TaskKind.FOLLOW_UP: "Answer",
}
WAYS: Mapping[str, tuple[str, str]] = {
    Choice.DONE: ("Done", "check"),
    Choice.NOT_POSSIBLE: ("Not possible", "x"),
    Choice.TRACK: ("Put in a track", "route"),
    Choice.READY: ("Pass to sales", "user-check"),
    Choice.REST: ("Let it rest until a day", "alarm"),
    Choice.NOT_A_FIT: ("Not a fit: close it", "ban"),
    Choice.SILENCE: ("Do not mail", "mail-off"),
    "has_question": ("They have a question", "help"),
    "reached": ("Spoke, no question", "phone-call"),
    "not_now": ("Not now", "clock"),
    "no_answer_3x": ("No answer, three times", "phone-off"),
}
HAND: Mapping[str, tuple[str, str]] = {
    Choice.DONE: ("I answered them", "check"),
    Choice.NOT_POSSIBLE: ("Cannot be reached", "phone-off"),
}
"""A raised hand is answered in other words."""
QUEUES = {"marketing": "Marketing", "triage": "Marketing"}
RUNG = (TaskKind.CALL, TaskKind.FOLLOW_UP)
SIMPLE = (Choice.DONE, Choice.NOT_POSSIBLE)
"""Answers that ask for nothing but a note."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list of tasks."""

    id: int
    title: str
    reason: str
    why: str
    """The reason as it is kept."""
    lead: str
    company: str
    firm: str
    """Company and country."""
    whom: str
    icon: str
    button: str
    tone: str
    due_at: datetime
    due: str
    late: bool
    answered: str
    """Who said what, "" while it is open."""


@dataclass(frozen=True, slots=True)
class Way:
    """One answer that can be given."""

    key: str
    words: str
    icon: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One task opened."""

    line: Line
    person: Person | None
    script: str
    calls: bool
    """Whether it is answered by ringing up."""
    buttons: tuple[Way, ...]
    """Answers that need no more than a press."""
    forms: tuple[Way, ...]
    """Answers that ask for something first."""
    open: bool
    undo_until: datetime | None
    tomorrow: date


def lines(work: Work, found: Sequence[TaskView]) -> list[Line]:
    """Put tasks into lines, in the order given."""
    persons = leads.by_ids(work, [one.lead_id for one in found if one.lead_id is not None])
    staff = {one.id: one for one in users.everybody(work)}
    return [_line(one, persons, staff) for one in found]


def sheet(work: Work, task: TaskView) -> Sheet:
    """Open one task."""
    line = lines(work, [task])[0]
    person = leads.get(work, task.lead_id) if task.lead_id is not None else None
    ways = [_way(task, key) for key in todo.choices(task)] if task.done_at is None else []
    simple = {*task.outcomes, *SIMPLE}
    return Sheet(
        line=line,
        person=person,
        script=script(work, task.script),
        calls=task.kind in RUNG,
        buttons=tuple(one for one in ways if one.key in simple),
        forms=tuple(one for one in ways if one.key not in simple),
        open=task.done_at is None,
        undo_until=todo.undo_until(task, actor=shell.actor(), now=work.now),
        tomorrow=shell.eye().local(work.now).date() + timedelta(days=1),
    )


def sheets(work: Work, lead_id: LeadId) -> list[Sheet]:
    """Open the tasks of a lead that are this reader's to answer."""
    mine = reach(work, shell.me())
    found = [one for one in tasks.open_tasks(work, lead_id=lead_id) if mine.has(one)]
    return [sheet(work, one) for one in found if one.kind is not TaskKind.WAKE]


def whose(task: TaskView, staff: Mapping[UserId, UserCard]) -> str:
    """Name for whom a task is: a person, or the queue that several share."""
    owner = staff.get(task.owner_id) if task.owner_id is not None else None
    if owner is not None:
        return owner.name
    queue = task.queue or ""
    if queue in set(Role):
        return wording.ROLES[Role(queue)]
    if queue in set(Channel):
        return wording.CHANNELS[Channel(queue)]
    return QUEUES.get(queue) or shell.capital(wording.plain(queue)) or "Nobody yet"


def told(task: TaskView, staff: Mapping[UserId, UserCard]) -> str:
    """Say who answered what and when; whoever comes second reads it."""
    if task.done_at is None:
        return ""
    kind, _, number = (task.done_by or "").partition(":")
    card = staff.get(UserId(int(number))) if kind == "user" and number.isdecimal() else None
    at = shell.eye().moment(task.done_at)
    if card is None:
        return f"Closed by itself, {at}: {wording.plain(task.outcome)}."
    who = "You" if card.id == shell.me().id else card.name
    note = f" {task.note}" if task.note else ""
    return f"{who} answered, {at}: {_way(task, task.outcome or '').words}.{note}"


def _line(
    task: TaskView, persons: Mapping[LeadId, Person], staff: Mapping[UserId, UserCard]
) -> Line:
    person = persons.get(task.lead_id) if task.lead_id is not None else None
    late = task.done_at is None and task.due_at < shell.eye().now
    parts = (person.company, person.country) if person else ()
    return Line(
        id=task.id,
        title=task.title,
        why=task.reason,
        reason=shell.capital(task.reason.replace("_", " ")),
        lead=person.name if person else "",
        company=(person.company or "") if person else "",
        firm=", ".join(one for one in parts if one),
        whom=whose(task, staff),
        icon=ICONS.get(task.kind, "checkbox"),
        button=BUTTONS.get(task.kind, "Open"),
        tone="d" if late else "w" if task.kind is TaskKind.FOLLOW_UP else "",
        due_at=task.due_at,
        due=shell.eye().until(task.due_at),
        late=late,
        answered=told(task, staff),
    )


def _way(task: TaskView, key: str) -> Way:
    known = HAND.get(key) if task.kind is TaskKind.FOLLOW_UP else None
    words, icon = known or WAYS.get(key) or (shell.capital(wording.plain(key)), "point")
    return Way(key, words, icon)


def href(task_id: int) -> str:
    """Address a task's page."""
    return url_for("todo.open_one", task_id=task_id)
