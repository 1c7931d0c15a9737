"""What waits for the reader, the most pressing first: tasks, and mails maybe delivered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import url_for

from nurture import mail, pages, tasks
from nurture.kernel.work import Work
from nurture.tasks import TaskFilter
from nurture.web import formatting as forms
from nurture.web.console import page_frame, task_view
from nurture.web.console.task_view import TaskLine

SHOWN = 6
LOOKED_AT = 200
"""How many tasks are looked at to fold those that ask the same."""
FOLDS = 3
"""From so many on, the same question about several leads is one row."""


@dataclass(frozen=True, slots=True)
class TodoItem:
    """Something that waits for this reader: why, by when, and one button."""

    title: str
    reason: str
    icon: str
    due: str
    href: str
    button: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class TodoItems:
    """The first of them, and how many there are."""

    first: tuple[TodoItem, ...]
    total: int


def needs(work: Work, which: TaskFilter, *, shown: int = SHOWN) -> TodoItems:
    """List what waits for the people and queues of `which`."""
    found = task_view.lines(work, tasks.todo(work, which, limit=LOOKED_AT))
    unclear = [*doubts(work), *held(work)] if page_frame.sees_all() else []
    first = unclear + _folded(work, which, found)
    return TodoItems(tuple(first[:shown]), tasks.todo_count(work, which) + len(unclear))


def doubts(work: Work) -> list[TodoItem]:
    """Say in one line which mails may not have arrived."""
    unclear = [one for one in mail.in_doubt(work) if not one.presumed]
    if not unclear:
        return []
    return [
        TodoItem(
            title=f"{forms.plural(len(unclear), 'mail')} maybe delivered",
            reason="The server did not answer after the last line. They will not be sent again.",
            icon="mail-question",
            due="today",
            href=url_for("sending.show"),
            button="Look",
            tone="w",
        )
    ]


def held(work: Work) -> list[TodoItem]:
    """Say in one line how many forms wait for somebody to look at them."""
    count = pages.held_count(work)
    if not count:
        return []
    many = "1 form waits" if count == 1 else f"{count:,} forms wait"
    return [
        TodoItem(
            title=f"{many} for somebody to look",
            reason="More came than are taken in by themselves, or they could not be read.",
            icon="forms",
            due="today",
            href=url_for("said.show"),
            button="Look",
            tone="w",
        )
    ]


def _folded(work: Work, which: TaskFilter, found: Sequence[TaskLine]) -> list[TodoItem]:
    """Tell the same question about many leads once; the button opens all of them."""
    alike: dict[tuple[str, str], list[TaskLine]] = {}
    for one in found:
        alike.setdefault((one.title, one.reason), []).append(one)
    folds = any(len(ones) >= FOLDS for ones in alike.values())
    counts = tasks.alike_counts(work, which) if folds else {}
    rows: list[TodoItem] = []
    for ones in alike.values():
        rows += [_many(ones, counts)] if len(ones) >= FOLDS else [_one(line) for line in ones]
    return rows


def _one(line: TaskLine) -> TodoItem:
    reason = f"{line.company.rstrip('.')}. {line.reason}" if line.company else line.reason
    named = f": {line.lead}" if line.lead and line.lead not in line.title else ""
    return TodoItem(
        title=f"{line.title}{named}",
        reason=reason,
        icon=line.icon,
        due=line.due,
        href=task_view.href(line.id),
        button=line.button,
        tone=line.tone,
    )


def _many(ones: Sequence[TaskLine], counts: Mapping[tuple[str, str], int]) -> TodoItem:
    first = ones[0]
    count = counts[first.title, first.why]
    return TodoItem(
        title=f"{first.title}: {forms.plural(count, 'lead')}",
        reason=first.reason,
        icon=first.icon,
        due=first.due,
        button=first.button,
        tone=first.tone,
        href=url_for("todo.show", title=first.title, reason=first.why),
    )
