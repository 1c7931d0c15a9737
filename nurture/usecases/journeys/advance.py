"""Move every lead on whose step is due: lock, facts in bulk, decide, set-based writes.

One batch is one transaction. Dying in it rolls everything back: the leads are due again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.conditions import Facts, holds
from campaigns.decide import decide
from campaigns.decision import Ask, Decision, DecisionKind, LeadSnapshot, Policy, Position
from campaigns.frequency_caps import CompetingTrack
from campaigns.interest import buying_stage, interests
from campaigns.preferences import read as read_preferences
from campaigns.timing import Calendar, Duration, add
from campaigns.vocabulary import ExitReason, MessageKind, Stage
from nurture import consent, content, handoff, leads, lifecycle, mail, tasks, tracks, users
from nurture.kernel.database import passing
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work, Works
from nurture.tracks import DueEnrolment
from nurture.usecases.journeys.quarantine import quarantine_leads
from nurture.usecases.sales import promotion
from nurture.usecases.shared.assignee import owner_of
from nurture.usecases.shared.bisect import bisect
from nurture.usecases.shared.lead_facts import known, known_of
from nurture.usecases.shared.sending_policy import policy, topic_words

CONTENT_MAIL = "content"
"""The mail that presents an item of the library."""
TRIAGE_WAIT = Duration(2, "bd")
"""Where nobody else takes over, the source's queue looks at the lead within two working days."""

NO_MAIL_WAIT = Duration(365, "d")
"""Whom no mail may reach rests: looking again within days would find the same no."""


@dataclass(frozen=True, slots=True)
class JourneyContext:
    """What progress needs beside the database."""

    notify: handoff.Notifier
    seed: int = 0
    triage_queue: str = "triage"


@dataclass(frozen=True, slots=True)
class AdvanceResult:
    """What one batch did."""

    due: int
    planned: int


@dataclass(slots=True)
class _DecisionBatch:
    """What a batch of decisions asks to be written."""

    moves: list[tracks.EnrolmentMove] = field(default_factory=list)
    ends: list[tracks.EnrolmentEnd] = field(default_factory=list)
    receipts: list[tracks.NewReceipt] = field(default_factory=list)
    messages: list[mail.NewMessage] = field(default_factory=list)
    seen: list[content.SeenRow] = field(default_factory=list)
    asks: list[tuple[DueEnrolment, Ask]] = field(default_factory=list)
    ready: dict[LeadId, str] = field(default_factory=dict)
    after: dict[str, list[LeadId]] = field(default_factory=dict)
    snoozed: dict[LeadId, tuple[datetime, str]] = field(default_factory=dict)
    arrived: dict[LeadId, str] = field(default_factory=dict)
    """Who is where the track was to lead, and in what words; most of them are with sales."""
    stands: dict[int, str] = field(default_factory=dict)
    """Enrolment -> the step where it stands now, "" where it has ended."""


@dataclass(frozen=True, slots=True)
class _PlanningLookups:
    """What planning a message looks up."""

    versions: Mapping[str, int]
    assets: Mapping[str, content.AssetCard]
    people: Mapping[LeadId, leads.LeadView]


def advance(works: Works, *, limit: int, journey: JourneyContext) -> AdvanceResult:
    """Claim what is due, decide, write; give how much was due.

    A lead for whom something fails is found by halving the batch, and put aside (S-08).
    """
    due: list[DueEnrolment] = []
    try:
        with works.begin("tick") as work:
            claim = tracks.claim_due(work, limit=limit)
            due += claim.due
            return _advance(work, claim, journey) if due else AdvanceResult(0, 0)
    except Exception as error:
        if passing(error) or not due:
            raise
    found = bisect(
        list(dict.fromkeys(one.lead_id for one in due)),
        lambda some: _advance_some(works, some, journey),
    )
    quarantine_leads(works, found, queue=journey.triage_queue)
    return AdvanceResult(len(due), 0)


def _advance_some(works: Works, lead_ids: Sequence[LeadId], journey: JourneyContext) -> None:
    with works.begin("tick") as work:
        claim = tracks.claim_of(work, lead_ids)
        if claim.due:
            _advance(work, claim, journey)


