"""What is done with many leads: first what will happen, in numbers and names, then doing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from nurture import leads, tracks, users
from nurture.kernel.errors import Invalid
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads import ActRow
from nurture.usecases.desk import bulk_acts
from nurture.usecases.desk.bulk_acts import NAMED, SkippedLeads
from nurture.usecases.journeys import enrolment
from nurture.usecases.journeys.enrolment import BulkSelection
from nurture.web import formatting as forms
from nurture.web.console import count_cache, drilldown, page_frame
from nurture.web.console.drilldown import DrilldownTitle
from nurture.web.console.lead_list import picked, query
from nurture.web.console.page_frame import PageInfo
from nurture.web.current import here
from nurture.web.ids import read_id
from nurture.web.security import permits

blueprint = Blueprint("bulk", __name__)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why some are left out, and who the first of them are."""

    words: str
    count: int
    names: tuple[tuple[str, str], ...]


@blueprint.post("/leads/bulk")
@permits(*page_frame.INNER)
def show() -> str:
    """Say what would happen; nothing is changed."""
    with here().works.read(page_frame.actor()) as work:
        asked = query()
        lead_ids = picked(work, asked)
        if not lead_ids:
            raise Invalid("No lead is ticked. Go back, tick some, and choose again.")
        chosen = _weigh(work, lead_ids)
        verb, end = _words(work)
        return page_frame.show(
            "bulk",
            PageInfo(f"{verb} {end}", "leads.show", (("Leads", "/leads"),)),
            work,
            count=len(chosen.lead_ids),
            left=chosen.left,
            left_out=_left_out(work, chosen),
            button=f"{verb} {forms.plural(len(chosen.lead_ids), 'lead')} {end}".strip(),
            sentence=_sentence(chosen),
            fields=_fields(asked),
            ticked=() if request.form.get("all") else request.form.getlist("lead"),
            back=f"/leads?{urlencode(asked)}",
            risky=request.form.get("do") == "stop",
        )


@blueprint.post("/leads/bulk/do")
@permits(*page_frame.INNER)
def do() -> Response:
    """Do it with whom it can be done now; who meanwhile cannot is left out."""
    asked = query()
    with here().works.read(page_frame.actor()) as work:
        lead_ids = picked(work, asked)
    act_id = bulk_acts.in_chunks(here().works, lead_ids, _done, actor=page_frame.actor())
    count_cache.forget()
    return redirect(f"/leads/bulk/{act_id}?{urlencode(asked)}", HTTPStatus.SEE_OTHER)


@blueprint.get("/leads/bulk/<int:act_id>")
@permits(*page_frame.INNER)
def result(act_id: int) -> str:
    """Say what was done to how many, and offer to take it back as long as that is possible."""
    with here().works.read(page_frame.actor()) as work:
        parts = leads.act_parts(work, act_id)
        act, count = bulk_acts.whole(parts), len(_touched(work, parts))
        until = bulk_acts.undo_until(parts, now=work.now)
        chosen = bulk_acts.weigh_undo(work, parts) if until else BulkSelection(())
        title = f"{forms.plural(count, 'lead')} {act.words}"
        return page_frame.show(
            "bulk_done",
            PageInfo(title, "leads.show", (("Leads", "/leads"),)),
            work,
            act=act,
            by=_by(work, act),
            back=len(chosen.lead_ids),
            left=chosen.left,
            left_out=_left_out(work, chosen),
            spared=_spared(work, bulk_acts.spared(parts)),
            until=until,
            list=f"/leads/bulk/{act_id}/leads",
            onward=f"/leads?{urlencode(query())}",
            count=count,
        )


@blueprint.get("/leads/bulk/<int:act_id>/leads")
@permits(*page_frame.INNER)
def touched(act_id: int) -> str:
    """List the leads to whom it was done."""
    with here().works.read(page_frame.actor()) as work:
        parts = leads.act_parts(work, act_id)
        act, found = parts[0], _touched(work, parts)
        asked = DrilldownTitle(act.words[:1].upper() + act.words[1:], "Done to many at once.")
        crumbs = [("Leads", "/leads"), (asked.title, f"/leads/bulk/{act_id}")]
        return drilldown.page(
            drilldown.drilldown_ids(work, asked, found), "leads.show", crumbs, work
        )


