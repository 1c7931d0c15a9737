"""Tracks: who is where, what happens at each step, and the switch that halts one."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from campaigns.vocabulary import ExitReason
from nurture import tracks
from nurture.kernel.errors import Invalid, NotFound
from nurture.kernel.work import Work
from nurture.reports import standing
from nurture.reports.standing import Part, Standing
from nurture.tracks import Overdue, TrackState
from nurture.usecases import pausing
from nurture.web.console import behind, remember, shell, wording
from nurture.web.console.behind import SHOWN, Asked, Behind, Entry, first_asked
from nurture.web.console.track_view import TrackPage, list_of, page_of
from nurture.web.current import here
from nurture.web.security import permits

doors = Blueprint("tracks", __name__)
NAV = "tracks.show"
TITLE = "Tracks"
TABS = ("outline", "text", "versions")


RESUMED = {
    Overdue.NOW: "What fell due meanwhile happens now, as far as the cap allows.",
    Overdue.ANEW: "Waits that were over start anew.",
    Overdue.SKIP: "Mails whose time passed are left out.",
}


@doors.get("/tracks")
@permits(*shell.INNER)
def show() -> str:
    """List the tracks by their turn."""
    with here().works.read(shell.actor()) as work:
        shell.look(work)
        view = list_of(work, tonight=shell.eye().tonight())
        return shell.show("tracks", shell.Page(TITLE, NAV), work, view=view)


@doors.get("/tracks/<key>")
@permits(*shell.INNER)
def open_one(key: str) -> str:
    """Show one track: its outline with who stands where, its text, its versions."""
    with here().works.read(shell.actor()) as work:
        shell.look(work)
        view: TrackPage = page_of(work, tracks.get_track(work, key), tonight=shell.eye().tonight())
        tab = request.args.get("tab", TABS[0])
        page = shell.Page(view.state.name, NAV, crumbs=[(TITLE, url_for("tracks.show"))])
        return shell.show(
            "track",
            page,
            work,
            view=view,
            tab=tab if tab in TABS else TABS[0],
            may_change=shell.me().has(*shell.MAKERS),
        )


@doors.post("/tracks/<key>/pause")
@permits(*shell.MAKERS)
def pause(key: str) -> Response:
    """Halt a track: everybody stays where they are."""
    with here().works.begin(shell.actor()) as work:
        state = tracks.get_track(work, key)
        tracks.pause(work, key)
    remember.forget()
    shell.say(f"{state.name} is paused. Nobody moves on in it until somebody resumes it.")
    return redirect(url_for("tracks.open_one", key=key), HTTPStatus.SEE_OTHER)


@doors.post("/tracks/<key>/resume")
@permits(*shell.MAKERS)
def resume(key: str) -> Response:
    """Let a track go on; what fell due meanwhile happens as the reader chose."""
    how = request.form.get("overdue", Overdue.NOW)
    if how not in set(Overdue):
        raise Invalid("Choose what becomes of the steps that fell due.")
    with here().works.read(shell.actor()) as work:
        state = tracks.get_track(work, key)
    pausing.resume(here().works, key, Overdue(how), actor=shell.actor())
    remember.forget()
    shell.say(f"{state.name} goes on. {RESUMED[Overdue(how)]}")
    return redirect(url_for("tracks.open_one", key=key), HTTPStatus.SEE_OTHER)


@doors.get("/tracks/<key>/leads")
@permits(*shell.INNER)
def inside(key: str) -> str:
    """List who is in a track now, or at one of its steps."""
    step = request.args.get("step")
    with here().works.read(shell.actor()) as work:
        state = tracks.get_track(work, key)
        part = standing.standing(work, state.id, step=step, first=first_asked(), limit=SHOWN)
        title = f"In {state.name} now" if step is None else f"In {state.name}, at “{step}”"
        return _listed(
            work,
            state,
            Asked(
                title, "The way on is theirs; each row says what comes next.", "At the step", "Next"
            ),
            part,
            _standing_entry,
        )


@doors.get("/tracks/<key>/due")
@permits(*shell.INNER)
def due(key: str) -> str:
    """List whose next step falls due today."""
    with here().works.read(shell.actor()) as work:
        state = tracks.get_track(work, key)
        shell.look(work)
        part = standing.due_before(
            work, state.id, before=shell.eye().tonight(), first=first_asked(), limit=SHOWN
        )
        asked = Asked(
            f"Due today in {state.name}",
            "Their next step falls due before midnight.",
            "At the step",
            "Due",
        )
        return _listed(work, state, asked, part, _standing_entry)


@doors.get("/tracks/<key>/came")
@permits(*shell.INNER)
def came(key: str) -> str:
    """List everybody who ever came into a track."""
    with here().works.read(shell.actor()) as work:
        state = tracks.get_track(work, key)
        part = standing.everybody(work, state.id, first=first_asked(), limit=SHOWN)
        asked = Asked(f"Came into {state.name}", "Who came twice stands here twice.", "Now")
        return _listed(work, state, asked, part, _any_entry)


@doors.get("/tracks/<key>/left/<reason>")
@permits(*shell.INNER)
def left(key: str, reason: str) -> str:
    """List who left a track for one reason."""
    if reason not in set(ExitReason):
        raise NotFound("No track is left that way.")
    why = ExitReason(reason)
    with here().works.read(shell.actor()) as work:
        state = tracks.get_track(work, key)
        part = standing.ended(work, state.id, reason=why, first=first_asked(), limit=SHOWN)
        asked = Asked(f"Left {state.name}: {wording.ENDINGS[why]}", "", "Left")
        return _listed(work, state, asked, part, _left_entry)


def _listed(
    work: Work,
    state: TrackState,
    asked: Asked,
    part: Part,
    entry: Callable[[Standing], Entry],
) -> str:
    entries = [entry(row) for row in part.rows]
    shown: Behind = behind.stretch(work, asked, entries, total=part.total)
    crumbs = [
        (TITLE, url_for("tracks.show")),
        (state.name, url_for("tracks.open_one", key=state.key)),
    ]
    return behind.page(shown, NAV, crumbs, work)


def _standing_entry(row: Standing) -> Entry:
    return Entry(row.lead_id, row.step, _when(row.due_at))


def _any_entry(row: Standing) -> Entry:
    if row.exit_reason is None:
        return Entry(row.lead_id, f"in it, at {row.step}")
    return Entry(row.lead_id, f"left: {wording.ENDINGS[ExitReason(row.exit_reason)]}")


def _left_entry(row: Standing) -> Entry:
    return Entry(row.lead_id, _when(row.ended_at) if row.ended_at else "")


def _when(at: datetime) -> str:
    there = at.astimezone(ZoneInfo(shell.me().zone))
    return f"{there:%a} {there.day} {there:%b}, {there:%H:%M}"
