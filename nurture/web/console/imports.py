"""Imports: a list comes in by steps, nothing is written before the last, and it can be undone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from nurture import leads, mail, published, tracks, users
from nurture.kernel.errors import Invalid
from nurture.kernel.spreadsheet import csv_line
from nurture.kernel.work import Work
from nurture.leads import CaptureOutcome, Column, FileForm, ImportProgress, ImportState
from nurture.usecases.intake import list_check
from nurture.usecases.intake.entry_choice import refuse_impossible
from nurture.usecases.intake.import_preview import ImportCheck, check_import
from nurture.usecases.intake.list_check import ListCheckState
from nurture.usecases.intake.stored_lists import StoredList
from nurture.usecases.intake.take_in import ImportOptions, plan_import
from nurture.usecases.intake.undo_import import undo_import
from nurture.usecases.intake.uploads import begin_import
from nurture.usecases.publishing.first_run import refuse_before_publishing
from nurture.usecases.shared.sending_company import company
from nurture.web.console import count_cache, drilldown, import_file, page_frame
from nurture.web.console.drilldown import DrilldownTitle
from nurture.web.console.import_file import UploadDraft
from nurture.web.console.import_words import BASES, STATES, grouped_columns
from nurture.web.current import here
from nurture.web.security import permits

blueprint = Blueprint("imports", __name__)
NAV = "imports.show"
TITLE = "Imports"
LOT = 500
STRETCHES = 20
MOST = 200_000
"""More leads than one list brings."""
UNDER_WAY = (ImportState.RUNNING, ImportState.UNDOING)


@dataclass(frozen=True, slots=True)
class CheckView:
    """What the dry run found, in the words of the page."""

    check: ImportCheck
    created: int
    updated: int
    unchanged: int

    @property
    def taken(self) -> int:
        """Count the rows that bring something new."""
        return self.created + self.updated


@blueprint.get("/imports")
@permits(*page_frame.INNER)
def show() -> str:
    """List the imports, and take a new one."""
    _refuse_too_early()
    return _overview()


@blueprint.post("/imports")
@permits(*page_frame.MAKERS)
def upload() -> BaseResponse | tuple[str, int]:
    """Keep an uploaded list."""
    _refuse_too_early()
    try:
        name = import_file.keep(here().works, request.files.get("list"), actor=page_frame.actor())
    except Invalid as refusal:
        return _overview(problem=refusal.sentence), HTTPStatus.UNPROCESSABLE_ENTITY
    return redirect(url_for("imports.ask_why", name=name), HTTPStatus.SEE_OTHER)


@blueprint.get("/imports/new/<name>/why")
@permits(*page_frame.MAKERS)
def ask_why(name: str) -> str:
    """Ask why we may write to these people, and where they come from."""
    return _why(_draft(name))


@blueprint.post("/imports/new/<name>/why")
@permits(*page_frame.MAKERS)
def tell_why(name: str) -> BaseResponse | tuple[str, int]:
    """Keep the answers."""
    draft = _draft(name)
    try:
        draft = import_file.said(draft, request.form)
        with here().works.read(page_frame.actor()) as work:
            refuse_impossible(work, draft.entry(zone=page_frame.me().zone))
            if draft.owner_id and not users.by_ids(work, [draft.owner_id]):
                raise Invalid("Choose who gets the new leads, or leave it to routing.")  # noqa: TRY301 - said like the others
            draft = replace(draft, source=leads.source_key(work, draft.source))
    except Invalid as refusal:
        return _why(draft, problem=refusal.sentence), HTTPStatus.UNPROCESSABLE_ENTITY
    _save(draft)
    return redirect(url_for("imports.ask_columns", name=name), HTTPStatus.SEE_OTHER)


@blueprint.get("/imports/new/<name>/columns")
@permits(*page_frame.MAKERS)
def ask_columns(name: str) -> str:
    """Show what the columns seem to mean, once they are known."""
    draft = _draft(name)
    return _opening(draft) if draft.row.form is FileForm.WORKBOOK else _columns(draft)


@blueprint.get("/imports/new/<name>/columns/progress")
@permits(*page_frame.MAKERS)
def columns_progress(name: str) -> BaseResponse:
    """Tell how far the opening of a workbook is; once it is through the page opens anew."""
    draft = _draft(name)
    state = ListCheckState(draft.row.done, draft.row.total, problem=draft.row.problem)
    with here().works.read(page_frame.actor()) as work:
        answer = Response(
            page_frame.part("_import_checking", work, draft=draft, state=state, **_OPENING)
        )
    if draft.row.form is FileForm.TEXT or state.problem:
        answer.headers["HX-Refresh"] = "true"
    return answer


@blueprint.post("/imports/new/<name>/columns")
@permits(*page_frame.MAKERS)
def tell_columns(name: str) -> BaseResponse | tuple[str, int]:
    """Keep what the columns mean."""
    draft = _draft(name)
    headings = request.form.getlist("heading")
    meanings = request.form.getlist("meaning")
    draft = replace(draft, mapping=dict(zip(headings, meanings, strict=False)))
    if Column.EMAIL not in meanings:
        words = "No column holds e-mail addresses. Choose “E-mail” beside the one that does."
        return _columns(draft, problem=words), HTTPStatus.UNPROCESSABLE_ENTITY
    _save(draft)
    _promise_check(draft)
    return redirect(url_for("imports.check", name=name), HTTPStatus.SEE_OTHER)


@blueprint.get("/imports/new/<name>/check")
@permits(*page_frame.MAKERS)
def check(name: str) -> str:
    """Tell what the import would do, row by row; nothing is written."""
    draft = _draft(name)
    found, state = _found(draft)
    return _checking(draft, state) if found is None else _checked(draft, found)


@blueprint.post("/imports/new/<name>/answers")
@permits(*page_frame.MAKERS)
def tell_answers(name: str) -> BaseResponse | tuple[str, int]:
    """Keep what the list does not say itself, and check it anew."""
    draft = _draft(name)
    found, _ = _found(draft)
    if found is not None:
        try:
            draft = import_file.answered(draft, found.survey.questions, request.form)
        except Invalid as refusal:
            page = _checked(draft, found, problem=refusal.sentence)
            return page, HTTPStatus.UNPROCESSABLE_ENTITY
        _save(draft)
        _promise_check(draft)
    return redirect(url_for("imports.check", name=name), HTTPStatus.SEE_OTHER)


def _found(draft: UploadDraft) -> tuple[ImportCheck | None, ListCheckState | None]:
    """Give what a check finds: that of a long list once a worker is through with it."""
    runtime = here()
    if list_check.is_long(draft.row):
        state = list_check.check_state(draft.row, _options(draft))
        return (state.found if state else None), state
    kept = StoredList(runtime.works, draft.row.file_id)
    return check_import(runtime.works, kept, _options(draft), intake=runtime.intake), None


@blueprint.post("/imports/new/<name>/check")
@permits(*page_frame.MAKERS)
def check_again(name: str) -> BaseResponse:
    """Leave the check of a long list to a worker."""
    _promise_check(_draft(name))
    return redirect(url_for("imports.check", name=name), HTTPStatus.SEE_OTHER)


@blueprint.get("/imports/new/<name>/check/progress")
@permits(*page_frame.MAKERS)
def check_progress(name: str) -> BaseResponse:
    """Tell how far a check is; once it is through the page opens anew."""
    draft = _draft(name)
    state = list_check.check_state(draft.row, _options(draft))
    with here().works.read(page_frame.actor()) as work:
        answer = Response(
            page_frame.part("_import_checking", work, draft=draft, state=state, **_CHECKING)
        )
    if state is None or state.found is not None or state.problem:
        answer.headers["HX-Refresh"] = "true"
    return answer


def _promise_check(draft: UploadDraft) -> None:
    if list_check.is_long(draft.row):
        list_check.promise_check(
            here().works, draft.name, _options(draft), actor=page_frame.actor()
        )


_OPENING = {
    "words": "The workbook is being opened",
    "ask": "imports.columns_progress",
    "lead": "is opened before its columns can be shown.",
    "step": 3,
}
_CHECKING = {
    "words": "The list is being checked",
    "ask": "imports.check_progress",
    "lead": "is read row by row before anything comes in.",
    "step": 4,
}


def _opening(draft: UploadDraft) -> str:
    state = ListCheckState(draft.row.done, draft.row.total, problem=draft.row.problem)
    with here().works.read(page_frame.actor()) as work:
        page = _page("What do the columns mean?")
        return page_frame.show("import_checking", page, work, draft=draft, state=state, **_OPENING)


def _checking(draft: UploadDraft, state: ListCheckState | None) -> str:
    with here().works.read(page_frame.actor()) as work:
        page = _page("What will happen")
        return page_frame.show("import_checking", page, work, draft=draft, state=state, **_CHECKING)


def _checked(draft: UploadDraft, found: ImportCheck, problem: str = "") -> str:
    view = CheckView(
        check=found,
        created=found.counts[CaptureOutcome.CREATED],
        updated=found.counts[CaptureOutcome.UPDATED],
        unchanged=found.counts[CaptureOutcome.UNCHANGED],
    )
    entry = draft.entry(zone=page_frame.me().zone)
    with here().works.read(page_frame.actor()) as work:
        owner = users.get(work, draft.owner_id).name if draft.owner_id else ""
        track = tracks.get_track(work, draft.track).name if entry.track else ""
        return page_frame.show(
            "import_check",
            _page("What will happen"),
            work,
            draft=draft,
            view=view,
            basis=BASES[draft.basis][0],
            owner=owner,
            track=track,
            entry=entry,
            problem=problem,
            typed=request.form,
        )


@blueprint.post("/imports/new/<name>/start")
@permits(*page_frame.MAKERS)
def start(name: str) -> BaseResponse:
    """Write the import down and leave it to a worker."""
    runtime, draft = here(), _draft(name)
    _refuse_too_early()
    if not draft.told:
        raise Invalid("Say first why we may write to these people.")
    import_id = begin_import(
        runtime.works, name, _options(draft), intake=runtime.intake, actor=page_frame.actor()
    )
    count_cache.forget()
    return redirect(url_for("imports.open_one", import_id=import_id), HTTPStatus.SEE_OTHER)


@blueprint.get("/imports/<int:import_id>")
@permits(*page_frame.INNER)
def open_one(import_id: int) -> str:
    """Show how far an import is, or what it did."""
    with here().works.read(page_frame.actor()) as work:
        run = leads.import_run(work, import_id)
        page = page_frame.PageInfo(run.file_name, NAV, crumbs=[(TITLE, url_for("imports.show"))])
        return page_frame.show("import_one", page, work, **_result(work, run))


@blueprint.get("/imports/<int:import_id>/progress")
@permits(*page_frame.INNER)
def progress(import_id: int) -> BaseResponse:
    """Give the part that changes; once all is done the whole page opens anew."""
    with here().works.read(page_frame.actor()) as work:
        run = leads.import_run(work, import_id)
        answer = Response(page_frame.part("_import_progress", work, **_result(work, run)))
    if run.state not in UNDER_WAY:
        count_cache.forget()
        answer.headers["HX-Refresh"] = "true"
    return answer


@blueprint.get("/imports/<int:import_id>/leads")
@permits(*page_frame.INNER)
def created(import_id: int) -> str:
    """List the leads that an import brought."""
    with here().works.read(page_frame.actor()) as work:
        run = leads.import_run(work, import_id)
        found = leads.matching_ids(work, leads.LeadFilter(import_id=run.id), limit=MOST)
        asked = DrilldownTitle(f"New with {run.file_name}", "First seen on this list.")
        crumbs = [
            (TITLE, url_for("imports.show")),
            (run.file_name, url_for("imports.open_one", import_id=run.id)),
        ]
        return drilldown.page(drilldown.drilldown_ids(work, asked, found), NAV, crumbs, work)


@blueprint.get("/imports/<int:import_id>/rejected.csv")
@permits(*page_frame.INNER)
def rejected(import_id: int) -> Response:
    """Give the rows that were not taken, safe to open in a spreadsheet."""
    with here().works.read(page_frame.actor()) as work:
        run = leads.import_run(work, import_id)
        lines = list(_rejected(work, run.id))
    response = Response("".join(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="not-taken-{import_id}.csv"'
    return response


@blueprint.post("/imports/<int:import_id>/undo")
@permits(*page_frame.MAKERS)
def undo(import_id: int) -> BaseResponse:
    """Take an import back, as long as nobody on its list has had mail."""
    undone = undo_import(
        here().works, import_id, written_to=mail.written_to, actor=page_frame.actor()
    )
    count_cache.forget()
    page_frame.say(f"Taken back: {undone.deleted:,} leads removed, {undone.restored:,} as before.")
    return redirect(url_for("imports.open_one", import_id=import_id), HTTPStatus.SEE_OTHER)


def _overview(problem: str = "") -> str:
    with here().works.read(page_frame.actor()) as work:
        runs = leads.imports(work, limit=LOT)
        return page_frame.show(
            "imports",
            page_frame.PageInfo(TITLE, NAV),
            work,
            runs=runs,
            states=STATES,
            problem=problem,
            bases=BASES,
            may_add=page_frame.me().has(*page_frame.MAKERS),
        )


def _why(draft: UploadDraft, problem: str = "") -> str:
    with here().works.read(page_frame.actor()) as work:
        page_frame.look(work)
        return page_frame.show(
            "import_why",
            _page("Why may we write to them?"),
            work,
            draft=draft,
            bases=BASES,
            sources=leads.sources(work),
            problem=problem,
            typed=request.form,
            staff=[one for one in users.everybody(work) if one.active],
            tracks=[one for one in tracks.tracks(work) if one.version_id is not None],
            tomorrow=(page_frame.viewer().local(work.now) + timedelta(days=1)).date().isoformat(),
        )


def _columns(draft: UploadDraft, problem: str = "") -> str:
    runtime = here()
    kept = StoredList(runtime.works, draft.row.file_id)
    plan = plan_import(runtime.works, kept, _options(draft), intake=runtime.intake)
    with runtime.works.read(page_frame.actor()) as work:
        return page_frame.show(
            "import_columns",
            _page("What do the columns mean?"),
            work,
            draft=draft,
            plan=plan,
            groups=grouped_columns(published.fields(work)),
            problem=problem,
            mapping=draft.mapping or plan.mapping,
        )


def _result(work: Work, run: ImportProgress) -> dict[str, object]:
    return {
        "run": run,
        "name": run.file_name,
        "state": STATES[run.state],
        "states": ImportState,
        "basis": BASES[run.basis][0],
        "may_undo": page_frame.me().has(*page_frame.MAKERS),
        "rejects": leads.rejects(work, run.id, limit=100),
        "written": _written(work, run.id),
        "repeats": leads.repeated_rows(work, run.id, limit=100),
    }


def _written(work: Work, import_id: int) -> bool:
    """Tell whether somebody on the list has had mail, as far as a page may take its time."""
    after = 0
    for _ in range(STRETCHES):
        ids = leads.created_by(work, import_id, after=after, limit=LOT)
        if not ids:
            return False
        if mail.written_to(work, ids):
            return True
        after = ids[-1]
    return False


def _rejected(work: Work, import_id: int) -> Iterator[str]:
    yield csv_line(("Row", "Column", "Value", "Why it was not taken"))
    after = 0
    while rows := leads.rejects(work, import_id, after_row=after, limit=LOT):
        for row in rows:
            yield csv_line((str(row.row), row.column, row.value, row.reason))
        after = rows[-1].row


def _options(draft: UploadDraft) -> ImportOptions:
    runtime = here()
    settings = runtime.settings
    with runtime.works.read(page_frame.actor()) as work:
        firm = company(work, sender=settings.sender, postal=settings.postal_address)
    return draft.options(firm.topics, zone=page_frame.me().zone)


def _draft(name: str) -> UploadDraft:
    with here().works.read(page_frame.actor()) as work:
        return import_file.load(work, name)


def _save(draft: UploadDraft) -> None:
    with here().works.begin(page_frame.actor()) as work:
        import_file.save(work, draft)


def _refuse_too_early() -> None:
    """Say before a list is chosen that nothing would become of it."""
    with here().works.read(page_frame.actor()) as work:
        refuse_before_publishing(work)


def _page(title: str) -> page_frame.PageInfo:
    return page_frame.PageInfo(title, NAV, crumbs=[(TITLE, url_for("imports.show"))])
