"""Leads as a list: under headings that an import understands, safe to open in a spreadsheet."""

from collections.abc import Iterator

from campaigns.fields import FieldGroup, FieldSchema
from nurture import consent, leads, published
from nurture.kernel.database import CHUNK
from nurture.kernel.spreadsheet import csv_line
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work
from nurture.leads import Campaigns, LeadFilter, LeadView

_OWN_HEADINGS = (
    "E-mail",
    "First name",
    "Last name",
    "Phone",
    "Job",
    "Company",
    "Country",
    "Postcode",
    "Language",
    "Interests",
    "Source",
    "Opt-in",
    "Opt-out",
)
_UTM_HEADINGS = tuple(
    f"{which} {name.replace('_', ' ').replace('utm', 'UTM')}"
    for which in ("First", "Last")
    for name in leads.UTM
)
NOBODY = Campaigns()
_MARK = "\ufeff"
"""By it spreadsheets know that the letters are UTF-8."""


def headings(schema: FieldSchema) -> tuple[str, ...]:
    """Give the headings of a list, but for facts that no field declares."""
    return (*_OWN_HEADINGS, *(one.label for one in schema.exported), *_UTM_HEADINGS)


def csv_lines(work: Work, which: LeadFilter) -> Iterator[str]:
    """Write the leads that match, a stretch at a time: memory does not grow with their number."""
    schema = published.fields(work)
    facts = [one.key for one in schema.exported]
    kept = {*facts, *(one.key for one in schema.live if one.group is FieldGroup.INNER)}
    own = [name for name in leads.fact_names(work) if name not in kept and name.isidentifier()]
    yield _MARK + csv_line((*headings(schema), *(f"{leads.FACT}{name}" for name in own)))
    after: LeadId | None = None
    while ids := leads.matching_ids(work, which, after=after, limit=CHUNK):
        people = leads.by_ids(work, ids)
        said_yes, said_no = consent.permitted(work, ids), consent.suppressed_now(work, ids)
        came = leads.campaigns(work, ids)
        rows = (
            [
                *_row(people[one], one in said_yes, one in said_no),
                *(_text(people[one].facts.get(name)) for name in facts),
                *_utm(came.get(one, NOBODY)),
                *(_text(people[one].facts.get(name)) for name in own),
            ]
            for one in ids
            if one in people
        )
        yield "".join(csv_line(row) for row in rows)
        after = ids[-1]


def _row(person: LeadView, said_yes: bool, said_no: bool) -> list[str]:  # noqa: FBT001 - two columns
    return [
        person.email,
        person.first_name or "",
        person.last_name or "",
        person.phone or "",
        person.job or "",
        person.company or "",
        person.country or "",
        person.postcode or "",
        person.language or "",
        ", ".join(person.interests),
        person.source or "",
        "yes" if said_yes else "",
        "yes" if said_no else "",
    ]


def _utm(came: Campaigns) -> list[str]:
    return [one.get(name, "") for one in (came.first, came.last) for name in leads.UTM]


def _text(value: Json) -> str:
    """Write a value as an import reads it."""
    return "" if isinstance(value, dict) else leads.shown(value)
