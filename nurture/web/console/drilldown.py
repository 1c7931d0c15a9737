"""The list behind a number: each number of a report opens one, and it is as long as the number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import request

from campaigns.vocabulary import Stage
from nurture import leads, users
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work
from nurture.web.console import page_frame

SHOWN = 100


@dataclass(frozen=True, slots=True)
class DrilldownEntry:
    """One line of the list before the lead's own words are known."""

    lead_id: LeadId
    detail: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class LeadLine:
    """One lead of the list."""

    href: str
    name: str
    firm: str
    stage: Stage
    owner: str
    detail: str
    more: str


@dataclass(frozen=True, slots=True)
class Drilldown:
    """A stretch of the list; `detail` and `more` head the two columns that the report fills."""

    title: str
    sentence: str
    total: int
    lines: tuple[LeadLine, ...]
    first: int
    next_from: int | None
    detail: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class DrilldownTitle:
    """What a list is called, and what its own columns are called."""

    title: str
    sentence: str
    detail: str = ""
    more: str = ""


def behind(work: Work, asked: DrilldownTitle, entries: Sequence[DrilldownEntry]) -> Drilldown:
    """Show a stretch of entries, all of which are known."""
    first = first_asked()
    return drilldown_chunk(work, asked, entries[first : first + SHOWN], total=len(entries))


def drilldown_ids(work: Work, asked: DrilldownTitle, lead_ids: Sequence[LeadId]) -> Drilldown:
    """Show a stretch of leads that have nothing beside their names."""
    first = first_asked()
    shown = [DrilldownEntry(one) for one in lead_ids[first : first + SHOWN]]
    return drilldown_chunk(work, asked, shown, total=len(lead_ids))


def page(behind_: Drilldown, nav: str, crumbs: Sequence[tuple[str, str]], work: Work) -> str:
    """Render the list in the console's frame."""
    return page_frame.show(
        "behind", page_frame.PageInfo(behind_.title, nav, crumbs), work, behind=behind_
    )


def drilldown_chunk(
    work: Work, asked: DrilldownTitle, entries: Sequence[DrilldownEntry], *, total: int
) -> Drilldown:
    """Show the stretch that begins where the reader asked for, of so many in all."""
    first = first_asked()
    people = leads.by_ids(work, [one.lead_id for one in entries])
    staff = {one.id: one.name for one in users.everybody(work)}
    lines = tuple(_line(one, people, staff) for one in entries if one.lead_id in people)
    after = first + len(entries)
    return Drilldown(
        title=asked.title,
        sentence=asked.sentence,
        total=total,
        lines=lines,
        first=first,
        next_from=after if after < total else None,
        detail=asked.detail,
        more=asked.more,
    )


def _line(
    entry: DrilldownEntry, people: Mapping[LeadId, leads.LeadView], staff: Mapping[UserId, str]
) -> LeadLine:
    person = people[entry.lead_id]
    return LeadLine(
        href=f"/leads/{entry.lead_id}",
        name=person.name,
        firm=", ".join(part for part in (person.company, person.country) if part),
        stage=person.stage,
        owner=staff.get(person.owner_id, "") if person.owner_id is not None else person.queue or "",
        detail=entry.detail,
        more=entry.more,
    )


def first_asked() -> int:
    """Tell after how many lines the stretch begins."""
    asked = request.args.get("from", "0")
    return int(asked) if asked.isdecimal() and len(asked) < 10 else 0  # noqa: PLR2004 - more digits than leads