def _advance(work: Work, claim: tracks.DueClaim, journey: JourneyContext) -> AdvanceResult:
    ids = list(dict.fromkeys(one.lead_id for one in claim.due))
    definitions = tracks.definitions(work, [one.version_id for one in claim.due])
    people, values = leads.sheets(work, ids)
    stock = _PlanningLookups(
        versions=mail.live_versions(work),
        assets={card.key: card for card in content.assets(work)},
        people=people,
    )
    rules = policy(work, seed=journey.seed)
    facts = promotion.with_standing(work, known_of(work, ids, values))
    subjects = _subjects(work, facts, rules, stock.people, rivals=claim.rivals)

    batch = _DecisionBatch()
    for due in sorted(claim.due, key=lambda one: _turn(one, people)):
        decision = decide(
            definitions[due.version_id],
            _position(due),
            subjects[due.lead_id],
            now=work.now,
            policy=rules,
        )
        _collect(batch, due, decision, stock, work.now)
    _write(work, batch, journey)
    tasks.withdraw(work, ids, stands=batch.stands)
    return AdvanceResult(len(claim.due), len(batch.messages))


def _turn(due: DueEnrolment, people: Mapping[LeadId, leads.LeadView]) -> tuple[datetime, str, int]:
    """Who was due first is written to first; ids say nothing, for they differ from run to run."""
    return due.due_at, people[due.lead_id].email, due.priority


def _position(due: DueEnrolment) -> Position:
    return Position(
        step=due.step,
        due_at=due.due_at,
        entered_at=due.started_at,
        arrived_at=due.arrived_at,
        serial=due.serial,
        casts=due.casts,
        timeout_at=due.timeout_at,
        outcome=due.outcome,
    )


def _subjects(
    work: Work,
    facts: Mapping[LeadId, Facts],
    rules: Policy,
    people: Mapping[LeadId, leads.LeadView],
    *,
    rivals: Mapping[LeadId, tuple[CompetingTrack, ...]],
) -> dict[LeadId, LeadSnapshot]:
    """Load what else decisions must know of all leads of the batch, one query per kind of fact."""
    ids = list(facts)
    suppressed = consent.suppressed_now(work, ids)
    preferences = {one: read_preferences(people[one].facts) for one in ids}
    days = max(rules.cap.days, 7, *(one.days for one in preferences.values()))
    sends = mail.sends(work, ids, days=days)
    seen = content.seen(work, ids)
    topics = content.last_topics(work, ids)
    topics_known = topic_words(work).keys()
    subjects = {}
    for lead_id in ids:
        person, stopped = people[lead_id], suppressed.get(lead_id)
        standing = consent.MailFacts(
            person.stage, person.deliverable, bool(facts[lead_id].values["permission"]), stopped
        )
        subjects[lead_id] = LeadSnapshot(
            address=person.email,
            stage=Stage(person.stage),
            facts=facts[lead_id],
            suppressed=stopped is not None or not person.deliverable,
            may_write=consent.judge(standing) is None,
            zone=person.zone,
            country=person.country or "",
            sends=sends.get(lead_id, ()),
            interests=interests(
                facts[lead_id].acts, stated=person.interests, topics=topics_known, now=work.now
            ),
            buying_stage=buying_stage(facts[lead_id].acts, now=work.now),
            seen=seen.get(lead_id, frozenset()),
            last_topics=tuple(topics.get(lead_id, ())),
            preferences=preferences[lead_id],
            rivals=rivals.get(lead_id, ()),
        )
    return subjects


def _collect(
    batch: _DecisionBatch,
    due: DueEnrolment,
    decision: Decision,
    stock: _PlanningLookups,
    now: datetime,
) -> None:
    key = _collect_message(batch, due, decision, stock)
    batch.receipts.extend(
        tracks.NewReceipt(
            due.id, due.lead_id, one.step, one.receipt, one.reason, due.due_at, dedup_key=key
        )
        for one in decision.receipts
    )
    if decision.task is not None:
        batch.asks.append((due, decision.task))
    position = decision.position
    batch.stands[due.id] = position.step if position is not None else ""
    if position is not None:
        batch.moves.append(
            tracks.EnrolmentMove(
                id=due.id,
                step=position.step,
                due_at=position.due_at,
                arrived_at=position.arrived_at,
                timeout_at=position.timeout_at,
                serial=position.serial,
                casts=position.casts,
                waiting_for=decision.waiting_for or None,
                hold=decision.receipts[-1].receipt if decision.receipts else None,
            )
        )
        return
    batch.ends.append(tracks.EnrolmentEnd(due.id, decision.exit or ExitReason.FINISHED))
    _collect_after(batch, due, decision, stock, now)


