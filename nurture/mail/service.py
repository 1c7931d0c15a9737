"""Plan messages, batch what is due, claim, record what the world answered."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, case, func, or_, select, true, update
from sqlalchemy.sql.elements import ColumnElement

from campaigns.vocabulary import JobName, MessageKind, MessageState
from nurture.kernel import shared_values
from nurture.kernel.database import (
    among,
    bulk_update,
    insert_ignoring,
    is_postgresql,
    rows,
)
from nurture.kernel.types import Json, LeadId, UserId
from nurture.kernel.work import Work
from nurture.mail import breaker
from nurture.mail.compile import COMPILER, CompiledMail, MailSource, compile_mail
from nurture.mail.queries import WAITING, compiled, due
from nurture.mail.rules import MessageEvent, sources_of
from nurture.mail.tables import Message, SendBatch, TemplateVersion

BATCH = 500
"""Messages of one send job."""
BATCH_STALE = timedelta(seconds=25)
"""A batch that no worker claimed in this time (machine) is made anew: the queue forgot it."""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A mail to plan; `dedup_key` makes a second one impossible (S-01)."""

    dedup_key: str
    kind: MessageKind
    recipient: str
    template_version_id: int
    not_before: datetime
    """Business time, aware UTC."""
    lead_id: LeadId | None = None
    user_id: UserId | None = None
    handoff_id: int | None = None
    enrolment_id: int | None = None
    step: str | None = None
    asset_id: int | None = None
    context: Mapping[str, Json] = field(default_factory=dict)


class Claimed(NamedTuple):
    """A message that this sender holds and no other."""

    id: int
    kind: MessageKind
    lead_id: LeadId | None
    user_id: UserId | None
    handoff_id: int | None
    recipient: str
    enrolment_id: int | None
    template_version_id: int
    asset_id: int | None
    context: Mapping[str, Json]
    not_before: datetime
    date_at: datetime
    dedup_key: str


