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
from nurture.reports import track_report
from nurture.reports.track_report import PassagePage, TrackPassage
from nurture.tracks import Overdue, TrackState
from nurture.usecases.journeys import resume_track
from nurture.web.console import act_words, count_cache, drilldown, page_frame
from nurture.web.console.drilldown import (
    SHOWN,
    Drilldown,
    DrilldownEntry,
    DrilldownTitle,
    first_asked,
)
from nurture.web.console.track_view import TrackPage, list_of, page_of
from nurture.web.current import here
from nurture.web.security import permits

blueprint = Blueprint("tracks", __name__)
NAV = "tracks.show"
TITLE = "Tracks"
TABS = ("outline", "text", "versions")


RESUMED = {
    Overdue.NOW: "What fell due meanwhile happens now, as far as the cap allows.",
    Overdue.ANEW: "Waits that were over start anew.",
    Overdue.SKIP: "Mails whose time passed are left out.",
}


@blueprint.get("/tracks")
@permits(*page_frame.INNER)
def show() -> str:
    """List the tracks by their turn."""
    with here().works.read(page_frame.actor()) as work:
        page_frame.look(work)
        view = list_of(work, tonight=page_frame.viewer().tonight())
        return page_frame.show("tracks", page_frame.PageInfo(TITLE, NAV), work, view=view)


@blueprint.get("/tracks/<key>")
@permits(*page_frame.INNER)
def open_one(key: str) -> str:
    """Show one track: its outline with who stands where, its text, its versions."""
    with here().works.read(page_frame.actor()) as work:
        page_frame.look(work)
        view: TrackPage = page_of(
            work, tracks.get_track(work, key), tonight=page_frame.viewer().tonight()
        )
        tab = request.args.get("tab", TABS[0])
        page = page_frame.PageInfo(view.state.name, NAV, crumbs=[(TITLE, url_for("tracks.show"))])
        return page_frame.show(
            "track",
            page,
            work,
            view=view,
            tab=tab if tab in TABS else TABS[0],
            may_change=page_frame.me().has(*page_frame.MAKERS),
        )


@blueprint.post("/tracks/<key>/pause")
@permits(*page_frame.MAKERS)
def pause(key: str) -> Response:
    """Halt a track: everybody stays where they are."""
    with here().works.begin(page_frame.actor()) as work:
        state = tracks.get_track(work, key)
        tracks.pause(work, key)
    count_cache.forget()
    page_frame.say(f"{state.name} is paused. Nobody moves on in it until somebody resumes it.")
    return redirect(url_for("tracks.open_one", key=key), HTTPStatus.SEE_OTHER)


@blueprint.post("/tracks/<key>/resume")
@permits(*page_frame.MAKERS)
def resume(key: str) -> Response:
    """Let a track go on; what fell due meanwhile happens as the reader chose."""
    how = request.form.get("overdue", Overdue.NOW)
    if how not in set(Overdue):
        raise Invalid("Choose what becomes of the steps that fell due.")
    with here().works.read(page_frame.actor()) as work:
        state = tracks.get_track(work, key)
    resume_track.resume(here().works, key, Overdue(how), actor=page_frame.actor())
    count_cache.forget()
    page_frame.say(f"{state.name} goes on. {RESUMED[Overdue(how)]}")
    return redirect(url_for("tracks.open_one", key=key), HTTPStatus.SEE_OTHER)


@blueprint.get("/tracks/<key>/leads")
@permits(*page_frame.INNER)
def inside(key: str) -> str:
    """List who is in a track now, or at one of its steps."""
    step = request.args.get("step")
    with here().works.read(page_frame.actor()) as work:
        state = tracks.get_track(work, key)
        part = track_report.standing(work, state.id, step=step, first=first_asked(), limit=SHOWN)
        title = f"In {state.name} now" if step is None else f"In {state.name}, at “{step}”"
        return _listed(
            work,
            state,
            DrilldownTitle(
                title, "The way on is theirs; each row says what comes next.", "At the step", "Next"
            ),
            part,
            _standing_entry,
        )


@blueprint.get("/tracks/<key>/due")
@permits(*page_frame.INNER)
def due(key: str) -> str:
    """List whose next step falls due today."""
    with here().works.read(page_frame.actor()) as work:
        state = tracks.get_track(work, key)
        page_frame.look(work)
        part = track_report.due_before(
            work, state.id, before=page_frame.viewer().tonight(), first=first_asked(), limit=SHOWN
        )
        asked = DrilldownTitle(
            f"Due today in {state.name}",
            "Their next step falls due before midnight.",
            "At the step",
            "Due",
        )
        return _listed(work, state, asked, part, _standing_entry)


@blueprint.get("/tracks/<key>/came")
@permits(*page_frame.INNER)
def came(key: str) -> str:
    """List everybody who ever came into a track."""
    with here().works.read(page_frame.actor()) as work:
        state = tracks.get_track(work, key)
        part = track_report.everybody(work, state.id, first=first_asked(), limit=SHOWN)
        asked = DrilldownTitle(
            f"Came into {state.name}", "Who came twice stands here twice.", "Now"
        )
        return _listed(work, state, asked, part, _any_entry)


@blueprint.get("/tracks/<key>/left/<reason>")
@permits(*page_frame.INNER)
def left(key: str, reason: str) -> str:
    """List who left a track for one reason."""
    if reason not in set(ExitReason):
        raise NotFound("No track is left that way.")
    why = ExitReason(reason)
    with here().works.read(page_frame.actor()) as work:
        state = tracks.get_track(work, key)
        part = track_report.ended(work, state.id, reason=why, first=first_asked(), limit=SHOWN)
        asked = DrilldownTitle(f"Left {state.name}: {act_words.ENDINGS[why]}", "", "Left")
        return _listed(work, state, asked, part, _left_entry)


def _listed(
    work: Work,
    state: TrackState,
    asked: DrilldownTitle,
    part: PassagePage,
    entry: Callable[[TrackPassage], DrilldownEntry],
) -> str:
    entries = [entry(row) for row in part.rows]
    shown: Drilldown = drilldown.drilldown_chunk(work, asked, entries, total=part.total)
    crumbs = [
        (TITLE, url_for("tracks.show")),
        (state.name, url_for("tracks.open_one", key=state.key)),
    ]
    return drilldown.page(shown, NAV, crumbs, work)


def _standing_entry(row: TrackPassage) -> DrilldownEntry:
    return DrilldownEntry(row.lead_id, row.step, _when(row.due_at))


def _any_entry(row: TrackPassage) -> DrilldownEntry:
    if row.exit_reason is None:
        return DrilldownEntry(row.lead_id, f"in it, at {row.step}")
    return DrilldownEntry(row.lead_id, f"left: {act_words.ENDINGS[ExitReason(row.exit_reason)]}")


def _left_entry(row: TrackPassage) -> DrilldownEntry:
    return DrilldownEntry(row.lead_id, _when(row.ended_at) if row.ended_at else "")


def _when(at: datetime) -> str:
    there = at.astimezone(ZoneInfo(page_frame.me().zone))
    return f"{there:%a} {there.day} {there:%b}, {there:%H:%M}"
