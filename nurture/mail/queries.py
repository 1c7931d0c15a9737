"""What is planned, sending, sent, held or in doubt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, literal, or_, select, text
from sqlalchemy.sql.elements import ColumnElement

from campaigns.vocabulary import MessageKind, MessageState
from nurture.kernel.database import among, is_postgresql, rows
from nurture.kernel.types import Json, LeadId, UserId, UtcDateTime
from nurture.kernel.work import Work
from nurture.mail.rules import COUNTS_AS_SENT
from nurture.mail.tables import Message, SendAttempt, TemplateVersion

WAITING = Message.state.in_([MessageState.PLANNED, MessageState.DEFERRED])


def due(work: Work, *, stale: datetime) -> ColumnElement[bool]:
    """Say when a message may be put in a batch: due, not backing off, in no batch that lives."""
    return (
        WAITING
        & (Message.not_before <= work.now)
        & or_(Message.retry_at.is_(None), Message.retry_at <= work.machine)
        & or_(Message.batched_at.is_(None), Message.batched_at < stale)
    )


def sends(
    work: Work, lead_ids: Sequence[LeadId], *, days: int
) -> dict[LeadId, tuple[datetime, ...]]:
    """Give when each lead got or will get marketing mail, from so many days back on."""
    # What is held beyond its time leaves now at the earliest, so the next mail keeps its distance.
    held = WAITING & (Message.not_before < work.now)
    moment = func.coalesce(
        Message.sent_at, case((held, literal(work.now, UtcDateTime())), else_=Message.not_before)
    )
    query = (
        select(Message.lead_id, moment.label("moment"))
        .where(
            among(work.session, Message.lead_id, lead_ids),
            Message.kind == MessageKind.MARKETING,
            Message.state.in_(COUNTS_AS_SENT),
            moment > work.now - timedelta(days=days),
        )
        .order_by(moment)
    )
    found: dict[LeadId, list[datetime]] = {}
    for row in rows(work.session, query):
        found.setdefault(LeadId(row.lead_id), []).append(row.moment)
    return {lead: tuple(moments) for lead, moments in found.items()}


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message as lists and lead pages show it."""

    id: int
    lead_id: LeadId | None
    recipient: str
    template: str
    subject: str
    kind: str
    state: str
    reason: str | None
    asset_id: int | None
    not_before: datetime
    sent_at: datetime | None
    step: str | None
    presumed: bool
    """In doubt for so long that it counts as delivered until somebody says otherwise."""


def messages(
    work: Work, *conditions: ColumnElement[bool], limit: int = 100, newest: bool = True
) -> list[MessageLine]:
    """List messages that fulfil every condition."""
    order = Message.id.desc() if newest else Message.not_before
    query = (
        select(Message, TemplateVersion.key, TemplateVersion.subject)
        .join(TemplateVersion, TemplateVersion.id == Message.template_version_id)
        .where(*conditions)
        .order_by(order)
        .limit(limit)
    )
    return [
        MessageLine(
            id=row.id,
            lead_id=LeadId(row.lead_id) if row.lead_id else None,
            recipient=row.recipient,
            template=key,
            subject=subject,
            kind=row.kind,
            state=row.state,
            reason=row.reason,
            asset_id=row.asset_id,
            not_before=row.not_before,
            sent_at=row.sent_at,
            step=row.step,
            presumed=row.state == MessageState.IN_DOUBT and row.presumed_at is not None,
        )
        for row, key, subject in work.session.execute(query)
    ]


def of_lead(work: Work, lead_id: LeadId, *, limit: int = 100) -> list[MessageLine]:
    """List the messages of a lead, newest first."""
    return messages(work, Message.lead_id == lead_id, limit=limit)


def upcoming(work: Work, lead_id: LeadId) -> list[MessageLine]:
    """List what waits for its time to leave for a lead."""
    return messages(work, Message.lead_id == lead_id, WAITING, newest=False)


def in_doubt(work: Work, *, limit: int = 200) -> list[MessageLine]:
    """List what was maybe delivered and will not be sent again (B3)."""
    return messages(work, Message.state == MessageState.IN_DOUBT, limit=limit)


def unfinished(work: Work) -> int:
    """Count what is due or being sent now; a stepped clock waits until it is 0."""
    query = select(func.count()).where(
        or_(WAITING & (Message.not_before <= work.now), Message.state == MessageState.SENDING)
    )
    return work.session.scalar(query) or 0


def next_due(work: Work) -> datetime | None:
    """Tell when the next planned message may leave."""
    return work.session.scalar(select(func.min(Message.not_before)).where(WAITING))


@dataclass(frozen=True, slots=True)
class MessageRef:
    """What a hit or a reply must know of the message that it refers to."""

    id: int
    lead_id: LeadId | None
    sent_at: datetime | None
    settled_at: datetime | None
    template_version_id: int
    asset_id: int | None
    enrolment_id: int | None
    step: str | None
    kind: str
    recipient: str
    user_id: UserId | None
    """Of ours, where it is an alert about a hand-off."""
    handoff_id: int | None


def refs(work: Work, message_ids: Sequence[int]) -> dict[int, MessageRef]:
    """Give references in bulk; unknown ids are left out."""
    found: dict[int, MessageRef] = {}
    columns = [
        Message.id,
        Message.lead_id,
        Message.sent_at,
        Message.settled_at,
        Message.template_version_id,
        Message.asset_id,
        Message.enrolment_id,
        Message.step,
        Message.kind,
        Message.recipient,
        Message.user_id,
        Message.handoff_id,
    ]
    for row in work.session.execute(
        select(*columns).where(among(work.session, Message.id, set(message_ids)))
    ):
        found[row.id] = MessageRef(**row._asdict())
    return found