def _collect_message(
    batch: _DecisionBatch, due: DueEnrolment, decision: Decision, stock: _PlanningLookups
) -> str | None:
    plan = decision.message
    if plan is None:
        return None
    key = tracks.message_key(due.id, step=plan.step, serial=plan.serial)
    asset = stock.assets.get(plan.asset)
    batch.messages.append(
        mail.NewMessage(
            dedup_key=key,
            kind=MessageKind.MARKETING,
            recipient=stock.people[due.lead_id].email,
            template_version_id=stock.versions[plan.template or CONTENT_MAIL],
            not_before=plan.not_before,
            lead_id=due.lead_id,
            enrolment_id=due.id,
            step=plan.step,
            asset_id=asset.id if asset else None,
            context={"variant": plan.variant} if plan.variant else {},
        )
    )
    if asset is not None:
        batch.seen.append(content.SeenRow(due.lead_id, asset.id, "mailed"))
    return key


def _collect_after(
    batch: _DecisionBatch,
    due: DueEnrolment,
    decision: Decision,
    stock: _PlanningLookups,
    now: datetime,
) -> None:
    """Whatever ends, ends by enrolling elsewhere, by sales, or parked with a date and a queue."""
    words = decision.receipts[-1].reason if decision.receipts else "the track ended"
    if decision.kind is DecisionKind.HANDOFF:
        batch.ready[due.lead_id] = "The track says: ready for sales."
    elif decision.after:
        batch.after.setdefault(decision.after, []).append(due.lead_id)
    elif decision.exit in (ExitReason.GOAL, ExitReason.PROMOTED):
        batch.arrived[due.lead_id] = f"{due.track_key}: {words}"
    else:
        person = stock.people[due.lead_id]
        calendar = Calendar(person.country or "")
        closed = decision.exit in (ExitReason.SUPPRESSED, ExitReason.NO_PERMISSION)
        wait = decision.snooze or (NO_MAIL_WAIT if closed else TRIAGE_WAIT)
        until = add(now, wait, zone=person.zone, calendar=calendar)
        batch.snoozed[due.lead_id] = (until, f"{due.track_key}: {words}")


def _write(work: Work, batch: _DecisionBatch, journey: JourneyContext) -> None:
    tracks.move(work, batch.moves)
    tracks.end(work, batch.ends)
    tracks.note(work, batch.receipts)
    mail.plan(work, batch.messages)
    content.mark_seen(work, batch.seen)
    _ask(work, batch.asks)
    for track_key, lead_ids in batch.after.items():
        reason = "the track before it ended"
        entered = tracks.enrol(work, track_key, lead_ids, due_at=work.now, reason=reason)
        _let_decide(
            work, {one: f"{track_key}: {why}" for one, why in entered.left_out.items()}, journey
        )
    _snooze(work, batch.snoozed, journey)
    if batch.ready:
        promotion.make_ready(
            work, list(batch.ready), reason=next(iter(batch.ready.values())), notify=journey.notify
        )
    if arrived := batch.ready | batch.arrived:
        idle = next_actions_missing(work, list(arrived))
        _snooze(work, _after_a_rest(work, {one: arrived[one] for one in idle}), journey)


def _let_decide(work: Work, reasons: Mapping[LeadId, str], journey: JourneyContext) -> None:
    """Put leads before a person's eyes whom the next track does not take: they may be warm."""
    still = tracks.rivals(work, list(reasons)) if reasons else {}
    moment = f"{work.now:%y%m%d%H%M}"
    tasks.create(
        work,
        [
            tasks.NewTask(
                dedup_key=f"next|{lead_id}|{moment}",
                kind=tasks.TaskKind.TRIAGE,
                title="Decide what happens next",
                reason=reason,
                due_at=due_at,
                lead_id=lead_id,
                queue=journey.triage_queue,
            )
            for lead_id, (due_at, reason) in _after_a_rest(work, reasons).items()
            if lead_id not in still
        ],
    )


