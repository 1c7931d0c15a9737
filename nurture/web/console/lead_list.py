"""The list of leads: saved views, search, filters in the address, and what is done with many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from campaigns.vocabulary import Heat, Stage
from nurture import consent, handoff, leads, scoring, tracks, users
from nurture.kernel.errors import Invalid
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads import LeadFilter, LeadSort, LeadView
from nurture.reports import day_figures as report
from nurture.reports import next_action
from nurture.reports.next_action import NextAction
from nurture.usecases.desk.export_leads import csv_lines
from nurture.usecases.desk.find_leads import leads_that_meet
from nurture.web.console import act_words, count_cache, page_frame, row_people
from nurture.web.console.page_frame import PageInfo
from nurture.web.current import here
from nurture.web.ids import read_id
from nurture.web.security import permits

STRETCH = 50
STRIDE = 5_000
NEXT = {
    "mail": "Mail",
    "hand-off": "Answer from sales",
    "wake": "Rests until then",
    "triage": "Somebody decides",
    "call": "Call",
    "ask": "Question to one of us",
    "follow_up": "Raised hand",
}
VIEWS = (
    ("", "All"),
    ("marketing", "Marketing leads"),
    ("sales_ready", "Sales-ready"),
    ("recycled", "Back to nurturing"),
    ("forgotten", "Nobody looks after"),
)
FIELDS = ("q", "view", "stage", "owner", "source", "country", "track", "where", "match", "sort")
ANY = "any"
"""Any of the conditions will do; otherwise all must hold."""
blueprint = Blueprint("leads", __name__)


@dataclass(frozen=True, slots=True)
class LeadListLine:
    """One lead of the list."""

    person: LeadView
    heat: Heat
    engagement: float
    owner: str
    queue: str
    """Whose it is while nobody owns it."""
    next_words: str
    next_at: datetime | None
    stopped: bool


@dataclass(frozen=True, slots=True)
class FilterSelect:
    """One select of the filter line."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    value: str


@blueprint.get("/leads")
@permits()
def show() -> str:
    """Show a stretch of the list; the next one comes behind its last line."""
    with here().works.read(page_frame.actor()) as work:
        page_frame.look(work)
        asked = query()
        leads_, problem = _asked_for(work, asked)
        page = leads.search(
            work, leads_, sort=_sort(asked), after=request.args.get("after"), limit=STRETCH
        )
        after = {**asked, "after": page.next_cursor or ""}
        more = f"/leads?{urlencode(after)}" if page.next_cursor else ""
        values = {"lines": _lines(work, page.people), "more": more, "bulk": page_frame.sees_all()}
        if request.headers.get("HX-Request"):
            return page_frame.part("_lead_rows", work, **values)
        return page_frame.show(
            "leads",
            PageInfo("Leads" if page_frame.sees_all() else "My leads", "leads.show"),
            work,
            **values,
            asked=asked,
            problem=problem,
            total=_total(work, leads_, asked),
            tabs=_tabs(work, asked),
            choices=_choices(work, asked),
            tracks=tracks.tracks(work),
            staff=[one for one in users.everybody(work) if one.active],
            cleared=f"/leads?view={asked['view']}" if asked.get("view") else "/leads",
            download=f"/leads.csv?{urlencode(asked)}" if page_frame.sees_all() else "",
            narrowed=any(name not in ("view", "sort", "match") for name in asked),
        )


def _asked_for(work: Work, asked: dict[str, str]) -> tuple[LeadFilter, str]:
    """Give the filter, and what is wrong with its conditions: then nobody is shown."""
    try:
        return filter_of(work, asked), ""
    except Invalid as refused:
        if not asked.get("where"):
            raise
        return LeadFilter(ids=()), refused.sentence


