"""Tasks: what waits for a person, and answering it; looking changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from http import HTTPStatus

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from campaigns.rejection_reasons import RejectReason
from nurture import tasks, tracks
from nurture.kernel.errors import Conflict, Invalid, NotFound, Refusal
from nurture.kernel.work import Work
from nurture.tasks import AlreadyAnswered, TaskFilter, TaskView
from nurture.usecases.desk import answer_task
from nurture.usecases.desk.answer_task import TaskAnswer
from nurture.usecases.sales import handoff_answers
from nurture.web.console import page_frame, task_view
from nurture.web.console.lead_case import may_open
from nurture.web.console.page_frame import PageInfo
from nurture.web.console.task_scope import own, reach
from nurture.web.console.todo_items import TodoItem, doubts
from nurture.web.current import here
from nurture.web.ids import read_id
from nurture.web.security import permits

blueprint = Blueprint("todo", __name__)
CRUMBS = (("Today", "/"),)
PAGE, FARTHEST = 100, 2_000
WEEK = timedelta(days=7)
LONGEST = 500
VIEWS = {"all": "Open", "mine": "Mine", "late": "Late", "answered": "Answered"}


@dataclass(frozen=True, slots=True)
class TaskListPage:
    """A stretch of the list, and how much more there is."""

    view: str
    tabs: tuple[tuple[str, str, int | None, bool], ...]
    lines: tuple[task_view.TaskLine, ...]
    doubts: tuple[TodoItem, ...]
    total: int
    alike: str
    """The question that the list is cut down to."""
    more: str


@blueprint.get("/tasks")
@permits()
def show() -> str:
    """List what waits for this reader, or what was answered."""
    with here().works.read(page_frame.actor()) as work:
        page_frame.look(work)
        return page_frame.show(
            "tasks", PageInfo("Tasks", "today.show", CRUMBS), work, listing=_listing(work)
        )


@blueprint.get("/tasks/<int:task_id>")
@permits()
def open_one(task_id: int) -> str:
    """Show one task with what to say and what can be answered."""
    with here().works.read(page_frame.actor()) as work:
        return _opened(work, task_id)


@blueprint.post("/tasks/<int:task_id>/answer")
@permits()
def answer(task_id: int) -> Response | tuple[str, int]:
    """Note an answer; who comes second is told who was first."""
    try:
        with here().works.begin(page_frame.actor()) as work:
            _mine(work, task_id)
            done = answer_task.answer(
                work, task_id, _reply(), journey=here().journey, key=here().secret
            )
    except (Invalid, Conflict) as refusal:
        return _again(task_id, refusal)
    page_frame.say("Noted.")
    if request.form.get("back") == "lead" and done.lead_id is not None and page_frame.sees_all():
        return redirect(url_for("lead.show", lead_id=done.lead_id), HTTPStatus.SEE_OTHER)
    return redirect(task_view.href(task_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/tasks/<int:task_id>/undo")
@permits()
def undo(task_id: int) -> Response | tuple[str, int]:
    """Take one's own answer back; the task is open again."""
    try:
        with here().works.begin(page_frame.actor()) as work:
            _mine(work, task_id)
            answer_task.undo(work, task_id)
    except Conflict as refusal:
        return _again(task_id, refusal)
    page_frame.say("Your answer is taken back.")
    return redirect(task_view.href(task_id), HTTPStatus.SEE_OTHER)


def ways_for(work: Work) -> dict[str, object]:
    """Give what the forms of an answer offer to choose from."""
    return {
        "tracks": [one for one in tracks.tracks(work) if one.paused_at is None],
        "reasons": {
            key: what for key, what in handoff_answers.sent_back(work).items() if what.ends
        },
        "typed": request.form,
    }


def _again(task_id: int, refusal: Refusal) -> tuple[str, int]:
    status = HTTPStatus.CONFLICT if isinstance(refusal, Conflict) else 422
    with here().works.read(page_frame.actor()) as work:
        # Who was first stands on the page itself, in this reader's time.
        problem = "" if isinstance(refusal, AlreadyAnswered) else refusal.sentence
        return _opened(work, task_id, problem=problem), status