def _ask(work: Work, asks: Sequence[tuple[DueEnrolment, Ask]]) -> None:
    """Create the tasks; who is named by role, channel or handle, else the triage queue."""
    if not asks:
        return
    people = leads.by_ids(work, [due.lead_id for due, _ in asks])
    staff = users.everybody(work)
    new = []
    for due, ask in asks:
        person = people[due.lead_id]
        owner = owner_of(staff, ask.who)
        calendar = Calendar(person.country or "")
        new.append(
            tasks.NewTask(
                dedup_key=f"{due.id}|{ask.step}|{due.serial}|{ask.asked_at.isoformat()}"[:80],
                kind=tasks.TaskKind.CALL if ask.answers else tasks.TaskKind.ASK,
                title=ask.script.replace("_", " ").capitalize(),
                script=ask.script,
                reason=f"{due.track_key}, step {ask.step}",
                due_at=add(ask.asked_at, ask.due, zone=person.zone, calendar=calendar),
                lead_id=due.lead_id,
                owner_id=owner,
                queue=None if owner else ask.who,
                enrolment_id=due.id,
                step=ask.step,
                outcomes={answer: answer for answer in ask.answers},
            )
        )
    tasks.create(work, new)


def _snooze(
    work: Work, snoozed: Mapping[LeadId, tuple[datetime, str]], journey: JourneyContext
) -> None:
    """Park those whom no other track holds."""
    still = tracks.rivals(work, list(snoozed)) if snoozed else {}
    rows = [
        tasks.SnoozeRequest(lead_id, reason[:300], resume_at, queue=journey.triage_queue)
        for lead_id, (resume_at, reason) in snoozed.items()
        if lead_id not in still
    ]
    tasks.snooze(work, rows)


def admit(
    work: Work, lead_ids: Sequence[LeadId], *, reason: str, facts: Mapping[LeadId, Facts]
) -> None:
    """Put leads into every track whose entry condition they newly meet.

    Two tracks may want one lead: the rule of priority lets the loser wait (F47). What the caller
    has loaded of the leads is not loaded again.
    """
    missing = [one for one in lead_ids if one not in facts]
    facts = {**facts, **promotion.with_standing(work, known(work, missing))} if missing else facts
    states = [one for one in tracks.tracks(work) if one.version_id is not None]
    definitions = tracks.definitions(work, [one.version_id or 0 for one in states])
    for state in states:
        enter = definitions[state.version_id or 0].enter
        if enter is None:
            continue
        entrants = [one for one in lead_ids if holds(enter, facts[one], now=work.now)]
        if entrants:
            tracks.enrol(work, state.key, entrants, due_at=work.now, reason=reason)


def look_after(
    work: Work, lead_ids: Sequence[LeadId], *, reason: str, journey: JourneyContext
) -> None:
    """Park those live leads for whom nothing is planned, so that a person looks at them (F148)."""
    idle = next_actions_missing(work, lead_ids)
    _snooze(work, _after_a_rest(work, dict.fromkeys(idle, reason)), journey)


def _after_a_rest(work: Work, reasons: Mapping[LeadId, str]) -> dict[LeadId, tuple[datetime, str]]:
    """Give each lead two working days of its own zone until somebody looks at it."""
    people = leads.by_ids(work, list(reasons))
    return {
        one: (
            add(
                work.now,
                TRIAGE_WAIT,
                zone=people[one].zone,
                calendar=Calendar(people[one].country or ""),
            ),
            reason,
        )
        for one, reason in reasons.items()
    }


def next_actions_missing(work: Work, lead_ids: Sequence[LeadId]) -> list[LeadId]:
    """Name the live leads that no track, task or offer holds."""
    stages = lifecycle.stages(work, lead_ids)
    live = [one for one in lead_ids if stages.get(one) in lifecycle.LIVE]
    held = {
        *tracks.rivals(work, live),
        *tasks.next_due(work, live),
        *handoff.open_leads(work, live),
    }
    return [one for one in live if one not in held]
