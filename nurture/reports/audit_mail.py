"""The audit queries about mail."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, or_, select, true

from campaigns.vocabulary import MessageKind, MessageState, Receipt
from nurture.consent.tables import Suppression
from nurture.handoff.tables import Handoff
from nurture.kernel import shared_values
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.mail import MessageEvent, in_trouble, outage
from nurture.mail.tables import Message, SendAttempt
from nurture.reports.findings import AuditRow, rows_of
from nurture.tracks.tables import ReceiptRow

MINUTE = timedelta(minutes=1)
_LEFT = [str(MessageState.SENT), str(MessageState.IN_DOUBT)]
_WAITING = [str(MessageState.PLANNED), str(MessageState.DEFERRED)]
_EXPLAINED = [
    str(MessageState.DEFERRED),
    str(MessageState.REFUSED),
    str(MessageState.IN_DOUBT),
    str(MessageState.DROPPED),
]


def never_told(work: Work) -> Sequence[AuditRow]:
    """Q07: no alert of an open hand-off has left within ten minutes."""
    told = select(Message.id).where(
        Message.handoff_id == Handoff.id,
        Message.kind == MessageKind.ALERT,
        Message.state.in_(_LEFT),
    )
    return rows_of(
        work,
        select(Handoff.lead_id, Handoff.route_reason).where(
            Handoff.closed_at.is_(None),
            Handoff.machine_at < work.machine - 10 * MINUTE,
            ~told.exists(),
        ),
    )


def unmatched(work: Work) -> Sequence[AuditRow]:
    """Q15: a planned step without its mail, or a track's mail that no step planned."""
    mail = select(Message.id).where(Message.dedup_key == ReceiptRow.dedup_key)
    step = select(ReceiptRow.id).where(ReceiptRow.dedup_key == Message.dedup_key)
    without_mail = select(ReceiptRow.lead_id, ReceiptRow.step).where(
        ReceiptRow.kind == Receipt.PLANNED, ~mail.exists()
    )
    without_step = select(Message.lead_id, Message.step).where(
        Message.enrolment_id.is_not(None), ~step.exists()
    )
    found = [*work.session.execute(without_mail), *work.session.execute(without_step)]
    return [AuditRow(None if lead is None else LeadId(lead), str(step_)) for lead, step_ in found]


def stuck(work: Work) -> Sequence[AuditRow]:
    """Q16: claimed and forgotten, due and not taken, or in doubt and not shown."""
    forgotten = (Message.state == MessageState.SENDING) & (
        Message.lease_until < work.machine - MINUTE
    )
    hidden = (Message.state == MessageState.IN_DOUBT) & Message.settled_at.is_(None)
    ways = [forgotten, hidden]
    if (
        not shared_values.value(work, shared_values.SENDING_STOPPED)
        and not in_trouble(work).stops_all
    ):
        # After an outage marketing mail is released slowly, and Sending says so.
        slow = outage(work) is not None
        ways.append(
            Message.state.in_(_WAITING)
            & (Message.not_before < work.now - 15 * MINUTE * work.pace)
            & or_(Message.retry_at.is_(None), Message.retry_at < work.machine - 15 * MINUTE)
            & ((Message.kind != MessageKind.MARKETING) if slow else true())
        )
    return rows_of(work, select(Message.lead_id, Message.state).where(or_(*ways)))


def handed_over_twice(work: Work) -> Sequence[AuditRow]:
    """Q17: two last lines of one message, or one of a message that waits or counts as dropped."""
    gone = (
        select(
            Message.id, Message.lead_id, Message.recipient, Message.state, func.count().label("n")
        )
        .join(SendAttempt, SendAttempt.message_id == Message.id)
        .where(SendAttempt.outcome.in_([MessageEvent.ACCEPTED, MessageEvent.UNKNOWN]))
        .group_by(Message.id, Message.lead_id, Message.recipient, Message.state)
        .subquery()
    )
    wrong = or_(gone.c.n > 1, gone.c.state.in_([*_WAITING, str(MessageState.DROPPED)]))
    return rows_of(work, select(gone.c.lead_id, gone.c.recipient).where(wrong))


def after_a_no(work: Work) -> Sequence[AuditRow]:
    """Q18: marketing mail that left more than a minute after the address was suppressed."""
    rows = work.session.execute(
        select(Message.lead_id, Suppression.reason, Message.settled_at, Suppression.machine_at)
        .join(Suppression, Suppression.lead_id == Message.lead_id)
        .where(
            Message.kind == MessageKind.MARKETING,
            Message.state.in_(_LEFT),
            Message.sent_at > Suppression.created_at,
        )
    )
    return [
        AuditRow(None if lead_id is None else LeadId(lead_id), reason)
        for lead_id, reason, settled_at, machine_at in rows
        if settled_at is None or settled_at - machine_at > MINUTE
    ]


def unexplained(work: Work) -> Sequence[AuditRow]:
    """Q19: held back, refused, dropped or in doubt without a word."""
    return rows_of(
        work,
        select(Message.lead_id, Message.state).where(
            Message.state.in_(_EXPLAINED), Message.reason.is_(None)
        ),
    )
