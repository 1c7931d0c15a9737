"""Keep what people send through forms; nothing that was sent is ever lost (Q24)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, func, insert, select, update

from nurture.kernel import shared_values
from nurture.kernel.database import CHUNK, among, chunks, insert_ignoring
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work
from nurture.pages.form_limits import KEPT_FOR, Allowance, CountedBy, FormLimit, LimitScope, allow
from nurture.pages.tables import FormPost, Submission

LIMITS = "form_limits"
"""The shared row that one form at a time holds while it is counted."""


class Proofness(StrEnum):
    """How far what somebody said is believed."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    """Said by somebody who typed the address; kept beside the facts."""
    DISCARDED = "discarded"
    HELD = "held"
    """No lead came of it yet; a person looks at it."""


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
    standing: Proofness = Proofness.PROVEN
    utm: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """One form that was sent."""

    id: int
    nonce: str
    form: str
    page: str
    asset_id: int | None
    lead_id: LeadId | None
    at: datetime
    answers: Mapping[str, Json]
    consent_version: str | None
    quarantine: str | None
    promised_by: datetime | None
    standing: Proofness
    utm: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class FormCounting:
    """A form as limits count it."""

    email_hash: str
    network: str
    mailed: bool
    alerted: bool = False


def keep(work: Work, new: NewSubmission) -> int | None:
    """Store a submission; None when this very form has been sent before.

    One that was held and has come once more takes its own place.
    """
    row = {
        "nonce": new.nonce,
        "form": new.form,
        "page": new.page,
        "asset_id": new.asset_id,
        "at": new.at or work.now,
        "machine_at": work.machine,
        "answers": dict(new.answers),
        "consent_version": new.consent_version,
        "quarantine": new.quarantine,
        "standing": str(new.standing),
        "utm": dict(new.utm),
    }
    if insert_ignoring(work.session, Submission, [row]):
        return work.session.scalar(select(Submission.id).where(Submission.nonce == new.nonce))
    if new.standing is Proofness.HELD:
        return None
    held = (Submission.nonce == new.nonce) & (Submission.standing == str(Proofness.HELD))
    return work.session.scalar(
        update(Submission).where(held).values(**row).returning(Submission.id)
    )


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


def find(work: Work, submission_id: int) -> SubmissionView | None:
    """Read one submission."""
    row = work.session.get(Submission, submission_id, populate_existing=True)
    return None if row is None else _view(row)


def unproven(work: Work, lead_ids: Iterable[LeadId]) -> list[SubmissionView]:
    """List what was said about leads and is not proven, the oldest first."""
    found: list[SubmissionView] = []
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        query = (
            select(Submission)
            .where(
                among(work.session, Submission.lead_id, chunk),
                Submission.standing == str(Proofness.UNPROVEN),
            )
            .order_by(Submission.id)
        )
        found += [_view(row) for row in work.session.scalars(query)]
    return found


def settle(work: Work, submission_ids: Sequence[int], to: Proofness, *, by: str) -> set[int]:
    """Decide about unproven or held submissions; tell which of them were still open."""
    opened = Submission.standing.in_([str(Proofness.UNPROVEN), str(Proofness.HELD)])
    values = {"standing": str(to), "settled_at": work.now, "settled_by": by[:200]}
    changed = update(Submission).where(Submission.id.in_(submission_ids), opened).values(**values)
    return set(work.session.scalars(changed.returning(Submission.id)))


def held(work: Work, *, limit: int) -> list[SubmissionView]:
    """List the forms that no lead came of and that nobody has decided about, the newest first."""
    query = (
        select(Submission)
        .where(Submission.standing == str(Proofness.HELD))
        .order_by(Submission.at.desc(), Submission.id.desc())
        .limit(limit)
    )
    return [_view(row) for row in work.session.scalars(query)]


def held_count(work: Work) -> int:
    """Count them."""
    query = select(func.count()).where(Submission.standing == str(Proofness.HELD))
    return work.session.scalar(query) or 0


def waiting(work: Work, *, limit: int) -> list[SubmissionView]:
    """List the forms whose answers are not proven, the newest first."""
    query = (
        select(Submission)
        .where(Submission.standing == str(Proofness.UNPROVEN))
        .order_by(Submission.at.desc(), Submission.id.desc())
        .limit(limit)
    )
    return [_view(row) for row in work.session.scalars(query)]


def allowance(work: Work, *, email_hash: str, network: str, by_link: bool) -> Allowance:
    """Judge one more form by those that were counted."""
    whose = {
        LimitScope.ADDRESS: FormPost.email_hash == email_hash,
        LimitScope.NETWORK: FormPost.network == network,
        LimitScope.ALL: FormPost.machine_at > work.machine - KEPT_FOR,
    }

    which = {CountedBy.MAILED: FormPost.mailed, CountedBy.ALERTED: FormPost.alerted}

    def full(limit: FormLimit) -> datetime | None:
        if limit.scope is LimitScope.NETWORK and not network:
            return None
        query = (
            select(FormPost.machine_at)
            .where(
                whose[limit.scope],
                FormPost.machine_at > work.machine - limit.span,
                FormPost.proven == by_link,
            )
            .order_by(FormPost.machine_at.desc())
            .offset(limit.most - 1)
            .limit(1)
        )
        if limit.what is not CountedBy.TAKEN:
            query = query.where(which[limit.what])
        last = work.session.scalar(query)
        return None if last is None else last + limit.span

    return allow(full, by_link=by_link)


def hold_limits(work: Work) -> None:
    """Let one form at a time be counted: two at once must not both be the last that is allowed."""
    shared_values.hold(work, LIMITS)


def count(work: Work, sent: FormCounting, *, by_link: bool) -> None:
    """Count a form that was taken in."""
    row = {
        "machine_at": work.machine,
        "email_hash": sent.email_hash,
        "network": sent.network,
        "mailed": sent.mailed,
        "alerted": sent.alerted,
        "proven": by_link,
    }
    work.session.execute(insert(FormPost).values(**row))


def forget_counts(work: Work) -> int:
    """Forget what no limit counts any more."""
    old = delete(FormPost).where(FormPost.machine_at <= work.machine - KEPT_FOR)
    return max(work.session.connection().execute(old).rowcount, 0)


def _view(row: Submission) -> SubmissionView:
    return SubmissionView(
        id=row.id,
        nonce=row.nonce,
        form=row.form,
        page=row.page,
        asset_id=row.asset_id,
        lead_id=None if row.lead_id is None else LeadId(row.lead_id),
        at=row.at,
        answers=row.answers if isinstance(row.answers, dict) else {},
        consent_version=row.consent_version,
        quarantine=row.quarantine,
        promised_by=row.promised_by,
        standing=Proofness(row.standing),
        utm=row.utm if isinstance(row.utm, dict) else {},
    )