@blueprint.post("/leads/bulk/<int:act_id>/undo")
@permits(*page_frame.INNER)
def undo(act_id: int) -> Response:
    """Take it back for whom it can be."""
    chosen = bulk_acts.undo(here().works, act_id, actor=page_frame.actor(), journey=here().journey)
    count_cache.forget()
    words = f"Taken back for {forms.plural(len(chosen.lead_ids), 'lead')}"
    if chosen.left:
        words += f", not for {forms.number(chosen.left)}: {_reasons(chosen)}"
    page_frame.say(f"{words}.")
    return redirect(f"/leads/bulk/{act_id}", HTTPStatus.SEE_OTHER)


def _touched(work: Work, parts: Sequence[leads.ActRow]) -> list[LeadId]:
    return [one for part in parts for one in leads.stood_before(work, part.id)]


def _weigh(work: Work, lead_ids: Sequence[LeadId]) -> BulkSelection:
    match request.form.get("do"):
        case "enrol":
            track = tracks.get_track(work, request.form.get("into", ""))
            return enrolment.pick_for_track(work, lead_ids, track=track)
        case "leave":
            track = tracks.get_track(work, request.form.get("into", ""))
            return enrolment.pick_to_take_out(work, lead_ids, track=track)
        case "assign":
            return enrolment.pick_for_owner(work, lead_ids, owner_id=_to(work))
        case "stop":
            return enrolment.pick_to_stop(work, lead_ids)
        case _:
            raise Invalid("Choose what to do with these leads.")


def _done(work: Work, lead_ids: Sequence[LeadId]) -> int:
    by = page_frame.me().name
    match request.form.get("do"):
        case "enrol":
            track = tracks.get_track(work, request.form.get("into", ""))
            return bulk_acts.put_in_track(work, lead_ids, track=track, by=by)
        case "leave":
            track = tracks.get_track(work, request.form.get("into", ""))
            return bulk_acts.take_out(work, lead_ids, track=track, journey=here().journey)
        case "assign":
            return bulk_acts.assign(work, lead_ids, owner_id=_to(work))
        case "stop":
            why = f"By {by}, with others at once."
            return bulk_acts.stop_mail(
                work, lead_ids, why=why, key=here().secret, journey=here().journey
            )
        case _:
            raise Invalid("Choose what to do with these leads.")


def _words(work: Work) -> tuple[str, str]:
    match request.form.get("do"):
        case "enrol":
            return "Put", f"in {tracks.get_track(work, request.form.get('into', '')).name}"
        case "leave":
            track = tracks.get_track(work, request.form.get("into", ""))
            return "Take", f"out of {track.name}"
        case "assign":
            return "Give", f"to {users.get(work, _to(work)).name}"
        case _:
            return "Set", "to do not mail"


def _to(work: Work) -> UserId:
    named = read_id(request.form.get("to", ""))
    if named is None:
        raise Invalid("Choose to whom these leads are given.")
    return users.get(work, UserId(named)).id


def _sentence(chosen: BulkSelection) -> str:
    if not chosen.left:
        return "Nobody is left out."
    return f"{forms.number(chosen.left)} left out: {_reasons(chosen)}."


def _reasons(chosen: BulkSelection) -> str:
    return ", ".join(f"{forms.number(len(ones))} {why}" for why, ones in chosen.left_out.items())


def _by(work: Work, act: ActRow) -> str:
    """Name who did it: whoever takes it back may be somebody else."""
    kind, _, number = act.actor.partition(":")
    if kind != "user" or not number.isdecimal():
        return "the machinery"
    if UserId(int(number)) == page_frame.me().id:
        return "you"
    card = users.by_ids(work, [UserId(int(number))]).get(UserId(int(number)))
    return card.name if card else "somebody who has left"


def _left_out(work: Work, chosen: BulkSelection) -> list[LeftOut]:
    return _spared(
        work,
        [SkippedLeads(str(why), len(ones), ones[:NAMED]) for why, ones in chosen.left_out.items()],
    )


def _spared(work: Work, found: Sequence[SkippedLeads]) -> list[LeftOut]:
    people = leads.by_ids(work, [one for some in found for one in some.first])
    return [
        LeftOut(
            some.why,
            some.count,
            tuple((people[one].name, f"/leads/{one}") for one in some.first if one in people),
        )
        for some in found
    ]


def _fields(asked: Mapping[str, str]) -> list[tuple[str, str]]:
    kept = [(name, request.form.get(name, "")) for name in ("do", "into", "to", "all")]
    return [(name, value) for name, value in (*asked.items(), *kept) if value]
