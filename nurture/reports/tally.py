"""Counts over the whole instance: how many of each thing that can become of a mail or a lead."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, distinct, func, select

from campaigns.vocabulary import ActivityKind, MessageKind, MessageState, Stage, Verdict
from nurture.consent.tables import Suppression
from nurture.engagement.tables import Activity, Hit
from nurture.handoff.tables import Handoff, HandoffEvent
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead
from nurture.lifecycle.tables import StageChange
from nurture.mail.tables import Message

HUMAN = (Verdict.HUMAN_PROVEN, Verdict.HUMAN_LIKELY)


@dataclass(frozen=True, slots=True)
class Tally:
    """All counts, each by the word of its kind."""

    sent: Mapping[str, int]
    """Mails that left, by why they were written."""
    states: Mapping[str, int]
    acts: Mapping[str, int]
    """Acts of people, by what they did."""
    machine_hits: int
    promoted: int
    """Leads that became sales-ready, each once."""
    events: Mapping[str, int]
    """What happened to hand-offs, by kind; each hand-off counts once for a kind."""
    outcomes: Mapping[str, int]
    suppressed: Mapping[str, int]
    stages: Mapping[str, int]


def tally(work: Work) -> Tally:
    """Count everything, one query per kind of thing."""
    human = [str(verdict) for verdict in HUMAN]
    left = [str(MessageState.SENT), str(MessageState.IN_DOUBT)]
    return Tally(
        sent=_by(work, select(Message.kind, func.count()).where(Message.state.in_(left))),
        states=_by(work, select(Message.state, func.count())),
        acts=_by(work, select(Activity.kind, func.count()).where(Activity.verdict.in_(human)))
        | _by(work, _automatic()),
        machine_hits=_one(
            work, select(func.count()).select_from(Hit).where(Hit.verdict.not_in(human))
        ),
        promoted=_one(
            work,
            select(func.count(distinct(StageChange.lead_id))).where(
                StageChange.to_stage == str(Stage.SALES_READY)
            ),
        ),
        events=_by(work, select(HandoffEvent.kind, func.count(distinct(HandoffEvent.handoff_id)))),
        outcomes=_by(
            work,
            select(Handoff.outcome, func.count()).where(Handoff.outcome.is_not(None)),
        ),
        suppressed=_by(work, select(Suppression.reason, func.count())),
        stages=_by(work, select(Lead.stage, func.count())),
    )


def promotions(work: Work) -> dict[LeadId, datetime]:
    """Tell when each lead first became sales-ready (business time)."""
    query = select(StageChange.lead_id, func.min(StageChange.at)).where(
        StageChange.to_stage == str(Stage.SALES_READY)
    )
    rows = work.session.execute(query.group_by(StageChange.lead_id))
    return {LeadId(lead_id): at for lead_id, at in rows}


def human_acts(work: Work) -> dict[LeadId, int]:
    """Count the acts of people by lead, opens left out."""
    query = select(Activity.lead_id, func.count()).where(
        Activity.verdict.in_([str(verdict) for verdict in HUMAN]),
        Activity.kind != str(ActivityKind.OPENED),
    )
    rows = work.session.execute(query.group_by(Activity.lead_id))
    return {LeadId(lead_id): count for lead_id, count in rows}


def first_alerts(work: Work) -> dict[LeadId, datetime]:
    """Tell when the first alert about each lead left (business time)."""
    query = (
        select(Handoff.lead_id, func.min(Message.sent_at))
        .join(Message, Message.handoff_id == Handoff.id)
        .where(Message.kind == str(MessageKind.ALERT), Message.sent_at.is_not(None))
    )
    rows = work.session.execute(query.group_by(Handoff.lead_id))
    return {LeadId(lead_id): at for lead_id, at in rows if at is not None}


def recycled(work: Work) -> list[tuple[LeadId, str]]:
    """List leads that sales sent back and that went on in a track, the first one first."""
    query = (
        select(Handoff.lead_id, Handoff.reason)
        .join(StageChange, StageChange.lead_id == Handoff.lead_id)
        .where(Handoff.reason.is_not(None), StageChange.to_stage == str(Stage.RECYCLED))
        .group_by(Handoff.lead_id, Handoff.reason)
        .order_by(func.min(Handoff.closed_at), Handoff.lead_id)
    )
    return [(LeadId(lead_id), str(reason)) for lead_id, reason in work.session.execute(query)]


def _automatic() -> Select[str, int]:
    return select(Activity.kind, func.count()).where(
        Activity.kind == str(ActivityKind.AUTO_REPLIED)
    )


def _by(work: Work, query: Select[str, int] | Select[str | None, int]) -> dict[str, int]:
    column = query.selected_columns[0]
    return {str(key): count for key, count in work.session.execute(query.group_by(column))}


def _one(work: Work, query: Select[int]) -> int:
    return work.session.scalar(query) or 0
