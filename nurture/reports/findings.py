"""What an audit query is, and what it finds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select

from nurture.kernel.types import LeadId
from nurture.kernel.work import Work

AnySelect = Select[int, str] | Select[int | None, str] | Select[int, str | None]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One violation: of which lead, if of one, and a word that helps to find it."""

    lead_id: LeadId | None
    text: str


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """One promise, as a sentence that is true while the query finds nothing."""

    name: str
    sentence: str
    find: Callable[[Work], Sequence[AuditRow]]


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """A promise that is broken, with every row that breaks it."""

    name: str
    sentence: str
    rows: tuple[AuditRow, ...]


def rows_of(work: Work, query: AnySelect) -> list[AuditRow]:
    """Run a query that gives a lead and a word."""
    return [
        AuditRow(None if lead_id is None else LeadId(lead_id), str(text))
        for lead_id, text in work.session.execute(query)
    ]