@blueprint.get("/leads.csv")
@permits(*page_frame.INNER)
def export() -> Response:
    """Give the leads that match as a file, row by row as they are read."""
    chunks = _chunks()
    # Whatever is wrong with the filter is found here, while a page can still say so.
    first = list(islice(chunks, 2))
    response = Response(chain(first, chunks), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="leads.csv"'
    return response


def _chunks() -> Iterator[str]:
    with here().works.read(page_frame.actor()) as work:
        yield from csv_lines(work, filter_of(work, query()))


def query() -> dict[str, str]:
    """Give the filters of the address or of a form that repeats them; empty ones are left out."""
    return {name: value for name in FIELDS if (value := request.values.get(name, "").strip())}


def filter_of(work: Work, asked: dict[str, str]) -> LeadFilter:
    """Turn the filters into a question to the leads; others see their own only."""
    view, owner = asked.get("view", ""), asked.get("owner", "")
    stage = asked.get("stage", "") or (view if view in set(Stage) else "")
    found = LeadFilter(
        text=asked.get("q", ""),
        stages=(Stage(stage),) if stage in set(Stage) else (),
        owner_id=None if (number := read_id(owner)) is None else UserId(number),
        unowned=owner == "none",
        source_id=read_id(asked.get("source", "")),
        countries=(asked["country"],) if asked.get("country") else (),
        within=_within(work, asked),
        meeting=_meeting(work, asked),
    )
    return found if page_frame.sees_all() else _own(found)


def _within(work: Work, asked: dict[str, str]) -> report.Ids | None:
    if asked.get("view") == "forgotten":
        return report.forgotten(work.now)
    if asked.get("track"):
        return report.in_track(tracks.get_track(work, asked["track"]).id)
    return None


def _meeting(work: Work, asked: dict[str, str]) -> report.Ids | None:
    """Ask the conditions; what is wrong with them is a refusal, so that nothing is done by them."""
    if not asked.get("where"):
        return None
    return leads_that_meet(work, asked["where"], any_of=asked.get("match") == ANY)


def _own(leads_: LeadFilter) -> LeadFilter:
    return LeadFilter(
        text=leads_.text,
        stages=leads_.stages,
        countries=leads_.countries,
        source_id=leads_.source_id,
        owner_id=page_frame.me().id,
        meeting=leads_.meeting,
    )


def _sort(asked: dict[str, str]) -> LeadSort:
    named = asked.get("sort", "")
    return LeadSort(named) if named in set(LeadSort) else LeadSort.CHANGED


def _lines(work: Work, persons: Sequence[LeadView]) -> list[LeadListLine]:
    ids = [one.id for one in persons]
    scores = scoring.scores(work, ids)
    offers = handoff.open_of(work, ids)
    actions = next_action.next_actions(work, ids)
    ways = next_action.next_tracks(work, ids)
    stopped = consent.suppressed_now(work, ids)
    owners = users.by_ids(work, [one.owner_id for one in persons if one.owner_id is not None])
    return [
        LeadListLine(
            person=one,
            heat=row_people.heat_of(scores[one.id].grade, offers.get(one.id)),
            engagement=scores[one.id].engagement,
            owner=owners[one.owner_id].name if one.owner_id in owners else "",
            queue=(one.queue or "marketing").replace("_", " "),
            next_words=_next_words(actions.get(one.id), ways.get(one.id, "")),
            next_at=actions[one.id].due_at if one.id in actions else None,
            stopped=one.id in stopped,
        )
        for one in persons
    ]


def _next_words(action: NextAction | None, track: str) -> str:
    if action is None:
        return ""
    return f"Next in {track}" if action.what == "track" else NEXT.get(action.what, "Task")


def _total(work: Work, leads_: LeadFilter, asked: dict[str, str]) -> int:
    name = f"count {urlencode(asked)} {'' if page_frame.sees_all() else page_frame.me().id}"
    return count_cache.minute(work, name, lambda work: leads.count(work, leads_))[0]


def _tabs(work: Work, asked: dict[str, str]) -> list[tuple[str, str, str, bool]]:
    if not page_frame.sees_all():
        return []
    stages, _ = count_cache.minute(work, "stages", leads.stage_counts)
    alone, _ = count_cache.minute(work, "forgotten", _forgotten)
    counts = {str(one): number for one, number in stages.items()}
    counts |= {"": sum(stages.values()), "forgotten": alone}
    here_ = asked.get("view", "")
    return [
        (words, f"/leads?view={key}" if key else "/leads", f"{counts[key]:,}", here_ == key)
        for key, words in VIEWS
    ]


def _forgotten(work: Work) -> int:
    return leads.count(work, LeadFilter(within=report.forgotten(work.now)))


def _choices(work: Work, asked: dict[str, str]) -> list[FilterSelect]:
    if not page_frame.sees_all():
        return []
    staff = ((str(one.id), one.name) for one in users.everybody(work) if one.active)
    countries, _ = count_cache.minute(work, "countries", report.countries)
    options = {
        "stage": ((str(one), words) for one, words in act_words.STAGES.items()),
        "owner": (("none", "Marketing"), *staff),
        "source": ((str(one.id), one.name) for one in leads.sources(work)),
        "country": ((one, one) for one in countries),
    }
    return [
        FilterSelect(name, f"Any {name}", tuple(ones), asked.get(name, ""))
        for name, ones in options.items()
    ]


def picked(work: Work, asked: dict[str, str]) -> list[LeadId]:
    """Give the ticked leads, or all that match when that was asked for."""
    if not request.values.get("all"):
        given = map(read_id, request.values.getlist("lead"))
        return [LeadId(one) for one in given if one is not None]
    found: list[LeadId] = []
    leads_ = filter_of(work, asked)
    after: LeadId | None = None
    while chunk := leads.matching_ids(work, leads_, after=after, limit=STRIDE):
        found += chunk
        after = chunk[-1]
    return found
