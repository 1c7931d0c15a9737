"""The list of leads: filters, orders and stretches that stay fast however long the list is."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from campaigns.vocabulary import Stage
from nurture.kernel.errors import Invalid
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work
from nurture.leads.model import LeadPage, LeadView
from nurture.leads.queries import PEOPLE, person
from nurture.leads.tables import CompanyRow, Lead


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads; what is left empty does not narrow the list."""

    text: str = ""
    """Words that all stand in the name, the address or the company."""
    stages: tuple[Stage, ...] = ()
    owner_id: UserId | None = None
    unowned: bool = False
    queue: str | None = None
    source_id: int | None = None
    countries: tuple[str, ...] = ()
    import_id: int | None = None
    ids: tuple[LeadId, ...] | None = None
    within: Select[int] | None = None
    """Ids as another domain selects them, such as all leads in a track."""
    without: Select[int] | None = None
    meeting: Select[int] | None = None
    """Ids of whom conditions mean."""


class LeadSort(StrEnum):
    """In which order."""

    NEWEST = "newest"
    CHANGED = "changed"
    NAME = "name"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class _Order:
    by: ColumnElement[str] | ColumnElement[datetime]
    descending: bool
    instant: bool


def search(
    work: Work,
    leads: LeadFilter,
    *,
    sort: LeadSort = LeadSort.NEWEST,
    after: str | None = None,
    limit: int = 50,
) -> LeadPage:
    """Read one stretch of the list; `after` is the `next_cursor` of the stretch before."""
    order = _ORDERS[sort]
    by, last = (
        (order.by.desc(), Lead.id.desc()) if order.descending else (order.by.asc(), Lead.id.asc())
    )
    statement = PEOPLE.where(*_conditions(leads)).order_by(by, last).limit(limit + 1)
    if after:
        statement = statement.where(_behind(order, after))
    found = [person(row) for row in work.session.execute(statement).mappings()]
    more = len(found) > limit
    shown = found[:limit]
    return LeadPage(shown, _cursor(sort, shown[-1]) if more else None)


def count(work: Work, leads: LeadFilter) -> int:
    """Count the leads that a filter shows."""
    statement = (
        select(func.count())
        .select_from(Lead)
        .outerjoin(CompanyRow, CompanyRow.id == Lead.company_id)
        .where(Lead.erased_at.is_(None), *_conditions(leads))
    )
    return work.session.scalar(statement) or 0


def matching_ids(
    work: Work, leads: LeadFilter, *, after: LeadId | None = None, limit: int = 500
) -> list[LeadId]:
    """List ids in id order, a stretch at a time, for what is done in bulk."""
    statement = (
        select(Lead.id)
        .outerjoin(CompanyRow, CompanyRow.id == Lead.company_id)
        .where(Lead.erased_at.is_(None), Lead.id > (after or 0), *_conditions(leads))
        .order_by(Lead.id)
        .limit(limit)
    )
    return [LeadId(lead_id) for lead_id in work.session.scalars(statement)]


_ORDERS = {
    LeadSort.NEWEST: _Order(Lead.created_at.expression, descending=True, instant=True),
    LeadSort.CHANGED: _Order(Lead.changed_at.expression, descending=True, instant=True),
    LeadSort.NAME: _Order(
        func.lower(func.coalesce(Lead.last_name, Lead.email)), descending=False, instant=False
    ),
    LeadSort.EMAIL: _Order(Lead.email.expression, descending=False, instant=False),
}


def _conditions(leads: LeadFilter) -> list[ColumnElement[bool]]:
    found = [_contains(word) for word in leads.text.lower().split()]
    if leads.stages:
        found.append(Lead.stage.in_([stage.value for stage in leads.stages]))
    if leads.unowned:
        found.append(Lead.owner_id.is_(None))
    if leads.countries:
        found.append(Lead.country.in_(leads.countries))
    if leads.ids is not None:
        found.append(Lead.id.in_(leads.ids))
    return [*found, *_equal(leads), *_elsewhere(leads)]


def _equal(leads: LeadFilter) -> list[ColumnElement[bool]]:
    wanted = (
        (Lead.owner_id, leads.owner_id),
        (Lead.queue, leads.queue),
        (Lead.source_id, leads.source_id),
        (Lead.import_id, leads.import_id),
    )
    return [column == value for column, value in wanted if value is not None]


def _elsewhere(leads: LeadFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if leads.within is not None:
        found.append(Lead.id.in_(leads.within))
    if leads.meeting is not None:
        found.append(Lead.id.in_(leads.meeting))
    if leads.without is not None:
        found.append(Lead.id.not_in(leads.without))
    return found


def _contains(word: str) -> ColumnElement[bool]:
    fields = (Lead.email, Lead.first_name, Lead.last_name, CompanyRow.name)
    return or_(
        *(
            func.lower(field).contains(spelling, autoescape=True)
            for field in fields
            for spelling in _spellings(word)
        )
    )


def _spellings(word: str) -> list[str]:
    """Spell a word as either database lowers it: SQLite leaves letters such as Ö alone."""
    capital = "".join(sign.lower() if sign.isascii() else sign for sign in word.capitalize())
    return list(dict.fromkeys((word, capital)))


def _behind(order: _Order, after: str) -> ColumnElement[bool]:
    value, lead_id = _read_cursor(order, after)
    edge = value if isinstance(value, datetime) else func.lower(value)
    beyond = order.by < edge if order.descending else order.by > edge
    last = Lead.id < lead_id if order.descending else Lead.id > lead_id
    return or_(beyond, and_(order.by == edge, last))


def _cursor(sort: LeadSort, last: LeadView) -> str:
    values = {
        LeadSort.NEWEST: last.created_at.isoformat(),
        LeadSort.CHANGED: last.changed_at.isoformat(),
        LeadSort.NAME: last.email if last.last_name is None else last.last_name,
        LeadSort.EMAIL: last.email,
    }
    return json.dumps([values[sort], last.id])


def _read_cursor(order: _Order, after: str) -> tuple[str | datetime, int]:
    try:
        value, lead_id = json.loads(after)
        return (datetime.fromisoformat(value) if order.instant else str(value)), int(lead_id)
    except (ValueError, TypeError) as wrong:
        raise Invalid("This list has changed: start again from its first page.") from wrong
