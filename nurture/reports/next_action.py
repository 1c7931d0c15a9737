"""What happens next with a lead: derived from whoever has it in hand, never stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, String, Subquery, literal, select, union_all

from campaigns.vocabulary import EnrolmentState, MessageKind, MessageState
from nurture.handoff.tables import Handoff
from nurture.kernel.database import CHUNK, chunks
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead
from nurture.lifecycle import LIVE
from nurture.mail.tables import Message
from nurture.tasks.tables import TaskRow
from nurture.tracks.tables import Enrolment, TrackRow

_WAITING = [str(MessageState.PLANNED), str(MessageState.DEFERRED)]
SETTLING = timedelta(hours=1)
"""How new a lead may be before somebody must have it in hand."""


@dataclass(frozen=True, slots=True)
class NextAction:
    """What happens next, and when: a track's step, a task, a parking's end, an offer's timer."""

    what: str
    due_at: datetime


def actions() -> Subquery:
    """List every open step, task and timer of every lead: (lead_id, what, due_at)."""
    step = select(
        Enrolment.lead_id, literal("track", String(20)).label("what"), Enrolment.due_at
    ).where(Enrolment.state == EnrolmentState.ACTIVE)
    task = select(TaskRow.lead_id, TaskRow.kind.label("what"), TaskRow.due_at).where(
        TaskRow.done_at.is_(None), TaskRow.lead_id.is_not(None)
    )
    timer = select(
        Handoff.lead_id, literal("hand-off", String(20)).label("what"), Handoff.chase_at
    ).where(Handoff.closed_at.is_(None))
    return union_all(step, task, timer).subquery("action")


def next_actions(work: Work, lead_ids: Sequence[LeadId]) -> Mapping[LeadId, NextAction]:
    """Tell for many leads what happens first, also a mail; whom nobody has in hand is absent."""
    mail_ = select(
        Message.lead_id,
        literal("mail", String(20)).label("what"),
        Message.not_before.label("due_at"),
    ).where(
        Message.state.in_(_WAITING), Message.kind != MessageKind.ALERT, Message.lead_id.is_not(None)
    )
    held = actions()
    action = union_all(select(held.c.lead_id, held.c.what, held.c.due_at), mail_).subquery("first")
    found: dict[LeadId, NextAction] = {}
    for chunk in chunks(lead_ids, CHUNK):
        rows = work.session.execute(
            select(action.c.lead_id, action.c.what, action.c.due_at)
            .where(action.c.lead_id.in_(chunk))
            .order_by(action.c.due_at.desc())
        )
        found.update((LeadId(lead_id), NextAction(what, due_at)) for lead_id, what, due_at in rows)
    return found


def next_tracks(work: Work, lead_ids: Sequence[LeadId]) -> Mapping[LeadId, str]:
    """Name the track whose step falls due first, for many leads."""
    found: dict[LeadId, str] = {}
    for chunk in chunks(lead_ids, CHUNK):
        rows = work.session.execute(
            select(Enrolment.lead_id, TrackRow.name)
            .join(TrackRow, TrackRow.id == Enrolment.track_id)
            .where(Enrolment.state == EnrolmentState.ACTIVE, Enrolment.lead_id.in_(chunk))
            .order_by(Enrolment.due_at.desc(), Enrolment.id)
        )
        found.update((LeadId(lead_id), name) for lead_id, name in rows)
    return found


def unattended(now: datetime) -> Select[int, str]:
    """Select the live leads that nobody looks after (F148): the anti-join of their next actions."""
    action = actions()
    return (
        select(Lead.id, Lead.stage)
        .where(Lead.erased_at.is_(None), Lead.stage.in_([str(stage) for stage in LIVE]))
        .where(Lead.created_at < now - SETTLING)
        .where(~select(action.c.lead_id).where(action.c.lead_id == Lead.id).exists())
        .order_by(Lead.id)
    )
