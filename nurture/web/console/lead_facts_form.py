"""The facts of a lead as a form: who may edit them, what is wrong beside the field."""

from collections.abc import Mapping
from http import HTTPStatus
from zoneinfo import available_timezones

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from campaigns.fields import GROUP_WORDS, EditRight, FieldDefinition, FieldKind, FieldSchema
from nurture import leads
from nurture.kernel.errors import Forbidden
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.leads import LeadView
from nurture.usecases.desk.correct_facts import correct
from nurture.usecases.shared.fact_words import FactLabels, fact_labels
from nurture.web.console import page_frame
from nurture.web.console.lead_case import open_lead
from nurture.web.console.page_frame import PageInfo
from nurture.web.current import here
from nurture.web.security import permits

blueprint = Blueprint("facts", __name__)
STALE = (
    "Somebody or something has changed what you change since you opened the form. Look at what it "
    "says now beside yours, then save again."
)
MARKETINGS = "Marketing changes this."
SHARED = "Others have leads there: marketing renames it for all."


def may_edit(person: LeadView) -> bool:
    """Tell whether this reader may change what is known: makers all leads, owners their own."""
    return page_frame.me().has(*page_frame.MAKERS) or person.owner_id == page_frame.me().id


def may_rename(work: Work, person: LeadView) -> bool:
    """Tell whether this reader may rename the company: not for other people's leads."""
    if page_frame.me().has(*page_frame.MAKERS):
        return True
    return all(owner == page_frame.me().id for owner in leads.colleagues(work, person).values())


@blueprint.get("/leads/<int:lead_id>/facts")
@permits()
def show(lead_id: int) -> str:
    """Show what is known in fields."""
    with here().works.read(page_frame.actor()) as work:
        person = _theirs(work, lead_id)
        return _form(work, person, {}, {})


@blueprint.post("/leads/<int:lead_id>/facts")
@permits()
def save(lead_id: int) -> Response | tuple[str, int]:
    """Keep what was typed, or say beside each field what is wrong with it."""
    typed = _touched()
    with here().works.begin(page_frame.actor()) as work:
        person = _theirs(work, lead_id)
        if leads.COMPANY in typed and not may_rename(work, person):
            raise Forbidden("Others have leads at this company: ask marketing to rename it.")
        words = fact_labels(work)
        typed = {name: one for name, one in typed.items() if name in _open_to(words.schema)}
        read, known = leads.read_edit(typed, person, words.schema), _known(person, words)
        stale = any(request.form.get(f"was-{name}") != known[name] for name in typed)
        if not read.problems and not stale:
            changed = correct(work, person.id, read.told, journey=here().journey)
            page_frame.say("Kept. Fit is counted anew." if changed else "Nothing was changed.")
            return redirect(url_for("lead.show", lead_id=lead_id), HTTPStatus.SEE_OTHER)
    with here().works.read(page_frame.actor()) as work:
        page = _form(work, person, typed, read.problems, note=STALE if stale else "")
        return page, HTTPStatus.UNPROCESSABLE_ENTITY


def _form(
    work: Work,
    person: LeadView,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
    *,
    note: str = "",
) -> str:
    above = [("Leads", url_for("leads.show")), (person.name, f"/leads/{person.id}")]
    words = fact_labels(work)
    known = _known(person, words)
    fields = words.schema.edited
    lists = {one.key: listed for one in fields if (listed := _offered(one, words))}
    mine = _open_to(words.schema)
    fixed = {one.key: MARKETINGS for one in fields if one.key not in mine}
    if not may_rename(work, person):
        fixed[leads.COMPANY] = SHARED
    return page_frame.show(
        "lead_facts",
        PageInfo("What we know", "leads.show", crumbs=above),
        work,
        person=person,
        groups=[
            (words_, inside)
            for group, words_ in GROUP_WORDS.items()
            if (inside := [one for one in fields if one.group is group])
        ],
        lists=lists,
        typed={**known, **typed},
        problems=problems,
        known=known,
        note=note,
        fixed=fixed,
    )


def _offered(one: FieldDefinition, words: FactLabels) -> list[str]:
    """List what may be chosen; other texts can be typed where the kind allows it."""
    if one.kind is FieldKind.COUNTRY:
        return sorted(leads.country_names().values())
    if one.kind is FieldKind.ZONE:
        return sorted(available_timezones())
    if one.kind is FieldKind.YES_NO:
        return ["yes", "no"]
    return words.listed(one.key)


def _open_to(schema: FieldSchema) -> frozenset[str]:
    """Name the fields that this reader may change."""
    maker = page_frame.me().has(*page_frame.MAKERS)
    return frozenset(
        one.key for one in schema.edited if maker or one.edit is not EditRight.MARKETING
    )


def _known(person: LeadView, words: FactLabels) -> dict[str, str]:
    """Give what is known in words: what somebody reads is what they save."""
    known = {
        name: ", ".join(words.shown(name, one) for one in text.split(", "))
        if words.is_several(name)
        else words.shown(name, text)
        for name, text in leads.shown_of(person, words.schema).items()
    }
    return known | {
        "country": leads.country_name(known["country"]),
        "phone": leads.spaced_phone(known["phone"]),
    }


def _theirs(work: Work, lead_id: int) -> LeadView:
    person = open_lead(work, LeadId(lead_id))
    if not may_edit(person):
        raise Forbidden("Marketing and the lead's owner change what we know: ask one of them.")
    return person


def _touched() -> dict[str, str]:
    """Give what the reader changed; the rest may be older than what others have saved since."""
    form = request.form
    return {
        name: typed
        for name, typed in form.items()
        if f"was-{name}" in form and typed != form[f"was-{name}"]
    }
