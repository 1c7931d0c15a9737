"""The figures of a day and a week: mail by moment, who read, who became ready, first contacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import TypeAlias

from sqlalchemy import Select, func, select

from campaigns.vocabulary import ActivityKind, MessageKind, MessageState, Stage, Verdict
from nurture.engagement.tables import Activity
from nurture.handoff.tables import Handoff
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead
from nurture.lifecycle.tables import StageChange
from nurture.mail.tables import Message
from nurture.reports.next_action import unattended
from nurture.tracks.tables import Enrolment

Ids: TypeAlias = Select[int]
"""Leads as a filter of the list takes them."""
_HUMAN = [str(verdict) for verdict in Verdict if verdict.human]
_LEFT = [str(MessageState.SENT), str(MessageState.IN_DOUBT)]
_TOLD = [
    str(ActivityKind.CLICKED),
    str(ActivityKind.SUBMITTED),
    str(ActivityKind.DOWNLOADED),
    str(ActivityKind.REGISTERED),
    str(ActivityKind.ATTENDED),
    str(ActivityKind.REPLIED),
    str(ActivityKind.UNSUBSCRIBED),
]


@dataclass(frozen=True, slots=True)
class MailMoment:
    """How many messages to leads left, or are to leave, at one instant."""

    at: datetime
    state: MessageState
    count: int


@dataclass(frozen=True, slots=True)
class ContactTimes:
    """How fast first contacts were: each from the start of its timer; who was late."""

    offered: int
    late: int
    median: timedelta | None


@dataclass(frozen=True, slots=True)
class DayNews:
    """Something that a person did just now."""

    lead_id: LeadId
    kind: ActivityKind
    at: datetime
    name: str | None
    asset_id: int | None


def mail_moments(work: Work, *, since: datetime, until: datetime) -> list[MailMoment]:
    """Count messages of [since, until) by the instant at which they left or may leave."""
    moment = func.coalesce(Message.sent_at, Message.not_before)
    rows = work.session.execute(
        select(moment.label("moment"), Message.state, func.count())
        .where(Message.kind.in_([str(MessageKind.MARKETING), str(MessageKind.REQUESTED)]))
        .where(moment >= since, moment < until)
        .group_by(moment, Message.state)
    )
    return [MailMoment(at, MessageState(state), count) for at, state, count in rows]


def readers(work: Work, *, since: datetime, until: datetime) -> list[LeadId]:
    """List who clicked in a mail, machines left out."""
    return _ids(
        work,
        select(Activity.lead_id)
        .where(Activity.kind == ActivityKind.CLICKED, Activity.verdict.in_(_HUMAN))
        .where(Activity.at >= since, Activity.at < until),
    )


def mailed(work: Work, *, since: datetime, until: datetime) -> list[LeadId]:
    """List to whom mail has gone, or may have gone."""
    return _ids(
        work,
        select(Message.lead_id)
        .where(Message.lead_id.is_not(None), Message.kind != MessageKind.ALERT)
        .where(Message.state.in_(_LEFT), Message.sent_at >= since, Message.sent_at < until),
    )


def entered(work: Work, *, stage: Stage, since: datetime, until: datetime) -> list[LeadId]:
    """List who came to a stage."""
    return _ids(
        work,
        select(StageChange.lead_id)
        .where(StageChange.to_stage == stage)
        .where(StageChange.at >= since, StageChange.at < until),
    )


def contacts(work: Work, *, since: datetime) -> ContactTimes:
    """Tell how fast sales made contact with whom it was offered since."""
    rows = work.session.execute(
        select(Handoff.timer_from, Handoff.contacted_at, Handoff.contact_by).where(
            Handoff.offered_at >= since
        )
    ).all()
    made = [(at - began, at > due) for began, at, due in rows if at is not None]
    waiting = sum(1 for _, at, due in rows if at is None and due < work.now)
    lengths = [max(length, timedelta()).total_seconds() for length, _ in made]
    return ContactTimes(
        offered=len(rows),
        late=sum(late for _, late in made) + waiting,
        median=timedelta(seconds=median(lengths)) if lengths else None,
    )


def offered(work: Work, *, since: datetime) -> list[LeadId]:
    """List who was passed to sales since: those whose first contacts `contacts` counts."""
    return _ids(work, select(Handoff.lead_id).where(Handoff.offered_at >= since))


def news(work: Work, *, limit: int) -> list[DayNews]:
    """List the latest things that people did, the newest first."""
    rows = work.session.execute(
        select(Activity.lead_id, Activity.kind, Activity.at, Activity.name, Activity.asset_id)
        .where(Activity.kind.in_(_TOLD), Activity.verdict.in_(_HUMAN))
        .order_by(Activity.id.desc())
        .limit(limit)
    )
    return [
        DayNews(LeadId(lead_id), ActivityKind(kind), at, name, asset_id)
        for lead_id, kind, at, name, asset_id in rows
    ]


def forgotten(now: datetime) -> Ids:
    """Select the leads that nobody looks after, for the list of leads."""
    return unattended(now).with_only_columns(Lead.id)


def in_track(track_id: int) -> Ids:
    """Select the leads that stand in a track, for the list of leads."""
    return select(Enrolment.lead_id).where(
        Enrolment.track_id == track_id, Enrolment.ended_at.is_(None)
    )


def _ids(work: Work, query: Select[int] | Select[int | None]) -> list[LeadId]:
    found: Sequence[int | None] = work.session.scalars(query.distinct()).all()
    return sorted(LeadId(one) for one in found if one is not None)


def countries(work: Work) -> list[str]:
    """List the countries that leads come from, the most frequent first."""
    rows = work.session.execute(
        select(Lead.country, func.count())
        .where(Lead.country.is_not(None), Lead.erased_at.is_(None))
        .group_by(Lead.country)
        .order_by(func.count().desc(), Lead.country)
    )
    return [country for country, _ in rows if country]
