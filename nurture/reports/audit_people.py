"""The audit queries about permission, proof and people who have left."""

from collections.abc import Sequence

from sqlalchemy import Select, func, or_, select

from campaigns.vocabulary import (
    ActivityKind,
    EnrolmentState,
    HandoffState,
    MessageKind,
    MessageState,
    Stage,
    Verdict,
)
from nurture import mail
from nurture.consent.tables import LiftedSuppression, Permission, Suppression
from nurture.engagement.tables import Activity
from nurture.handoff.tables import Handoff
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead
from nurture.lifecycle import LIVE
from nurture.lifecycle.tables import StageChange
from nurture.mail.tables import Message, SendAttempt
from nurture.reports.findings import AnySelect, AuditRow, rows_of
from nurture.tasks.tables import TaskRow
from nurture.tracks.tables import Enrolment
from nurture.users.tables import Absence, User

_LEFT = [str(MessageState.SENT), str(MessageState.IN_DOUBT)]
_HUMAN = [str(one) for one in Verdict if one.human]
_NOES = [str(one) for one in (ActivityKind.COMPLAINED, ActivityKind.UNSUBSCRIBED)]
_WITH_SALES = [str(Stage.SALES_READY), str(Stage.ACCEPTED)]
_ELSEWHERE = sorted(str(one) for one in LIVE if str(one) not in _WITH_SALES)


def endless_waits(_work: Work) -> AnySelect:
    """Q14: a branch that waits for an act, and for no time."""
    return select(Enrolment.lead_id, Enrolment.step).where(
        Enrolment.state == EnrolmentState.ACTIVE,
        Enrolment.waiting_for.is_not(None),
        Enrolment.timeout_at.is_(None),
    )


def without_permission(_work: Work) -> AnySelect:
    """Q20: marketing mail that left while no permission of its lead was in force."""
    in_force = select(Permission.id).where(
        Permission.lead_id == Message.lead_id,
        Permission.given_at <= Message.sent_at,
        # Asked at the claim: what is withdrawn while a mail is on its way comes after it.
        or_(
            Permission.withdrawn_at.is_(None),
            Permission.withdrawn_at >= func.coalesce(Message.date_at, Message.sent_at),
        ),
    )
    return (
        select(Message.lead_id, Message.recipient)
        .join(Lead, Lead.id == Message.lead_id)
        .where(
            Message.kind == MessageKind.MARKETING,
            Message.state.in_(_LEFT),
            Lead.erased_at.is_(None),
            ~in_force.exists(),
        )
    )


def by_machines_only(_work: Work) -> AnySelect:
    """Q23: a definition passed a lead on of whom no person has done anything."""
    by_rule = select(StageChange.id).where(
        StageChange.lead_id == Handoff.lead_id,
        StageChange.to_stage == Stage.SALES_READY,
        StageChange.definition_version.is_not(None),
        StageChange.at == Handoff.offered_at,
    )
    person = select(Activity.id).where(
        Activity.lead_id == Handoff.lead_id,
        Activity.verdict.in_(_HUMAN),
        Activity.at <= Handoff.offered_at,
    )
    return select(Handoff.lead_id, Handoff.route_reason).where(by_rule.exists(), ~person.exists())


def who_has_left(_work: Work) -> AnySelect:
    """Q26: a lead of somebody who works here no more; what sales has in hand is Q04's."""
    return (
        select(Lead.id, User.handle)
        .join(User, User.id == Lead.owner_id)
        .where(Lead.erased_at.is_(None), Lead.stage.in_(_ELSEWHERE), ~User.active)
    )


def waits_for_somebody_away(work: Work) -> AnySelect:
    """Q26: an unanswered offer, past its time, of somebody who is on leave."""
    away = select(Absence.id).where(
        Absence.user_id == Handoff.owner_id,
        Absence.begins_at <= work.now,
        Absence.ends_at > work.now,
    )
    return select(Handoff.lead_id, Handoff.route_reason).where(
        Handoff.closed_at.is_(None),
        Handoff.state == HandoffState.OFFERED,
        Handoff.chase_at < work.now,
        Handoff.accept_by < work.now,
        away.exists(),
    )


def away_or_gone(work: Work) -> Sequence[AuditRow]:
    """Q26: whoever has left or is on leave holds nothing up."""
    return [*rows_of(work, who_has_left(work)), *rows_of(work, waits_for_somebody_away(work))]


def unheard(work: Work) -> Sequence[AuditRow]:
    """Q28: a complaint, an unsubscribing or a dead address that no suppression came of."""
    suppressed = select(Suppression.id).where(Suppression.lead_id == Activity.lead_id)
    said = select(Activity.lead_id, Activity.kind).where(
        Activity.kind.in_(_NOES), ~suppressed.exists()
    )
    return [*rows_of(work, said), *_dead(work)]


def _dead(work: Work) -> Sequence[AuditRow]:
    """Read the answers of servers as the sender did: only some refusals mean a dead address.

    What a person has lifted since is no longer one.
    """
    lifted = select(LiftedSuppression.id).where(
        LiftedSuppression.lead_id == Message.lead_id, LiftedSuppression.machine_at > SendAttempt.at
    )
    suppressed = select(Suppression.id).where(Suppression.lead_id == Message.lead_id)
    refused = (
        select(Message.lead_id, SendAttempt.code, SendAttempt.reply, SendAttempt.stage)
        .join(SendAttempt, SendAttempt.message_id == Message.id)
        .where(
            Message.state == MessageState.REFUSED,
            Message.lead_id.is_not(None),
            SendAttempt.code.is_not(None),
            ~suppressed.exists(),
            ~lifted.exists(),
        )
    )
    return [
        AuditRow(LeadId(lead_id or 0), reply)
        for lead_id, code, reply, stage in work.session.execute(refused)
        if mail.is_dead(code or 0, reply, stage=mail.SmtpStage(stage) if stage else None)
    ]


def erased_but_moving(work: Work) -> Sequence[AuditRow]:
    """Q29: a lead that is gone, and in a track, a task, an offer or a waiting mail all the same."""
    held = (
        select(Enrolment.lead_id).where(Enrolment.state == EnrolmentState.ACTIVE),
        select(TaskRow.lead_id).where(TaskRow.done_at.is_(None)),
        select(Handoff.lead_id).where(Handoff.closed_at.is_(None)),
        select(Message.lead_id).where(
            Message.state.in_([MessageState.PLANNED, MessageState.DEFERRED])
        ),
    )
    moving = or_(*(Lead.id.in_(one) for one in held))
    return rows_of(work, select(Lead.id, Lead.stage).where(Lead.erased_at.is_not(None), moving))


def same_address(_work: Work) -> Select[int, str]:
    """Q30: two leads with one address, however it is written."""
    address = func.lower(func.trim(Lead.email))
    return (
        select(func.min(Lead.id), address)
        .where(Lead.erased_at.is_(None))
        .group_by(address)
        .having(func.count() > 1)
    )