def by_keys(work: Work, keys: Sequence[str]) -> dict[str, int]:
    """Find planned or sent messages by what makes each of them the only one."""
    if not keys:
        return {}
    query = select(Message.dedup_key, Message.id).where(
        among(work.session, Message.dedup_key, list(keys))
    )
    return {row.dedup_key: row.id for row in work.session.execute(query)}


def attempts(work: Work, message_id: int) -> list[tuple[datetime, str, str]]:
    """List the answers that a message got: when, outcome, words."""
    query = select(SendAttempt.at, SendAttempt.outcome, SendAttempt.reply).where(
        SendAttempt.message_id == message_id
    )
    return list(work.session.execute(query.order_by(SendAttempt.id)))


def compiled(work: Work, version_ids: Sequence[int]) -> dict[int, Json]:
    """Give compiled templates by version."""
    query = select(TemplateVersion.id, TemplateVersion.compiled)
    query = query.where(TemplateVersion.id.in_(set(version_ids)))
    return dict(work.session.execute(query).all())


def live_versions(work: Work) -> dict[str, int]:
    """Name the newest version of each template."""
    query = select(TemplateVersion.key, func.max(TemplateVersion.id)).group_by(TemplateVersion.key)
    return dict(work.session.execute(query).all())


def held_by(work: Work, journal: str) -> list[int]:
    """Lock the messages that a journal's owner was sending: its recorder may just be writing."""
    # States as words, not as parameters: an index holds each of these few alone.
    sending = (Message.state == text("'sending'")) & Message.lease_until.is_not(None)
    return _of_journal(work, journal, sending)


def doubted_of(work: Work, journal: str) -> list[int]:
    """Lock the messages that were given up as a doubt before this journal could be read."""
    doubted = (Message.state == text("'in_doubt'")) & Message.sent_at.is_not(None)
    return _of_journal(work, journal, doubted & Message.presumed_at.is_(None))


def _of_journal(work: Work, journal: str, which: ColumnElement[bool]) -> list[int]:
    query = select(Message.id).where(which, Message.claim == journal).order_by(Message.id)
    if is_postgresql(work.session):
        query = query.with_for_update()
    return list(work.session.scalars(query))


def overdue_claims(work: Work, *, host: str) -> list[str]:
    """Name the journals of a host whose messages are still being sent after their lease."""
    query = select(Message.claim).where(
        Message.state == MessageState.SENDING,
        Message.lease_until < work.machine,
        Message.host == host,
    )
    return [one for one in work.session.scalars(query.distinct()) if one is not None]


def link_counts(work: Work, version_ids: Sequence[int]) -> dict[int, int]:
    """Count the links of template versions."""
    found = compiled(work, version_ids)
    return {
        version: len(links)
        if isinstance(stored, dict) and isinstance(links := stored.get("links"), list)
        else 0
        for version, stored in found.items()
    }


def hold_waiting(work: Work, lead_ids: Sequence[LeadId]) -> None:
    """Keep from senders what waits for leads, until this work ends; a claim under way is awaited.

    Ask after it what has gone.
    """
    if is_postgresql(work.session):
        query = select(Message.id).where(Message.lead_id.in_(lead_ids), WAITING)
        work.session.execute(query.order_by(Message.id).with_for_update()).all()


def written_to(work: Work, lead_ids: Sequence[LeadId]) -> set[LeadId]:
    """Tell to whom of these something has gone, or may have gone."""
    gone = [MessageState.SENDING, MessageState.SENT, MessageState.IN_DOUBT]
    query = select(Message.lead_id).where(Message.lead_id.in_(lead_ids), Message.state.in_(gone))
    return {LeadId(one) for one in work.session.scalars(query.distinct()) if one is not None}


def begun(work: Work, enrolment_ids: Sequence[int]) -> set[int]:
    """Tell for which runs of a track something has gone, or may have gone."""
    gone = [MessageState.SENDING, MessageState.SENT, MessageState.IN_DOUBT]
    query = select(Message.enrolment_id).where(
        among(work.session, Message.enrolment_id, enrolment_ids), Message.state.in_(gone)
    )
    return {one for one in work.session.scalars(query.distinct()) if one is not None}


def version_ids(work: Work) -> list[int]:
    """Name every template version that was ever published."""
    return list(work.session.scalars(select(TemplateVersion.id).order_by(TemplateVersion.id)))


def last_refusals(work: Work, lead_ids: Sequence[LeadId]) -> dict[LeadId, str]:
    """Give what a server said last when it refused a mail to each of these leads."""
    query = (
        select(Message.lead_id, SendAttempt.reply)
        .join(SendAttempt, SendAttempt.message_id == Message.id)
        .where(
            among(work.session, Message.lead_id, list(lead_ids)),
            Message.state == MessageState.REFUSED,
            SendAttempt.code.is_not(None),
        )
        .order_by(SendAttempt.id)
    )
    return {LeadId(lead_id): reply for lead_id, reply in work.session.execute(query) if lead_id}


def refused_since(work: Work, lead_ids: Sequence[LeadId], *, since: datetime) -> list[int]:
    """Name the refused mails to leads that were to leave at an instant or later."""
    query = select(Message.id).where(
        among(work.session, Message.lead_id, list(lead_ids)),
        Message.state == MessageState.REFUSED,
        Message.not_before >= since,
    )
    return list(work.session.scalars(query))
