"""Companies, found by their domain."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, select, update

from nurture.kernel.database import CHUNK, among, chunks, upsert
from nurture.kernel.work import Work
from nurture.leads.tables import CompanyRow

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Firm:
    """The company behind a domain."""

    id: int
    name: str


def ensure_companies(work: Work, names: Mapping[str, str | None]) -> dict[str, Firm]:
    """Tell the company of each domain; new ones are founded, nameless ones get their name."""
    names = {
        domain: name.replace("\0", "")[:LONGEST_NAME] if name else None
        for domain, name in names.items()
    }
    rows = [
        {"name": name or domain, "domain": domain, "facts": {}, "created_at": work.now}
        for domain, name in sorted(names.items())
    ]
    if rows:
        # One prepared statement for all rows: building one with all values costs more.
        statement_new = upsert(work.session, CompanyRow).on_conflict_do_nothing()
        work.session.connection().execute(statement_new, rows)
    found: dict[str, Firm] = {}
    nameless: list[dict[str, object]] = []
    for chunk in chunks(sorted(names), CHUNK):
        statement = select(CompanyRow.id, CompanyRow.domain, CompanyRow.name).where(
            among(work.session, CompanyRow.domain, chunk)
        )
        for company_id, domain, name in work.session.execute(statement):
            assert domain is not None
            named = names[domain]
            if name == domain and named:
                nameless.append({"which": company_id, "named": named})
                name = named  # noqa: PLW2901 - as it stands from now on
            found[domain] = Firm(company_id, name)
    if nameless:
        statement_named = update(CompanyRow).where(CompanyRow.id == bindparam("which"))
        work.session.connection().execute(statement_named.values(name=bindparam("named")), nameless)
    return found
