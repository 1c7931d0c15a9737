"""Hold leads against the definitions, and pass on who is ready: in one transaction.

Racing promotions are arbitrated by the lead rows: only who was moved to sales-ready is offered.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from campaigns.conditions import Facts, LeadEvent, Value
from campaigns.definitions import Definition, DefinitionResult, Definitions, check
from campaigns.scorecard import Scorecard, is_intent
from campaigns.vocabulary import ExitReason, Stage
from nurture import handoff, leads, lifecycle, published, scoring, tasks
from nurture.handoff import NewOffer, Notifier
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work, Works
from nurture.scoring import ScoreNow
from nurture.usecases.sales.briefing import packet_of, reasons_of
from nurture.usecases.sales.handoff_answers import rules_of
from nurture.usecases.sales.second_evidence import PromotionDoubt, doubts
from nurture.usecases.shared import lead_facts
from nurture.usecases.shared.due_work import DueWork, do_due
from nurture.usecases.shared.fact_words import FactLabels, fact_labels
from nurture.usecases.shared.track_exit import leave_tracks

OPEN_STAGES = frozenset({Stage.UNQUALIFIED, Stage.MARKETING, Stage.RECYCLED})
"""Where rules decide; from sales-ready on, people do."""
HOT_STAGES = OPEN_STAGES | {Stage.DISQUALIFIED}
"""A contact request is heard also where a rule had closed the lead (F103)."""


@dataclass(frozen=True, slots=True)
class Rechecked:
    """Who crossed a line; `waiting` meets no definition yet, and somebody must look after them."""

    marketing: tuple[LeadId, ...] = ()
    promoted: tuple[LeadId, ...] = ()
    disqualified: tuple[LeadId, ...] = ()
    waiting: tuple[LeadId, ...] = ()
    facts: Mapping[LeadId, Facts] = field(default_factory=dict)
    """What is known now of all whom sales did not get: whoever asks next need not load it."""


@dataclass(frozen=True, slots=True)
class PromotionVerdict:
    """What the definitions say of one lead."""

    to: Stage | None
    via_marketing: bool
    reason: str
    hot: bool
    changes_at: datetime | None


def recheck(work: Work, lead_ids: Sequence[LeadId], *, notify: Notifier) -> Rechecked:
    """Bring fit up to date, hold leads against the definitions, and act on the answer."""
    lead_ids = list(dict.fromkeys(lead_ids))
    if not lead_ids:
        return Rechecked()
    stages = lifecycle.hold(work, lead_ids)
    card, agreed = published.scorecard(work), published.definitions(work)
    known = lead_facts.known(work, lead_ids)
    scoring.post_fit(work, known)
    scores = scoring.scores(work, lead_ids, card=card)
    facts = _with_scores(work, known, scores, card)
    verdicts = {
        one: judge(agreed, facts[one], stage=stages[one], now=work.now)
        for one in lead_ids
        if one in stages and one in facts
    }
    waiting = _held(work, verdicts, facts, agreed)
    verdicts |= {one: _waiting(verdicts[one], agreed, facts[one], now=work.now) for one in waiting}

    scoring.recheck_by(work, {one: _look_again(verdicts.get(one), scores[one]) for one in lead_ids})
    done = _apply(work, verdicts, facts, notify, version=agreed.version)
    return replace(done, facts=_as_moved(facts, done))


def recheck_due(works: Works, *, limit: int, notify: Notifier) -> int:
    """Check again whom new points or the passing of time may have changed; count them."""

    def put_off(work: Work, late: Sequence[LeadId], by: timedelta) -> None:
        scoring.recheck_by(work, dict.fromkeys(late, work.now + by))

    part = DueWork(
        key="recheck",
        name="Holding it against the definitions",
        actor="tick",
        take=lambda work, some: some or scoring.recheck_due(work, limit=limit),
        do=lambda work, due: recheck(work, due, notify=notify),
        put_off=put_off,
        whose=lambda _work, late: {one: one for one in late},
        number=int,
    )
    return do_due(works, part).due


def make_ready(
    work: Work, lead_ids: Sequence[LeadId], *, reason: str, notify: Notifier
) -> tuple[LeadId, ...]:
    """Pass leads on because a person or a track says so (F181); tell who went."""
    stages = lifecycle.hold(work, lead_ids)
    open_ones = [one for one, stage in stages.items() if stage in OPEN_STAGES]
    facts = with_standing(work, lead_facts.known(work, open_ones))
    verdicts = {
        one: PromotionVerdict(
            Stage.SALES_READY, via_marketing=False, reason=reason, hot=False, changes_at=None
        )
        for one in facts
    }
    return _apply(work, verdicts, facts, notify, version=None).promoted


def with_standing(work: Work, facts: Mapping[LeadId, Facts]) -> dict[LeadId, Facts]:
    """Add what scores, offers and earlier passages to sales tell: the rules ask for it."""
    card = published.scorecard(work)
    return _with_scores(work, facts, scoring.scores(work, list(facts), card=card), card)


def _with_scores(
    work: Work, facts: Mapping[LeadId, Facts], scores: Mapping[LeadId, ScoreNow], card: Scorecard
) -> dict[LeadId, Facts]:
    lead_ids = list(facts)
    in_hand = handoff.open_leads(work, lead_ids)
    back = handoff.last_sent_back(work, lead_ids)
    handles = {int(user_id): handle for user_id, handle in handoff.handles(work).items()}
    whole: dict[LeadId, Facts] = {}
    for lead_id, known in facts.items():
        acts = tuple(_marked(card, act) for act in known.acts)
        owner = known.values.get("company_owner_id")
        values: dict[str, Value] = {
            **known.values,
            "cell": scores[lead_id].grade,
            "fit": scores[lead_id].fit,
            "engagement": scores[lead_id].engagement,
            "open_handoff": lead_id in in_hand,
            "company_owner": handles.get(owner) if isinstance(owner, int) else None,
        }
        if lead_id in back:
            at, why = back[lead_id]
            values |= {
                "sent_back_at": at,
                "sent_back_reason": why,
                "intent_since_sent_back": any(
                    act.intent and act.human and act.at > at for act in acts
                ),
            }
        whole[lead_id] = Facts(values, acts)
    return whole


def _as_moved(facts: Mapping[LeadId, Facts], done: Rechecked) -> dict[LeadId, Facts]:
    """Bring the stage up to date; where sales took over, more has changed: load those anew."""
    stages = dict.fromkeys(done.marketing, Stage.MARKETING)
    stages |= dict.fromkeys(done.disqualified, Stage.DISQUALIFIED)
    promoted = set(done.promoted)
    return {
        one: replace(known, values={**known.values, "stage": str(stages[one])})
        if one in stages
        else known
        for one, known in facts.items()
        if one not in promoted
    }


def judge(agreed: Definitions, facts: Facts, *, stage: Stage, now: datetime) -> PromotionVerdict:
    """Decide for one lead: hot first, then unqualified, then sales-ready, then marketing."""
    results = {one.key: check(one, facts, now=now) for one in agreed.definitions}
    held = {key for key, result in results.items() if result.holds}
    changes_at = min((r.changes_at for r in results.values() if r.changes_at), default=None)
    marketing = "marketing" in held and stage is Stage.UNQUALIFIED
    hot = "hot" in held and _hand_is_up(facts) and stage in HOT_STAGES
    to: Stage | None = None
    key = ""
    if hot:
        to, key = Stage.SALES_READY, "hot"
    elif stage not in OPEN_STAGES:
        changes_at = None
    elif "unqualified" in held:
        to, key = Stage.DISQUALIFIED, "unqualified"
    elif "sales_ready" in held and (marketing or stage is not Stage.UNQUALIFIED):
        to, key = Stage.SALES_READY, "sales_ready"
    elif marketing:
        to, key = Stage.MARKETING, "marketing"
    return PromotionVerdict(
        to=to,
        via_marketing=marketing and to is Stage.SALES_READY and not hot,
        reason=_why(agreed.get(key), results.get(key)),
        hot=hot,
        changes_at=changes_at,
    )


def held(work: Work, facts: Mapping[LeadId, Facts]) -> dict[LeadId, PromotionDoubt]:
    """Name the leads that meet the agreement and wait for a second sign; `facts` know the rest."""
    agreed = published.definitions(work)
    stages = lifecycle.stages(work, list(facts))
    verdicts = {
        one: judge(agreed, facts[one], stage=stage, now=work.now) for one, stage in stages.items()
    }
    return _held(work, verdicts, facts, agreed)


def _held(
    work: Work,
    verdicts: Mapping[LeadId, PromotionVerdict],
    facts: Mapping[LeadId, Facts],
    agreed: Definitions,
) -> dict[LeadId, PromotionDoubt]:
    """Find whom only acts promote that a machine may have done; a contact request never waits."""
    definition = agreed.get("sales_ready")
    if definition is None:
        return {}
    ready = [
        one
        for one, verdict in verdicts.items()
        if verdict.to is Stage.SALES_READY and not verdict.hot
    ]
    return doubts(work, {one: facts[one] for one in ready}, definition)


def _waiting(
    verdict: PromotionVerdict, agreed: Definitions, facts: Facts, *, now: datetime
) -> PromotionVerdict:
    """Keep a lead with marketing until a second sign comes."""
    definition = agreed.get("marketing")
    result = None if definition is None else check(definition, facts, now=now)
    to = Stage.MARKETING if verdict.via_marketing else None
    reason = _why(definition, result)
    return replace(verdict, to=to, via_marketing=False, reason=reason)


def _hand_is_up(facts: Facts) -> bool:
    """Tell whether a hot sign is still unanswered: what sales sent back needs a new act."""
    if facts.values.get("open_handoff"):
        return False
    return "sent_back_at" not in facts.values or bool(facts.values.get("intent_since_sent_back"))


def _why(definition: Definition | None, result: DefinitionResult | None) -> str:
    if definition is None or result is None:
        return ""
    return "; ".join(tick.words for tick in result.ticks if tick.holds)


def _look_again(verdict: PromotionVerdict | None, score: ScoreNow) -> datetime | None:
    """Look again when a window closes or the score sinks; never for whom people decide."""
    if verdict is None or verdict.changes_at is None:
        return None
    return min(filter(None, (verdict.changes_at, score.sinks_at)))


def _apply(
    work: Work,
    verdicts: Mapping[LeadId, PromotionVerdict],
    facts: Mapping[LeadId, Facts],
    notify: Notifier,
    *,
    version: int | None,
) -> Rechecked:
    entering = [
        (one, verdict)
        for one, verdict in verdicts.items()
        if verdict.to is Stage.MARKETING or verdict.via_marketing
    ]
    marketing = _move(work, entering, to=Stage.MARKETING, version=version)
    closing = [(one, v) for one, v in verdicts.items() if v.to is Stage.DISQUALIFIED]
    closed = _move(work, closing, to=Stage.DISQUALIFIED, version=version)
    _close(work, {one: verdicts[one].reason for one in closed})

    ready = [(one, v) for one, v in verdicts.items() if v.to is Stage.SALES_READY]
    promoted = _move(work, ready, to=Stage.SALES_READY, version=version)
    _hand_over(work, promoted, verdicts, facts, notify=notify)
    still = lifecycle.stages(work, [one for one, v in verdicts.items() if v.to is None])
    return Rechecked(
        marketing=marketing,
        promoted=promoted,
        disqualified=closed,
        waiting=tuple(one for one, stage in still.items() if stage is Stage.UNQUALIFIED),
    )


def _move(
    work: Work,
    leads_: Iterable[tuple[LeadId, PromotionVerdict]],
    *,
    to: Stage,
    version: int | None,
) -> tuple[LeadId, ...]:
    by_reason: defaultdict[str, list[LeadId]] = defaultdict(list)
    for lead_id, verdict in leads_:
        by_reason[verdict.reason].append(lead_id)
    moved: list[LeadId] = []
    for reason, lead_ids in by_reason.items():
        moved += lifecycle.move(
            work,
            lead_ids,
            to=to,
            reason=reason,
            definition_version=version,
        ).moved
    return tuple(moved)


def _close(work: Work, reasons: Mapping[LeadId, str]) -> None:
    if reasons:
        leave_tracks(
            work,
            list(reasons),
            reason=ExitReason.DISQUALIFIED,
            words="Does not meet what marketing and sales agreed on",
        )
        tasks.drop(work, list(reasons), outcome="disqualified")


def _hand_over(
    work: Work,
    lead_ids: Sequence[LeadId],
    verdicts: Mapping[LeadId, PromotionVerdict],
    facts: Mapping[LeadId, Facts],
    *,
    notify: Notifier,
) -> None:
    if not lead_ids:
        return
    people = leads.by_ids(work, lead_ids)
    words = fact_labels(work)
    offers = [_offer(people[one], verdicts[one], facts[one], words) for one in lead_ids]
    handoff.offer(work, offers, rules=rules_of(work), notify=notify)
    leave_tracks(work, lead_ids, reason=ExitReason.PROMOTED, words="Sales has taken over")
    tasks.drop_ours(work, lead_ids, outcome="promoted")


def _offer(
    person: leads.LeadView, verdict: PromotionVerdict, facts: Facts, words: FactLabels
) -> NewOffer:
    values = facts.values
    return NewOffer(
        lead_id=person.id,
        hot=verdict.hot,
        facts=replace(facts, values={**values, "hot": verdict.hot}),
        score={
            "fit": _number(values.get("fit")),
            "engagement": _number(values.get("engagement")),
            "grade": str(values.get("cell")),
        },
        reasons=reasons_of(
            person, values, hot=verdict.reason if verdict.hot else "", spelling=words
        ),
        packet=packet_of(person, values, spelling=words),
    )


def _number(value: Value) -> float:
    return round(float(value), 1) if isinstance(value, int | float) else 0.0


def _marked(card: Scorecard, act: LeadEvent) -> LeadEvent:
    return act if act.intent else replace(act, intent=is_intent(card, act))
