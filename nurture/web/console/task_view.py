"""A task as pages show it: who, why, by when, for whom, what to say, what can be answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import url_for

from campaigns.vocabulary import Channel, Role
from nurture import leads, tasks, users
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads import LeadView
from nurture.tasks import TaskKind, TaskView
from nurture.usecases.desk import answer_task
from nurture.usecases.desk.answer_task import TaskChoice
from nurture.usecases.shared.sending_company import script
from nurture.users import UserCard
from nurture.web.console import act_words, page_frame
from nurture.web.console.task_scope import reach

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
    TaskChoice.DONE: ("Done", "check"),
    TaskChoice.NOT_POSSIBLE: ("Not possible", "x"),
    TaskChoice.TRACK: ("Put in a track", "route"),
    TaskChoice.READY: ("Pass to sales", "user-check"),
    TaskChoice.REST: ("Let it rest until a day", "alarm"),
    TaskChoice.NOT_A_FIT: ("Not a fit: close it", "ban"),
    TaskChoice.SILENCE: ("Do not mail", "mail-off"),
    "has_question": ("They have a question", "help"),
    "reached": ("Spoke, no question", "phone-call"),
    "not_now": ("Not now", "clock"),
    "no_answer_3x": ("No answer, three times", "phone-off"),
}
HAND: Mapping[str, tuple[str, str]] = {
    TaskChoice.DONE: ("I answered them", "check"),
    TaskChoice.NOT_POSSIBLE: ("Cannot be reached", "phone-off"),
}
"""A contact request is answered in other words."""
QUEUES = {"marketing": "Marketing", "triage": "Marketing"}
RUNG = (TaskKind.CALL, TaskKind.FOLLOW_UP)
SIMPLE = (TaskChoice.DONE, TaskChoice.NOT_POSSIBLE)
"""Answers that ask for nothing but a note."""


@dataclass(frozen=True, slots=True)
class TaskLine:
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
class AnswerOption:
    """One answer that can be given."""

    key: str
    words: str
    icon: str


@dataclass(frozen=True, slots=True)
class TaskSheet:
    """One task opened."""

    line: TaskLine
    person: LeadView | None
    script: str
    calls: bool
    """Whether it is answered by ringing up."""
    buttons: tuple[AnswerOption, ...]
    """Answers that need no more than a press."""
    forms: tuple[AnswerOption, ...]
    """Answers that ask for something first."""
    open: bool
    undo_until: datetime | None
    tomorrow: date


def lines(work: Work, found: Sequence[TaskView]) -> list[TaskLine]:
    """Put tasks into lines, in the order given."""
    persons = leads.by_ids(work, [one.lead_id for one in found if one.lead_id is not None])
    staff = {one.id: one for one in users.everybody(work)}
    return [_line(one, persons, staff) for one in found]


def task_sheet(work: Work, task: TaskView) -> TaskSheet:
    """Open one task."""
    line = lines(work, [task])[0]
    person = leads.get(work, task.lead_id) if task.lead_id is not None else None
    ways = [_way(task, key) for key in answer_task.choices(task)] if task.done_at is None else []
    simple = {*task.outcomes, *SIMPLE}
    return TaskSheet(
        line=line,
        person=person,
        script=script(work, task.script),
        calls=task.kind in RUNG,
        buttons=tuple(one for one in ways if one.key in simple),
        forms=tuple(one for one in ways if one.key not in simple),
        open=task.done_at is None,
        undo_until=answer_task.undo_until(task, actor=page_frame.actor(), now=work.now),
        tomorrow=page_frame.viewer().local(work.now).date() + timedelta(days=1),
    )


def task_sheets(work: Work, lead_id: LeadId) -> list[TaskSheet]:
    """Open the tasks of a lead that are this reader's to answer."""
    mine = reach(work, page_frame.me())
    found = [one for one in tasks.open_tasks(work, lead_id=lead_id) if mine.has(one)]
    return [task_sheet(work, one) for one in found if one.kind is not TaskKind.WAKE]


def whose(task: TaskView, staff: Mapping[UserId, UserCard]) -> str:
    """Name for whom a task is: a person, or the queue that several share."""
    owner = staff.get(task.owner_id) if task.owner_id is not None else None
    if owner is not None:
        return owner.name
    queue = task.queue or ""
    if queue in set(Role):
        return act_words.ROLES[Role(queue)]
    if queue in set(Channel):
        return act_words.CHANNELS[Channel(queue)]
    return QUEUES.get(queue) or page_frame.capital(act_words.plain(queue)) or "Nobody yet"


def told(task: TaskView, staff: Mapping[UserId, UserCard]) -> str:
    """Say who answered what and when; whoever comes second reads it."""
    if task.done_at is None:
        return ""
    kind, _, number = (task.done_by or "").partition(":")
    card = staff.get(UserId(int(number))) if kind == "user" and number.isdecimal() else None
    at = page_frame.viewer().moment(task.done_at)
    if card is None:
        return f"Closed by itself, {at}: {act_words.plain(task.outcome)}."
    who = "You" if card.id == page_frame.me().id else card.name
    note = f" {task.note}" if task.note else ""
    return f"{who} answered, {at}: {_way(task, task.outcome or '').words}.{note}"


def _line(
    task: TaskView, persons: Mapping[LeadId, LeadView], staff: Mapping[UserId, UserCard]
) -> TaskLine:
    person = persons.get(task.lead_id) if task.lead_id is not None else None
    late = task.done_at is None and task.due_at < page_frame.viewer().now
    parts = (person.company, person.country) if person else ()
    return TaskLine(
        id=task.id,
        title=task.title,
        why=task.reason,
        reason=page_frame.capital(task.reason.replace("_", " ")),
        lead=person.name if person else "",
        company=(person.company or "") if person else "",
        firm=", ".join(one for one in parts if one),
        whom=whose(task, staff),
        icon=ICONS.get(task.kind, "checkbox"),
        button=BUTTONS.get(task.kind, "Open"),
        tone="d" if late else "w" if task.kind is TaskKind.FOLLOW_UP else "",
        due_at=task.due_at,
        due=page_frame.viewer().until(task.due_at),
        late=late,
        answered=told(task, staff),
    )


def _way(task: TaskView, key: str) -> AnswerOption:
    known = HAND.get(key) if task.kind is TaskKind.FOLLOW_UP else None
    words, icon = known or WAYS.get(key) or (page_frame.capital(act_words.plain(key)), "point")
    return AnswerOption(key, words, icon)


def href(task_id: int) -> str:
    """Address a task's page."""
    return url_for("todo.open_one", task_id=task_id)
