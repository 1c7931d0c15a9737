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
from nurture.usecases import by_hand
from nurture.usecases.by_hand import Picked
from nurture.usecases.silence import silence
from nurture.web import format as forms
from nurture.web.console import remember, shell
from nurture.web.console.leads import picked, query
from nurture.web.console.shell import Page
from nurture.web.current import here
from nurture.web.ids import read_id
from nurture.web.security import permits

NAMED = 20
"""How many of those left out are named."""
doors = Blueprint("bulk", __name__)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why some are left out, and who the first of them are."""

    words: str
    count: int
    names: tuple[tuple[str, str], ...]


@doors.post("/leads/bulk")
@permits(*shell.INNER)
def show() -> str:
    """Say what would happen; nothing is changed."""
    with here().works.read(shell.actor()) as work:
        asked = query()
        lead_ids = picked(work, asked)
        if not lead_ids:
            raise Invalid("No lead is ticked. Go back, tick some, and choose again.")
        chosen = _weigh(work, lead_ids)
        verb, end = _words(work)
        return shell.show(
            "bulk", Page(f"{verb} {end}", "leads.show", (("Leads", "/leads"),)), work,
            count=len(chosen.lead_ids), left=chosen.left, left_out=_left_out(work, chosen),
            button=f"{verb} {forms.plural(len(chosen.lead_ids), 'lead')} {end}".strip(),
            sentence=_sentence(chosen), fields=_fields(asked),
            ticked=() if request.form.get("all") else request.form.getlist("lead"),
            back=f"/leads?{urlencode(asked)}", risky=request.form.get("do") == "stop",
        )  # fmt: skip


@doors.post("/leads/bulk/do")
@permits(*shell.INNER)
def do() -> Response:
    """Do it with whom it can be done now; who meanwhile cannot is left out."""
    with here().works.begin(shell.actor()) as work:
        asked = query()
        done = _done(work, picked(work, asked))
        _, end = _words(work)
    remember.forget()
    shell.say(f"{forms.plural(done, 'lead')} {_PAST[request.form.get('do', '')]} {end}".strip())
    return redirect(f"/leads?{urlencode(asked)}", HTTPStatus.SEE_OTHER)


_PAST = {"enrol": "put", "assign": "given", "stop": "set"}


def _weigh(work: Work, lead_ids: Sequence[LeadId]) -> Picked:
    match request.form.get("do"):
        case "enrol":
            track = tracks.get_track(work, request.form.get("into", ""))
            return by_hand.pick_for_track(work, lead_ids, track=track)
        case "assign":
            return by_hand.pick_for_owner(work, lead_ids, owner_id=_to(work))
        case "stop":
            return by_hand.pick_to_stop(work, lead_ids)
        case _:
            raise Invalid("Choose what to do with these leads.")


def _done(work: Work, lead_ids: Sequence[LeadId]) -> int:
    by = shell.me().name
    match request.form.get("do"):
        case "enrol":
            track = tracks.get_track(work, request.form.get("into", ""))
            return len(by_hand.put_in_track(work, lead_ids, track=track, by=by))
        case "assign":
            return len(by_hand.assign(work, lead_ids, owner_id=_to(work)))
        case "stop":
            chosen = by_hand.pick_to_stop(work, lead_ids).lead_ids
            why = f"By {by}, with others at once."
            silence(work, chosen, why=why, key=here().secret, desk=here().desk)
            return len(chosen)
        case _:
            raise Invalid("Choose what to do with these leads.")


def _words(work: Work) -> tuple[str, str]:
    match request.form.get("do"):
        case "enrol":
            return "Put", f"in {tracks.get_track(work, request.form.get('into', '')).name}"
        case "assign":
            return "Give", f"to {users.get(work, _to(work)).name}"
        case _:
            return "Set", "to do not mail"


def _to(work: Work) -> UserId:
    named = read_id(request.form.get("to", ""))
    if named is None:
        raise Invalid("Choose to whom these leads are given.")
    return users.get(work, UserId(named)).id


def _sentence(chosen: Picked) -> str:
    if not chosen.left:
        return "Nobody is left out."
    parts = [f"{forms.number(len(ones))} {why}" for why, ones in chosen.left_out.items()]
    return f"{forms.number(chosen.left)} left out: {', '.join(parts)}."


def _left_out(work: Work, chosen: Picked) -> list[LeftOut]:
    first: Mapping[str, tuple[LeadId, ...]] = {
        str(why): ones[:NAMED] for why, ones in chosen.left_out.items()
    }
    people = leads.by_ids(work, [one for ones in first.values() for one in ones])
    return [
        LeftOut(
            str(why), len(ones),
            tuple((people[one].name, f"/leads/{one}") for one in first[str(why)] if one in people),
        )
        for why, ones in chosen.left_out.items()
    ]  # fmt: skip


def _fields(asked: Mapping[str, str]) -> list[tuple[str, str]]:
    kept = [(name, request.form.get(name, "")) for name in ("do", "into", "to", "all")]
    return [(name, value) for name, value in (*asked.items(), *kept) if value]
