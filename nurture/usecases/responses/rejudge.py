"""Changed rules run over old hits: labels, points and stages follow; what is with sales is listed.

A batch is all that some leads were mailed, in a transaction of its own; each hit records the rules
that judged it, so a run that was ended goes on where it stood. A preview does the same work and
undoes it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.definitions import check
from campaigns.timing import Calendar, Duration, add
from campaigns.vocabulary import Stage
from nurture import engagement, handoff, leads, lifecycle, published, scoring, tasks
from nurture.engagement import MessageFacts, Rejudged
from nurture.kernel.database import passing
from nurture.kernel.log import logger
from nurture.kernel.types import LeadId, MessageId
from nurture.kernel.work import Work, Works
from nurture.usecases.journeys.advance import JourneyContext
from nurture.usecases.responses import evidence
from nurture.usecases.sales import promotion
from nurture.usecases.sales.second_evidence import doubts
from nurture.usecases.shared.bisect import bisect
from nurture.usecases.shared.lead_facts import known

ACTOR = "rejudge"
AT_A_TIME = 50
"""Messages, and what else their leads were mailed: SQLite's writer is held for a moment only."""
LOOK_WITHIN = Duration(2, "bd")
REASON = "old clicks were judged by newer rules"
Progress = Callable[["RejudgeOutcome"], None]


@dataclass(frozen=True, slots=True)
class WithSales:
    """A lead in the hands of sales that the agreement would not pass on any more."""

    lead_id: LeadId
    name: str


@dataclass(frozen=True, slots=True)
class RejudgeOutcome:
    """What a run has changed, or would."""

    hits: int = 0
    messages: int = 0
    to_machine: int = 0
    to_person: int = 0
    unproven: int = 0
    mailed: int = 0
    """Leads whose mail was looked at."""
    leads: int = 0
    """Those of them for whom something has changed."""
    points_back: float = 0.0
    points_given: float = 0.0
    marketing: tuple[LeadId, ...] = ()
    """Who has become ready for marketing."""
    ready: tuple[LeadId, ...] = ()
    """Who has become sales-ready."""
    with_sales: tuple[WithSales, ...] = ()
    """Who is listed for a person, and stays."""
    failed: tuple[MessageId, ...] = ()
    """What could not be judged; the log says why."""

    def plus(self, other: "RejudgeOutcome") -> "RejudgeOutcome":
        """Add another batch; its leads are others."""
        return RejudgeOutcome(
            self.hits + other.hits,
            self.messages + other.messages,
            self.to_machine + other.to_machine,
            self.to_person + other.to_person,
            self.unproven + other.unproven,
            self.mailed + other.mailed,
            self.leads + other.leads,
            self.points_back + other.points_back,
            self.points_given + other.points_given,
            self.marketing + other.marketing,
            self.ready + other.ready,
            self.with_sales + other.with_sales,
            self.failed + other.failed,
        )


class _DryRunError(Exception):
    """Undo a batch of a preview."""


def _no_progress(_: RejudgeOutcome) -> None:
    """Say nothing."""


def rejudge(
    works: Works,
    *,
    journey: JourneyContext,
    since: datetime | None = None,
    dry_run: bool = False,
    progress: Progress = _no_progress,
) -> RejudgeOutcome:
    """Judge again what older rules have judged, some leads at a time; tell what that changes."""
    whole, after = RejudgeOutcome(), 0
    done: set[MessageId] = set()

    def run(some: Sequence[MessageId]) -> RejudgeOutcome:
        facts: Mapping[MessageId, MessageFacts] = {}
        found = RejudgeOutcome()
        try:
            with works.begin(ACTOR) as work:
                facts = _all_of_their_leads(work, some, since)
                found = _batch(work, facts, journey)
                if dry_run:
                    raise _DryRunError  # noqa: TRY301 - the transaction must see it
        except _DryRunError:
            done.update(facts)
        return found

    while True:
        with works.read(ACTOR) as work:
            page = engagement.to_rejudge(work, after=after, limit=AT_A_TIME, since=since)
        if not page:
            return whole
        after = page[-1]
        for found in _all(run, [one for one in page if one not in done]):
            whole = whole.plus(found)
        progress(whole)


