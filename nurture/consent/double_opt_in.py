"""Double opt-in: a yes counts once it was confirmed from the mailbox itself (D-25, D-28)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update

from campaigns.vocabulary import Basis, SuppressionReason
from nurture.consent.model import Grant
from nurture.consent.service import address_hash, give
from nurture.consent.tables import Confirmation, Suppression
from nurture.kernel.database import CHUNK, chunks
from nurture.kernel.errors import NotFound
from nurture.kernel.types import EmailAddress, Json, LeadId
from nurture.kernel.work import Work

GOOD_FOR = timedelta(days=7)
"""How long somebody may take to confirm."""
KEPT_FOR = timedelta(days=30)
"""After that nobody is asked or written to on the ground of this yes."""
RATES = ((timedelta(days=1), 1), (timedelta(days=30), 3))
"""At most so many mails that ask, to one address, over all forms (D-28)."""
SUBMISSION = "submission"
"""Names, in the evidence of a question, the form that it was asked for."""
OWN_NO = (SuppressionReason.UNSUBSCRIBED, SuppressionReason.IMPORTED)
"""A no that its author takes back by saying yes from the mailbox itself."""


@dataclass(frozen=True, slots=True)
class OpenConfirmation:
    """A yes that waits to be confirmed, and whether a mail may ask for it."""

    id: int
    mail: bool


@dataclass(frozen=True, slots=True)
class ConfirmationRow:
    """One question that was put to a lead's mailbox."""

    id: int
    lead_id: LeadId
    asked_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    submission_id: int | None = None
    """The form that it was asked for."""
    agreed: bool = True
    """Whether the question is also whether we may write."""

    def open(self, *, now: datetime) -> bool:
        """Tell whether it can still be confirmed."""
        return self.ended_at is None and self.asked_at + GOOD_FOR > now


def ask(
    work: Work, grant: Grant, *, email: EmailAddress, key: bytes, may_mail: bool = True
) -> OpenConfirmation:
    """Note a yes that is not proven yet; whoever holds the lead's row is the only one to ask.

    A grant without a basis asks only whether the address is theirs.
    """
    hashed = address_hash(email, key=key)
    mail = may_mail and _may_ask(work, hashed)
    row = {
        "lead_id": grant.lead_id,
        "channel": grant.channel,
        "email_hash": hashed,
        "basis": grant.basis.value,
        "evidence": dict(grant.evidence),
        "mailed": mail,
        "asked_at": work.now,
        "machine_at": work.machine,
    }
    number = work.session.scalar(insert(Confirmation).values(**row).returning(Confirmation.id))
    assert number is not None
    return OpenConfirmation(number, mail)


def question(work: Work, number: int) -> ConfirmationRow:
    """Find one question, or refuse."""
    row = work.session.get(Confirmation, number, populate_existing=True)
    if row is None:
        raise NotFound("This link does not work. Please use the one in our latest mail.")
    return _view(row)


def open_questions(work: Work, lead_ids: Sequence[LeadId]) -> list[ConfirmationRow]:
    """List the questions of leads that were mailed and can still be answered."""
    found: list[ConfirmationRow] = []
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        query = select(Confirmation).where(
            Confirmation.lead_id.in_(chunk), Confirmation.ended_at.is_(None), Confirmation.mailed
        )
        found += [_view(row) for row in work.session.scalars(query)]
    return [one for one in found if one.open(now=work.now)]


def first_asked(work: Work, lead_ids: Sequence[LeadId]) -> dict[LeadId, datetime]:
    """Tell when leads were first asked whether their address is theirs."""
    found: dict[LeadId, datetime] = {}
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        first = select(Confirmation.lead_id, func.min(Confirmation.asked_at)).where(
            Confirmation.lead_id.in_(chunk)
        )
        for lead_id, at in work.session.execute(first.group_by(Confirmation.lead_id)):
            found[LeadId(lead_id)] = at
    return found


def confirm(work: Work, number: int, *, way: Mapping[str, Json]) -> None:
    """Turn the yes into a permission with its proof; no question of the lead stays open.

    Said from the mailbox itself, it takes an own no back, and no other.
    """
    row = work.session.get_one(Confirmation, number)
    proof: dict[str, Json] = {
        **(row.evidence if isinstance(row.evidence, dict) else {}),
        "asked_at": row.asked_at.isoformat(),
        "confirmed_at": work.now.isoformat(),
        **way,
    }
    grant = Grant(LeadId(row.lead_id), Basis(row.basis), proof, channel=row.channel)
    if grant.basis is not Basis.NONE:
        _take_no_back(work, grant.lead_id)
    give(work, [grant], renew=True)
    row.confirmed_at = work.now
    end(work, [grant.lead_id])


def end(work: Work, lead_ids: Sequence[LeadId]) -> None:
    """Close the questions of leads: they were answered, or nobody waits any longer."""
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        work.session.execute(
            update(Confirmation)
            .where(Confirmation.lead_id.in_(chunk), Confirmation.ended_at.is_(None))
            .values(ended_at=work.now)
        )


def lapsed(work: Work, *, limit: int) -> list[LeadId]:
    """List leads whose last question is older than it is kept, the oldest first."""
    last = func.max(Confirmation.asked_at)
    rows = (
        select(Confirmation.lead_id)
        .where(Confirmation.ended_at.is_(None))
        .group_by(Confirmation.lead_id)
        .having(last <= work.now - KEPT_FOR)
        .order_by(last, Confirmation.lead_id)
        .limit(limit)
    )
    return [LeadId(one) for one in work.session.scalars(rows)]


def _take_no_back(work: Work, lead_id: LeadId) -> None:
    own = Suppression.reason.in_([str(one) for one in OWN_NO])
    work.session.execute(delete(Suppression).where(Suppression.lead_id == lead_id, own))


def _may_ask(work: Work, hashed: str) -> bool:
    """Count by real time: however many forms somebody fills in, a mailbox is not flooded."""
    for span, most in RATES:
        sent = work.session.scalar(
            select(func.count())
            .select_from(Confirmation)
            .where(
                Confirmation.email_hash == hashed,
                Confirmation.mailed,
                Confirmation.machine_at > work.machine - span,
            )
        )
        if (sent or 0) >= most:
            return False
    return True


def _view(row: Confirmation) -> ConfirmationRow:
    told = row.evidence.get(SUBMISSION) if isinstance(row.evidence, dict) else None
    return ConfirmationRow(
        row.id,
        LeadId(row.lead_id),
        row.asked_at,
        row.confirmed_at,
        row.ended_at,
        submission_id=told if isinstance(told, int) else None,
        agreed=row.basis != str(Basis.NONE),
    )
