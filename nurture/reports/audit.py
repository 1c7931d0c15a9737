"""The audit: ways in which a lead, a mail or an answer could be lost: each query must find nothing.

Names are those of the promises (Q01...); where an amount of time is allowed, business time bounds
what people and tracks do, machine time bounds the machinery.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import Select, String, cast, func, or_, select

from campaigns.vocabulary import EnrolmentState, HandoffState, Stage
from nurture import scoring
from nurture.handoff.tables import Handoff, HandoffEvent
from nurture.kernel.tables import OutboxEntry
from nurture.kernel.work import Work
from nurture.leads.tables import Lead
from nurture.lifecycle import MOVES
from nurture.lifecycle.tables import StageChange
from nurture.pages.tables import Submission
from nurture.reports import audit_mail, audit_people
from nurture.reports.findings import AnySelect, AuditFinding, AuditQuery, AuditRow, rows_of
from nurture.reports.next_action import SETTLING, actions, unattended
from nurture.scoring.tables import ScoreRow
from nurture.tracks.tables import Enrolment, TrackRow
from nurture.users.tables import User

__all__ = ["QUERIES", "AuditFinding", "AuditQuery", "AuditRow", "run_audit"]

MINUTE = timedelta(minutes=1)
_SALES = [str(Stage.SALES_READY), str(Stage.ACCEPTED)]


def run_audit(work: Work) -> list[AuditFinding]:
    """Run every query; what finds nothing is not listed."""
    found = [AuditFinding(query.name, query.sentence, tuple(query.find(work))) for query in QUERIES]
    return [finding for finding in found if finding.rows]


def _one_stage(_work: Work) -> Select[int, str]:
    open_one = select(StageChange.id).where(
        StageChange.lead_id == Lead.id,
        StageChange.until.is_(None),
        StageChange.to_stage == Lead.stage,
    )
    return select(Lead.id, Lead.stage).where(Lead.erased_at.is_(None), ~open_one.exists())


def _gaps(_work: Work) -> AnySelect:
    before = func.lag(StageChange.until).over(
        partition_by=StageChange.lead_id, order_by=(StageChange.at, StageChange.id)
    )
    chunk = select(
        StageChange.lead_id, StageChange.to_stage, StageChange.at, before.label("ended")
    ).subquery()
    return select(chunk.c.lead_id, chunk.c.to_stage).where(
        chunk.c.ended.is_not(None), chunk.c.ended != chunk.c.at
    )


def _forbidden_moves(_work: Work) -> AnySelect:
    allowed = [f"{before}>{after}" for before, ones in MOVES.items() for after in ones]
    made = StageChange.from_stage + ">" + StageChange.to_stage
    return select(StageChange.lead_id, made).where(
        StageChange.from_stage.is_not(None), made.not_in(allowed)
    )


def _nobody_owns(_work: Work) -> Select[int, str]:
    active = select(User.id).where(User.id == Lead.owner_id, User.active)
    return select(Lead.id, Lead.stage).where(
        Lead.erased_at.is_(None),
        Lead.stage.in_(_SALES),
        Lead.queue.is_(None) | Lead.owner_id.is_not(None),
        ~active.exists(),
    )


def _no_timer(_work: Work) -> Select[int, str]:
    running = select(Handoff.id).where(Handoff.lead_id == Lead.id, Handoff.closed_at.is_(None))
    return select(Lead.id, Lead.stage).where(
        Lead.erased_at.is_(None), Lead.stage.in_(_SALES), ~running.exists()
    )


def _not_escalated(work: Work) -> Select[int, str]:
    told = select(HandoffEvent.id).where(
        HandoffEvent.handoff_id == Handoff.id,
        HandoffEvent.kind.in_(["escalated", "reassigned"]),
        HandoffEvent.at >= Handoff.timer_from,
    )
    return select(Handoff.lead_id, Handoff.route_reason).where(
        Handoff.closed_at.is_(None),
        Handoff.state == HandoffState.OFFERED,
        Handoff.accept_by < work.now - 15 * MINUTE,
        ~told.exists(),
    )


def _no_briefing(_work: Work) -> Select[int, str]:
    empty = ["null", "[]", "{}"]
    parts = (Handoff.score, Handoff.reasons, Handoff.packet)
    return select(Handoff.lead_id, Handoff.route_reason).where(
        or_(*[cast(part, String).in_(empty) for part in parts])
    )


def _two_offers(_work: Work) -> Select[int, str]:
    return (
        select(Handoff.lead_id, cast(func.count(), String))
        .where(Handoff.closed_at.is_(None))
        .group_by(Handoff.lead_id)
        .having(func.count() > 1)
    )


def _no_reason(_work: Work) -> AnySelect:
    return select(Handoff.lead_id, Handoff.outcome).where(
        Handoff.closed_at.is_not(None),
        (Handoff.outcome.is_(None))
        | (Handoff.outcome.in_(["rejected", "lost"]) & Handoff.reason.is_(None)),
    )


def _lost_on_the_way_back(_work: Work) -> Select[int, str]:
    action = actions()
    next_one = select(action.c.lead_id).where(action.c.lead_id == Lead.id)
    return select(Lead.id, Lead.stage).where(
        Lead.erased_at.is_(None), Lead.stage == Stage.RECYCLED, ~next_one.exists()
    )


def _overdue_steps(work: Work) -> Select[int, str]:
    # Whoever is held back, for whatever reason, is due again when they are to be looked at.
    late = work.now - 10 * MINUTE * work.pace
    return (
        select(Enrolment.lead_id, Enrolment.step)
        .join(TrackRow, TrackRow.id == Enrolment.track_id)
        .where(
            Enrolment.state == EnrolmentState.ACTIVE,
            Enrolment.due_at < late,
            TrackRow.paused_at.is_(None),
        )
    )


def _half_ended(_work: Work) -> Select[int, str]:
    ended = Enrolment.ended_at.is_not(None) & Enrolment.exit_reason.is_not(None)
    begun = Enrolment.ended_at.is_(None) & Enrolment.exit_reason.is_(None)
    active = Enrolment.state == EnrolmentState.ACTIVE
    return select(Enrolment.lead_id, Enrolment.step).where((active & ~begun) | (~active & ~ended))


def _wrong_scores(work: Work) -> Sequence[AuditRow]:
    return [AuditRow(lead_id, "score is not its ledger") for lead_id in scoring.differences(work)]


def _not_rechecked(work: Work) -> Select[int, str]:
    # What the tick may take is machine time; the line was crossed in business time.
    late = work.now - 5 * MINUTE * work.pace
    return select(ScoreRow.lead_id, ScoreRow.grade).where(ScoreRow.recheck_at < late)


def _lost_forms(work: Work) -> AnySelect:
    return select(Submission.lead_id, Submission.form).where(
        Submission.lead_id.is_(None),
        Submission.quarantine.is_(None),
        Submission.machine_at < work.machine - MINUTE,
    )


def _idle(work: Work) -> Select[int, str]:
    action = actions()
    next_one = select(action.c.lead_id).where(action.c.lead_id == Lead.id)
    return select(Lead.id, Lead.stage).where(
        Lead.erased_at.is_(None),
        Lead.stage.in_([str(Stage.UNQUALIFIED), str(Stage.MARKETING)]),
        Lead.created_at < work.now - SETTLING,
        ~next_one.exists(),
    )


def _kept_promises(work: Work) -> Sequence[AuditRow]:
    late = select(OutboxEntry.job).where(
        OutboxEntry.relayed_at.is_(None), OutboxEntry.created_at < work.machine - 5 * MINUTE
    )
    return [AuditRow(None, job) for job in work.session.scalars(late)]


def _unattended(work: Work) -> Select[int, str]:
    return unattended(work.now)


def _of(
    select_: Callable[[Work], AnySelect],
) -> Callable[[Work], Sequence[AuditRow]]:
    return lambda work: rows_of(work, select_(work))


QUERIES: tuple[AuditQuery, ...] = (
    AuditQuery("Q01", "A lead is in exactly one stage, and its history says so", _of(_one_stage)),
    AuditQuery("Q02", "Each stage begins when the one before ends", _of(_gaps)),
    AuditQuery("Q03", "A lead changes stage only as the table allows", _of(_forbidden_moves)),
    AuditQuery("Q04", "A lead with sales has an active owner or a queue", _of(_nobody_owns)),
    AuditQuery("Q05", "A lead with sales has a running timer", _of(_no_timer)),
    AuditQuery("Q06", "A late hand-off was escalated", _of(_not_escalated)),
    AuditQuery("Q07", "Somebody was told of each hand-off", audit_mail.never_told),
    AuditQuery("Q08", "A hand-off says who, why now and how warm", _of(_no_briefing)),
    AuditQuery("Q09", "A lead has at most one open hand-off", _of(_two_offers)),
    AuditQuery("Q10", "Whatever sales sent back has a reason", _of(_no_reason)),
    AuditQuery("Q11", "A lead that came back is in a track or parked", _of(_lost_on_the_way_back)),
    AuditQuery("Q12", "A due step was taken, or put off to a time to come", _of(_overdue_steps)),
    AuditQuery("Q13", "A run through a track goes on or has ended for a reason", _of(_half_ended)),
    AuditQuery("Q14", "Nobody waits for an act without an end", _of(audit_people.endless_waits)),
    AuditQuery(
        "Q15", "A step that writes has exactly one mail, and the reverse", audit_mail.unmatched
    ),
    AuditQuery("Q16", "No mail is stuck on its way", audit_mail.stuck),
    AuditQuery(
        "Q17",
        "No mail was handed to a server twice, or waits though it was",
        audit_mail.handed_over_twice,
    ),
    AuditQuery("Q18", "Nobody is written to after a no", audit_mail.after_a_no),
    AuditQuery("Q19", "A mail that did not leave says why", audit_mail.unexplained),
    AuditQuery("Q20", "Marketing mail left with permission", _of(audit_people.without_permission)),
    AuditQuery("Q21", "Each score is the sum of its ledger", _wrong_scores),
    AuditQuery("Q22", "Who crossed a line was looked at within five minutes", _of(_not_rechecked)),
    AuditQuery("Q23", "A person stands behind each hand-off", _of(audit_people.by_machines_only)),
    AuditQuery("Q24", "A form became a lead or has a reason", _of(_lost_forms)),
    AuditQuery("Q25", "No lead lies idle", _of(_idle)),
    AuditQuery("Q26", "Who has left or is away holds nothing up", audit_people.away_or_gone),
    AuditQuery("Q27", "A promise to the queue is kept within five minutes", _kept_promises),
    AuditQuery("Q28", "A complaint or a dead address ends all mail", audit_people.unheard),
    AuditQuery("Q29", "An erased lead is nowhere in motion", audit_people.erased_but_moving),
    AuditQuery("Q30", "One address is one lead", _of(audit_people.same_address)),
    AuditQuery("N01", "Somebody looks after each live lead", _of(_unattended)),
)