def _opened(work: Work, task_id: int, *, problem: str = "") -> str:
    page_frame.look(work)
    task = _mine(work, task_id)
    sheet = task_view.task_sheet(work, task)
    mine = reach(work, page_frame.me())
    after = next((one.id for one in tasks.todo(work, mine, limit=2) if one.id != task_id), None)
    sees = task.lead_id is not None and may_open(work, page_frame.me(), task.lead_id)
    page = PageInfo(task.title, "today.show", (*CRUMBS, ("Tasks", url_for("todo.show"))))
    return page_frame.show(
        "task",
        page,
        work,
        sheet=sheet,
        problem=problem,
        after=after,
        lead_href=url_for("lead.show", lead_id=task.lead_id) if sees else "",
        **ways_for(work),
    )


def _mine(work: Work, task_id: int) -> TaskView:
    task = tasks.get(work, task_id)
    if not reach(work, page_frame.me()).has(task):
        # Somebody else's task looks as one that does not exist.
        raise NotFound("This task does not exist.")
    return task


def _listing(work: Work) -> TaskListPage:
    asked = request.args
    view = asked.get("view", "all") if asked.get("view") in VIEWS else "all"
    mine = reach(work, page_frame.me())
    cuts = {"all": mine, "mine": own(page_frame.me()), "late": replace(mine, due_before=work.now)}
    alike = asked.get("title", "")
    chosen = replace(cuts.get(view, mine), title=alike, reason=asked.get("reason", ""))
    limit = min(max(read_id(asked.get("rows", "")) or PAGE, PAGE), FARTHEST)
    found = _found(work, view, chosen, limit)
    unclear = doubts(work) if page_frame.sees_all() else []
    tabs = _tabs(work, cuts, view, unclear=len(unclear))
    total = _count(work, view, chosen)
    if view != "all" or alike:
        unclear = []
    return TaskListPage(
        view=view,
        tabs=tabs,
        lines=tuple(task_view.lines(work, found)),
        doubts=tuple(unclear),
        total=total + len(unclear),
        alike=alike,
        more=_more(limit + PAGE) if total > len(found) else "",
    )


def _more(rows: int) -> str:
    ask = request.args.get
    return url_for(
        "todo.show", rows=rows, view=ask("view"), title=ask("title"), reason=ask("reason")
    )


def _found(work: Work, view: str, chosen: TaskFilter, limit: int) -> Sequence[TaskView]:
    if view == "answered":
        return tasks.answered(work, chosen, since=work.now - WEEK, limit=limit)
    return tasks.todo(work, chosen, limit=limit)


def _count(work: Work, view: str, chosen: TaskFilter) -> int:
    if view == "answered":
        return tasks.answered_count(work, chosen, since=work.now - WEEK)
    return tasks.todo_count(work, chosen)


def _tabs(
    work: Work, cuts: dict[str, TaskFilter], view: str, *, unclear: int
) -> tuple[tuple[str, str, int | None, bool], ...]:
    def count(name: str) -> int | None:
        if name not in cuts:
            return None
        # The mails in doubt stand on the first list, above its tasks.
        return tasks.todo_count(work, cuts[name]) + (unclear if name == "all" else 0)

    return tuple(
        (words, url_for("todo.show", view=name), count(name), name == view)
        for name, words in VIEWS.items()
    )


def _reply() -> TaskAnswer:
    given = request.form.get("until", "")
    reason = request.form.get("reason", "")
    try:
        until = date.fromisoformat(given) if given else None
    except ValueError as error:
        raise Invalid("Write the day as year-month-day, such as 2026-09-01.") from error
    return TaskAnswer(
        choice=request.form.get("choice", ""),
        note=request.form.get("note", "").strip()[:LONGEST],
        track=request.form.get("track", ""),
        until=until,
        reason=RejectReason(reason) if reason in set(RejectReason) else None,
    )