def publish_template(
    work: Work, source: MailSource, *, kind: MessageKind, url_fields: frozenset[str] = frozenset()
) -> int:
    """Compile a mail once and store it as a new version; the same text again changes nothing.

    What is compiled in another way than before is a new version, too.
    """
    mark = "\x00".join(
        [source.subject, source.html, source.text, str(sorted(source.sample)), f"v{COMPILER}"]
    )
    fingerprint = hashlib.sha256(mark.encode()).hexdigest()
    last = work.session.execute(
        select(TemplateVersion.id, TemplateVersion.number, TemplateVersion.fingerprint)
        .where(TemplateVersion.key == source.name)
        .order_by(TemplateVersion.number.desc())
        .limit(1)
    ).first()
    if last is not None and last.fingerprint == fingerprint:
        return int(last.id)
    compiled = compile_mail(source, kind=kind, url_fields=url_fields)
    row = TemplateVersion(
        key=source.name,
        number=last.number + 1 if last else 1,
        subject=source.subject,
        html=source.html,
        text=source.text,
        fingerprint=fingerprint,
        compiled=compiled.to_json(),
        published_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    return row.id


_compiled: dict[int, CompiledMail] = {}


def compiled_mails(work: Work, version_ids: Collection[int]) -> dict[int, CompiledMail]:
    """Give compiled mails, from this process's memory where it has them: versions never change."""
    missing = set(version_ids) - _compiled.keys()
    if missing:
        for version_id, stored in compiled(work, list(missing)).items():
            _compiled[version_id] = CompiledMail.from_json(stored)
    return {version_id: _compiled[version_id] for version_id in version_ids}


def plan(work: Work, messages: Sequence[NewMessage]) -> int:
    """Plan messages in the transaction that advances their leads; count the new ones."""
    rows = [
        {
            "dedup_key": one.dedup_key,
            "kind": one.kind,
            "state": MessageState.PLANNED,
            "lead_id": one.lead_id,
            "user_id": one.user_id,
            "handoff_id": one.handoff_id,
            "recipient": one.recipient,
            "enrolment_id": one.enrolment_id,
            "step": one.step,
            "template_version_id": one.template_version_id,
            "asset_id": one.asset_id,
            "context": dict(one.context),
            "planned_at": work.now,
            "not_before": one.not_before,
            "attempts": 0,
        }
        for one in messages
    ]
    return insert_ignoring(work.session, Message, rows)


def batch_due(work: Work, *, batches: int = 8, marketing: int | None = None) -> list[int]:
    """Put what is due into batches and promise a job for each; nothing while sending is stopped.

    `marketing`: at most so much of it, after all that is urgent; None = as much as there is.
    """
    if shared_values.value(work, shared_values.SENDING_STOPPED):
        return []
    made: list[int] = []
    flows = breaker.flows(work)
    # First, or there is nothing left to ask with while the other relays take everything.
    for relay in breaker.to_probe(work):
        probe = _in_batches(work, _probe(work, flows=flows))
        for batch_id in probe:
            breaker.begin_probe(work, batch_id, relay)
        made += probe
    return made + (_in_batches(work, _may_go(work, BATCH * batches, marketing)) if flows else [])


def _probe(work: Work, *, flows: bool) -> list[int]:
    """Choose a mail to ask a server in trouble with: what is urgent, unless it has another way."""
    if flows:
        return _due_ids(work, Message.kind == MessageKind.MARKETING, 1) or _due_ids(work, true(), 1)
    return _due_ids(work, true(), 1, probing=True)


def _may_go(work: Work, most: int, marketing: int | None) -> list[int]:
    if marketing is None:
        return _due_ids(work, true(), most)
    ids = _due_ids(work, Message.kind != MessageKind.MARKETING, most)
    left = min(marketing, most - len(ids))
    return ids + (_due_ids(work, Message.kind == MessageKind.MARKETING, left) if left else [])


def _in_batches(work: Work, ids: Sequence[int]) -> list[int]:
    made: list[int] = []
    for start in range(0, len(ids), BATCH):
        batch = SendBatch(created_at=work.machine)
        work.session.add(batch)
        work.session.flush()
        work.session.connection().execute(
            update(Message)
            .where(among(work.session, Message.id, ids[start : start + BATCH]))
            .values(batch_id=batch.id, batched_at=work.machine)
        )
        work.later(JobName.SEND, {"batch": batch.id})
        made.append(batch.id)
    return made


def _due_ids(
    work: Work, which: ColumnElement[bool], most: int, *, probing: bool = False
) -> list[int]:
    query = (
        select(Message.id)
        .where(which, due(work, stale=work.machine - BATCH_STALE))
        .order_by(*_order(probing=probing))
        .limit(most)
    )
    if is_postgresql(work.session):
        query = query.with_for_update(skip_locked=True)
    return list(work.session.scalars(query))


def _order(*, probing: bool) -> list[ColumnElement[Any]]:
    """Let go first what waits longest; a probe of a server in trouble takes what is urgent."""
    urgent = case((Message.kind == MessageKind.MARKETING, 1), else_=0)
    order: list[ColumnElement[Any]] = [urgent] if probing else []
    return [*order, Message.not_before.expression, Message.id.expression]


def waiting_batch(work: Work) -> int | None:
    """Name the batch of the message that waits longest in one; those that are locked count not."""
    query = (
        select(Message.batch_id)
        .where(WAITING, Message.not_before <= work.now, Message.batched_at.is_not(None))
        .order_by(Message.not_before, Message.id)
        .limit(1)
    )
    if is_postgresql(work.session):
        query = query.with_for_update(skip_locked=True)
    return work.session.scalar(query)


def waiting_in(work: Work, batch_id: int) -> list[int]:
    """Name the messages of a batch that still wait."""
    query = select(Message.id).where(Message.batch_id == batch_id, WAITING)
    return list(work.session.scalars(query.order_by(Message.not_before, Message.recipient)))


def candidates(work: Work, batch_id: int, *, only: Collection[int] | None = None) -> list[Claimed]:
    """Lock the messages of a batch that still wait, or `only` some of them.

    Two jobs of one batch never get the same.
    """
    query = (
        select(
            Message.id,
            Message.kind,
            Message.lead_id,
            Message.user_id,
            Message.handoff_id,
            Message.recipient,
            Message.enrolment_id,
            Message.template_version_id,
            Message.asset_id,
            Message.context,
            Message.not_before,
            Message.date_at,
            Message.dedup_key,
        )
        .where(
            Message.batch_id == batch_id,
            Message.state.in_(sources_of(MessageEvent.CLAIMED)),
            Message.not_before <= work.now,
            # A job that comes twice finds what was put off by the first one.
            or_(Message.retry_at.is_(None), Message.retry_at <= work.machine),
        )
        .order_by(Message.not_before, Message.recipient)
    )
    if only is not None:
        query = query.where(among(work.session, Message.id, only))
    if is_postgresql(work.session):
        query = query.with_for_update(skip_locked=True)
    return [_claimed(row, work.now) for row in rows(work.session, query)]


def _claimed(row: Row[*tuple[Any, ...]], now: datetime) -> Claimed:
    context = row.context
    return Claimed(
        row.id,
        MessageKind(row.kind),
        row.lead_id,
        row.user_id,
        row.handoff_id,
        row.recipient,
        row.enrolment_id,
        row.template_version_id,
        row.asset_id,
        context if isinstance(context, dict) else {},
        row.not_before,
        row.date_at or now,
        row.dedup_key,
    )


def claim(work: Work, ids: Sequence[int], *, journal: str, host: str, lease: timedelta) -> None:
    """Take messages for one sender; only that journal's owner or its reaper moves them now."""
    work.session.connection().execute(
        update(Message)
        .where(
            among(work.session, Message.id, ids),
            Message.state.in_(sources_of(MessageEvent.CLAIMED)),
        )
        .values(
            state=MessageState.SENDING,
            claim=journal,
            host=host,
            reason=None,
            lease_until=work.machine + lease,
            attempts=Message.attempts + 1,
            date_at=func.coalesce(Message.date_at, work.now),
        )
    )


def drop(work: Work, reasons: Mapping[int, str]) -> None:
    """Drop waiting messages, each with its reason (Q19); what a sender holds is the sender's."""
    by_reason: dict[str, list[int]] = {}
    for key, reason in reasons.items():
        by_reason.setdefault(reason, []).append(key)
    for reason, ids in by_reason.items():
        # One that was claimed since it was chosen may have left: only its sender knows.
        work.session.connection().execute(
            update(Message)
            .where(
                among(work.session, Message.id, ids),
                Message.state.in_(sources_of(MessageEvent.CLAIMED)),
            )
            .values(state=MessageState.DROPPED, reason=reason, settled_at=work.machine)
        )


def hold(work: Work, until: Mapping[int, datetime], *, reason: str) -> None:
    """Let waiting messages wait longer, in no batch, with the reason shown."""
    rows = [
        {"id": key, "not_before": moment, "reason": reason, "batched_at": None}
        for key, moment in until.items()
    ]
    bulk_update(work.session, Message, rows)


def hold_of(work: Work, lead_ids: Sequence[LeadId], *, until: datetime, reason: str) -> None:
    """Let the marketing mail that waits for leads wait longer, with the reason shown."""
    work.session.execute(
        update(Message)
        .where(
            Message.lead_id.in_(lead_ids),
            Message.kind == MessageKind.MARKETING,
            Message.state.in_(sources_of(MessageEvent.CLAIMED)),
            Message.not_before < until,
        )
        .values(not_before=until, reason=reason, batched_at=None)
    )


def release(work: Work, lead_ids: Sequence[LeadId], *, reason: str) -> None:
    """Let go at once what waits for this reason; the claim asks everything anew."""
    work.session.execute(
        update(Message)
        .where(
            Message.lead_id.in_(lead_ids),
            Message.reason == reason,
            Message.state.in_(sources_of(MessageEvent.CLAIMED)),
        )
        .values(not_before=work.now, reason=None)
    )


def cancel(work: Work, enrolment_ids: Sequence[int], *, reason: str) -> None:
    """Drop what enrolments had planned and nobody has begun to send."""
    query = select(Message.id).where(
        among(work.session, Message.enrolment_id, enrolment_ids),
        Message.state.in_(sources_of(MessageEvent.CLAIMED)),
    )
    drop(work, dict.fromkeys(work.session.scalars(query), reason))


def drop_alerts(work: Work, user_id: UserId, *, reason: str) -> None:
    """Drop mail to one of ours that nobody has begun to send."""
    query = select(Message.id).where(
        Message.user_id == user_id, Message.state.in_(sources_of(MessageEvent.CLAIMED))
    )
    drop(work, dict.fromkeys(work.session.scalars(query), reason))


def waiting_of(work: Work, enrolment_ids: Sequence[int]) -> dict[int, int]:
    """Tell what `cancel` drops, and what is dropped if its sender hands it back: its enrolment."""
    begun = (*sources_of(MessageEvent.CLAIMED), MessageState.SENDING)
    query = select(Message.id, Message.enrolment_id).where(
        among(work.session, Message.enrolment_id, enrolment_ids), Message.state.in_(begun)
    )
    return {row.id: row.enrolment_id for row in work.session.execute(query)}


def forgive(work: Work, message_ids: Sequence[int]) -> None:
    """Let refused mail wait again: the refusal was not the recipient's, and it had never left."""
    statement = update(Message).where(
        among(work.session, Message.id, message_ids),
        Message.state.in_(sources_of(MessageEvent.FORGIVEN)),
    )
    waiting = {
        "state": MessageState.DEFERRED,
        "settled_at": None,
        "batched_at": None,
        "retry_at": None,
    }
    work.session.connection().execute(statement.values(waiting))


def plan_again(work: Work, message_ids: Sequence[int]) -> None:
    """Let messages wait again that were dropped with their track."""
    statement = update(Message).where(
        among(work.session, Message.id, message_ids),
        Message.state.in_(sources_of(MessageEvent.WANTED_AGAIN)),
    )
    waiting = {
        "state": MessageState.PLANNED,
        "reason": None,
        "settled_at": None,
        "batched_at": None,
        "retry_at": None,
    }
    work.session.connection().execute(statement.values(waiting))
