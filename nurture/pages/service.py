"""Keep what people send through forms; nothing that was sent is ever lost (Q24)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from nurture.kernel.database import insert_ignoring
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work
from nurture.pages.tables import Submission


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """What arrived, before anybody is behind it."""

    nonce: str
    form: str
    page: str
    asset_id: int | None
    answers: Mapping[str, Json]
    consent_version: str | None
    quarantine: str | None
    at: datetime | None = None
    """When it came in; None = now."""


def keep(work: Work, new: NewSubmission) -> int | None:
    """Store a submission; None when this very form has been sent before."""
    row = {
        "nonce": new.nonce, "form": new.form, "page": new.page, "asset_id": new.asset_id,
        "at": new.at or work.now, "machine_at": work.machine, "answers": dict(new.answers),
        "consent_version": new.consent_version, "quarantine": new.quarantine,
    }  # fmt: skip
    if not insert_ignoring(work.session, Submission, [row]):
        return None
    return work.session.scalar(select(Submission.id).where(Submission.nonce == new.nonce))


def link(
    work: Work, submission_id: int, lead_id: LeadId, *, promised_by: datetime | None = None
) -> None:
    """Say whose a submission is, and by when somebody will answer."""
    values: dict[str, object] = {"lead_id": lead_id}
    if promised_by is not None:
        values["promised_by"] = promised_by
    work.session.execute(update(Submission).where(Submission.id == submission_id).values(**values))


def by_nonce(work: Work, nonce: str) -> tuple[LeadId | None, datetime | None] | None:
    """Find what a form that was sent twice has become: whose, and what was promised."""
    query = select(Submission.lead_id, Submission.promised_by).where(Submission.nonce == nonce)
    row = work.session.execute(query).first()
    return None if row is None else (LeadId(row.lead_id) if row.lead_id else None, row.promised_by)