def _all(
    run: Callable[[Sequence[MessageId]], RejudgeOutcome], page: Sequence[MessageId]
) -> list[RejudgeOutcome]:
    """Run a batch; when it fails, in halves, until what fails is alone."""
    results: list[RejudgeOutcome] = []

    def one(some: Sequence[MessageId]) -> None:
        results.append(run(some))

    if not page:
        return []
    try:
        one(page)
    except Exception as error:
        if passing(error):
            raise
        found = bisect(page, one)
        for message_id, why in found.broken.items():
            logger().error("not_judged_again", message=message_id, exc_info=why)
        results.append(RejudgeOutcome(failed=(*found.broken, *found.untried)))
    return results


def _all_of_their_leads(
    work: Work, some: Collection[MessageId], since: datetime | None
) -> Mapping[MessageId, MessageFacts]:
    """Take in what else the same leads were mailed: a lead changes in one batch only."""
    facts = dict(evidence.message_facts(work, some))
    theirs = {one.lead_id for one in facts.values() if one.lead_id is not None}
    others = set(engagement.to_rejudge_of(work, theirs, since=since)) - facts.keys()
    facts |= evidence.message_facts(work, others) if others else {}
    return {one: facts.get(one, MessageFacts(lead_id=None)) for one in {*some, *facts}}


def _batch(
    work: Work, facts: Mapping[MessageId, MessageFacts], journey: JourneyContext
) -> RejudgeOutcome:
    mailed = {one.lead_id for one in facts.values() if one.lead_id is not None}
    in_hand = handoff.open_leads(work, sorted(mailed))
    held = _meeting(work, in_hand, strictly=False)
    found = engagement.rejudge(work, facts)
    touched = sorted(found.lead_ids)
    counted = RejudgeOutcome(
        found.hits,
        found.messages,
        found.to_machine,
        found.to_person,
        found.unproven,
        len(mailed),
        len(touched),
    )
    if not touched:
        return counted
    before = lifecycle.hold(work, touched)
    back, given = _points(work, found, journey)
    evidence.reconsider(
        work,
        sorted(set(touched) - {row.lead_id for row in found.gained}),
        reason=REASON,
        journey=journey,
    )
    after = lifecycle.stages(work, touched)
    moved = [(one, stage) for one, stage in after.items() if stage is not before.get(one)]
    lost = held & set(touched)
    return replace(
        counted,
        points_back=back,
        points_given=given,
        marketing=tuple(one for one, stage in moved if stage is Stage.MARKETING),
        ready=tuple(one for one, stage in moved if stage is Stage.SALES_READY),
        with_sales=_list(work, lost - _meeting(work, lost, strictly=True)),
    )


def _points(work: Work, found: Rejudged, journey: JourneyContext) -> tuple[float, float]:
    """Take back and give points by counter-entries and entries; tell how many of each."""
    lost = [one.origin for one in found.corrections if one.before.human and not one.after.human]
    earned = scoring.earned(work, lost)
    scoring.take_back(work, lost, reason="by newer rules it was a link scanner")
    back = earned - scoring.earned(work, lost)
    gained = [row.origin for row in found.gained]
    evidence.weigh(work, found.gained, journey=journey, reason=REASON, again=True)
    return back, scoring.earned(work, gained)


def _meeting(work: Work, lead_ids: Collection[LeadId], *, strictly: bool) -> set[LeadId]:
    """Name who meets what was agreed for sales, but for being there; strictly, by what is sure."""
    definition = published.definitions(work).get("sales_ready") if lead_ids else None
    if definition is None:
        return set()
    whole = promotion.with_standing(work, known(work, sorted(lead_ids)))
    facts = {
        one: replace(fact, values={**fact.values, "open_handoff": False})
        for one, fact in whole.items()
    }
    meeting = {
        one: fact for one, fact in facts.items() if check(definition, fact, now=work.now).holds
    }
    return set(meeting) - (doubts(work, meeting, definition).keys() if strictly else set())


def _list(work: Work, lead_ids: Collection[LeadId]) -> tuple[WithSales, ...]:
    """Ask somebody to look at each; nobody is taken from sales."""
    due_at = add(work.now, LOOK_WITHIN, zone="UTC", calendar=Calendar())
    tasks.create(
        work,
        [
            tasks.NewTask(
                dedup_key=f"rejudged|{engagement.RULESET}|{one}",
                kind=tasks.TaskKind.ASK,
                title="Ask sales whether to go on with this lead",
                reason="Newer rules take clicks that brought this lead to sales for a machine's; "
                "without them it would not be sales-ready.",
                due_at=due_at,
                lead_id=one,
                queue="triage",
            )
            for one in sorted(lead_ids)
        ],
    )
    people = leads.by_ids(work, sorted(lead_ids))
    return tuple(WithSales(one, person.name or person.email) for one, person in people.items())
