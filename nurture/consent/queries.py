"""Who may be written to, in a fixed number of statements per batch."""

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import func, select

from campaigns.vocabulary import Basis, SuppressionReason
from nurture import leads
from nurture.consent import rules
from nurture.consent.model import MAIL, PermissionRow, SuppressionRow
from nurture.consent.rules import MailFacts, Refused
from nurture.consent.tables import Confirmation, Permission, Suppression
from nurture.kernel.database import CHUNK, among, chunks, rows
from nurture.kernel.types import Json, LeadId
from nurture.kernel.work import Work


def may_write(work: Work, lead_ids: Iterable[LeadId]) -> dict[LeadId, Refused | None]:
    """Judge marketing mail to many leads; ids that nobody has are left out."""
    return _judge(work, lead_ids, rules.judge)


def may_answer(work: Work, lead_ids: Iterable[LeadId]) -> dict[LeadId, Refused | None]:
    """Judge mail that the prospects asked for; ids that nobody has are left out."""
    return _judge(work, lead_ids, rules.may_answer)


def suppressed_now(work: Work, lead_ids: Iterable[LeadId]) -> dict[LeadId, SuppressionReason]:
    """Tell which of these leads must not be written to, whatever else holds."""
    found: dict[LeadId, SuppressionReason] = {}
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        statement = select(Suppression.lead_id, Suppression.reason).where(
            among(work.session, Suppression.lead_id, chunk)
        )
        for lead_id, reason in rows(work.session, statement):
            if lead_id is not None:
                _strongest(found, LeadId(lead_id), SuppressionReason(reason))
    return found


def said_at(work: Work, lead_ids: Iterable[LeadId], *, at: datetime) -> set[LeadId]:
    """Tell for which leads it is still what one of us said at that instant that holds."""
    found: set[LeadId] = set()
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        statement = select(Suppression.lead_id).where(
            among(work.session, Suppression.lead_id, chunk),
            Suppression.reason == SuppressionReason.MANUAL.value,
            Suppression.created_at == at,
            Suppression.again_at.is_(None),
        )
        found |= {LeadId(one) for one in work.session.scalars(statement) if one is not None}
    return found


def permitted(work: Work, lead_ids: Iterable[LeadId], *, channel: str = MAIL) -> set[LeadId]:
    """Tell which of these leads have said yes and not taken it back."""
    found: set[LeadId] = set()
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        statement = select(Permission.lead_id).where(
            among(work.session, Permission.lead_id, chunk),
            Permission.channel == channel,
            Permission.withdrawn_at.is_(None),
        )
        found.update(LeadId(lead_id) for (lead_id,) in rows(work.session, statement))
    return found


def waiting(work: Work, lead_ids: Iterable[LeadId]) -> dict[LeadId, datetime]:
    """Tell which of these leads were asked to confirm and have not yet, and when they were last."""
    found: dict[LeadId, datetime] = {}
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        rows = select(Confirmation.lead_id, func.max(Confirmation.asked_at)).where(
            among(work.session, Confirmation.lead_id, chunk), Confirmation.ended_at.is_(None)
        )
        for lead_id, at in work.session.execute(rows.group_by(Confirmation.lead_id)):
            found[LeadId(lead_id)] = at
    return found


def ever_asked(work: Work, lead_ids: Iterable[LeadId], *, channel: str) -> set[LeadId]:
    """Tell which of these leads have a permission, open or taken back."""
    found: set[LeadId] = set()
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        statement = select(Permission.lead_id).where(
            among(work.session, Permission.lead_id, chunk), Permission.channel == channel
        )
        found.update(LeadId(lead_id) for lead_id in work.session.scalars(statement))
    return found


def taken_back(work: Work, lead_ids: Iterable[LeadId], *, channel: str = MAIL) -> set[LeadId]:
    """Tell which of these leads gave a permission, took it back, and have given none since."""
    found: set[LeadId] = set()
    for chunk in chunks(sorted(set(lead_ids)), CHUNK):
        statement = (
            select(Permission.lead_id)
            .where(among(work.session, Permission.lead_id, chunk), Permission.channel == channel)
            .group_by(Permission.lead_id)
            .having(func.count() == func.count(Permission.withdrawn_at))
        )
        found.update(LeadId(lead_id) for lead_id in work.session.scalars(statement))
    return found


def permissions(work: Work, lead_id: LeadId) -> list[PermissionRow]:
    """List what a lead permitted, the first first."""
    statement = select(Permission).where(Permission.lead_id == lead_id).order_by(Permission.id)
    return [
        PermissionRow(
            row.channel, Basis(row.basis), row.given_at, row.withdrawn_at, _mapping(row.evidence)
        )
        for row in work.session.scalars(statement)
    ]


def suppression(work: Work, lead_id: LeadId) -> SuppressionRow | None:
    """Tell since when and why a lead must not be written to; None = it may."""
    statement = select(Suppression).where(Suppression.lead_id == lead_id)
    found = [
        SuppressionRow(SuppressionReason(row.reason), row.created_at, _mapping(row.evidence))
        for row in work.session.scalars(statement)
    ]
    return min(found, key=lambda row: rules.RANK[row.reason], default=None)


def _judge(
    work: Work, lead_ids: Iterable[LeadId], rule: Callable[[MailFacts], Refused | None]
) -> dict[LeadId, Refused | None]:
    wanted = list(lead_ids)
    stopped = suppressed_now(work, wanted)
    agreed = permitted(work, wanted)
    asked = waiting(work, [one for one in wanted if one not in agreed])
    return {
        lead_id: rule(
            MailFacts(
                stage=stage,
                deliverable=deliverable,
                permitted=lead_id in agreed,
                suppressed=stopped.get(lead_id),
                asked=lead_id in asked,
            )
        )
        for lead_id, (stage, deliverable) in leads.mail_states(work, wanted).items()
    }


def _strongest(
    found: dict[LeadId, SuppressionReason], lead_id: LeadId, reason: SuppressionReason
) -> None:
    if lead_id not in found or rules.RANK[reason] < rules.RANK[found[lead_id]]:
        found[lead_id] = reason


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}
