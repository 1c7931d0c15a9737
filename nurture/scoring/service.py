"""Write points into the ledger and carry scores forward, for many leads at once.

The rows of `score` are locked in lead order before the ledger is read, so two transactions that
post acts of one lead see each other's entries, and caps hold.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from campaigns.conditions import Facts, LeadEvent
from campaigns.scorecard import EarnedPoints as Points
from campaigns.scorecard import Scorecard, score_acts, score_fit
from nurture.kernel.database import CHUNK, among, bulk_update, chunks, insert_ignoring
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.published import scorecard
from nurture.scoring.queries import ENGAGEMENT, FIT, entries_of, standing_of
from nurture.scoring.rules import ScoreState, fading_half_life, grade, log2_key
from nurture.scoring.tables import LedgerRow, ScoreRow


@dataclass(frozen=True, slots=True)
class ScoredAct:
    """An act of a lead, known by its activity's origin."""

    lead_id: LeadId
    origin: str
    act: LeadEvent


def post_acts(
    work: Work, acts: Sequence[ScoredAct], *, card: Scorecard | None = None, again: bool = False
) -> list[LeadId]:
    """Give points for settled acts; an act that was posted before gives none. List who changed.

    With `again`, an act whose points were taken back is given points anew.
    """
    card = card or scorecard(work)
    changed: list[LeadId] = []
    by_lead = _by_lead(acts)
    for lead_ids in chunks(sorted(by_lead), CHUNK):
        scores = _locked(work, lead_ids)
        known = entries_of(work, lead_ids, axis=ENGAGEMENT)

        rows: list[dict[str, object]] = []
        standings: dict[LeadId, ScoreState] = {}
        for lead_id in lead_ids:
            earned = _earned(card, by_lead[lead_id], known[lead_id], again=again)
            if earned:
                rows += [_act_row(lead_id, one, known[lead_id]) for one in earned]
                standings[lead_id] = _raised(card, standing_of(scores[lead_id]), earned, work.now)

        insert_ignoring(work.session, LedgerRow, rows)
        _store(work, standings, card=card)
        changed += standings
    return changed


def take_back(
    work: Work, origins: Sequence[str], *, reason: str, card: Scorecard | None = None
) -> list[LeadId]:
    """Take back what acts had earned, by counter-entries that fade in step; list who changed."""
    card = card or scorecard(work)
    found: defaultdict[LeadId, list[LedgerRow]] = defaultdict(list)
    for chunk in chunks(sorted(set(origins)), CHUNK):
        for entry in work.session.scalars(select(LedgerRow).where(LedgerRow.act.in_(chunk))):
            found[LeadId(entry.lead_id)].append(entry)
    for lead_ids in chunks(sorted(found), CHUNK):
        scores = _locked(work, lead_ids)
        known = entries_of(work, lead_ids, axis=ENGAGEMENT)
        rows: list[dict[str, object]] = []
        standings: dict[LeadId, ScoreState] = {}
        for lead_id in lead_ids:
            gone = {entry.origin for entry in known[lead_id]}
            back = [e for e in found[lead_id] if _counter(e.origin) not in gone and e.points]
            back = [e for e in back if not e.origin.endswith(_BACK)]
            if back:
                rows += [_counter_row(entry, reason) for entry in back]
                minus = [replace(_points(entry), points=-entry.points) for entry in back]
                standings[lead_id] = _raised(card, standing_of(scores[lead_id]), minus, work.now)
        insert_ignoring(work.session, LedgerRow, rows)
        _store(work, standings, card=card)
    return sorted(found)


def post_fit(
    work: Work, facts: Mapping[LeadId, Facts], *, card: Scorecard | None = None
) -> list[LeadId]:
    """Bring fit up to date by entries of the difference to what was posted; list who changed."""
    card = card or scorecard(work)
    changed: list[LeadId] = []
    for lead_ids in chunks(sorted(facts), CHUNK):
        scores = _locked(work, lead_ids)
        known = entries_of(work, lead_ids, axis=FIT)

        rows: list[dict[str, object]] = []
        standings: dict[LeadId, ScoreState] = {}
        for lead_id in lead_ids:
            new = _fit_rows(card, lead_id, known[lead_id], facts[lead_id], work.now)
            if new:
                rows += new
                fit = sum(entry.points for entry in known[lead_id])
                fit += sum(float(str(row["points"])) for row in new)
                standing = standing_of(scores[lead_id]).at(work.now, fading_half_life(card))
                standings[lead_id] = replace(standing, fit=fit)

        insert_ignoring(work.session, LedgerRow, rows)
        _store(work, standings, card=card)
        changed += standings
    return changed


def recheck_by(work: Work, moments: Mapping[LeadId, datetime | None]) -> None:
    """Note when each lead must next be held against the definitions; None = when it acts."""
    _ensure(work, sorted(moments))
    for chunk in chunks(sorted(moments.items()), CHUNK):
        rows = [{"lead_id": lead_id, "recheck_at": moment} for lead_id, moment in chunk]
        bulk_update(work.session, ScoreRow, rows, key="lead_id")


_BACK = ":back"


def _counter(origin: str) -> str:
    return origin + _BACK


def _by_lead(acts: Sequence[ScoredAct]) -> dict[LeadId, dict[str, LeadEvent]]:
    """Sort by lead; the same origin twice in one call is once."""
    by_lead: defaultdict[LeadId, dict[str, LeadEvent]] = defaultdict(dict)
    for one in acts:
        by_lead[one.lead_id].setdefault(one.origin, replace(one.act, ref=one.origin))
    return dict(by_lead)


def _earned(
    card: Scorecard, acts: Mapping[str, LeadEvent], known: Sequence[LedgerRow], *, again: bool
) -> list[Points]:
    posted = {entry.act for entry in known if not again or _stands(entry, known)}
    new = [act for origin, act in acts.items() if origin not in posted]
    return score_acts(card, new, [_points(entry) for entry in known]) if new else []


def _raised(
    card: Scorecard, before: ScoreState, earned: Sequence[Points], now: datetime
) -> ScoreState:
    half_life = fading_half_life(card)
    standing = before.at(now, half_life)
    for one in earned:
        standing = standing.plus(one.points, at=one.at, half_life=half_life, class_=one.half_life)
    return standing


def _points(entry: LedgerRow) -> Points:
    return Points(
        rule=entry.rule,
        group=entry.rule_group,
        points=entry.points,
        at=entry.at,
        half_life=entry.half_life_days,
        version=entry.rule_version,
        ref=entry.act or "",
        full_points=entry.given,
        intent=entry.intent,
    )


def _stands(entry: LedgerRow, known: Sequence[LedgerRow]) -> bool:
    """Tell whether points were given and not taken back."""
    back = _counter(entry.origin)
    return not entry.origin.endswith(_BACK) and all(one.origin != back for one in known)


def _act_row(lead_id: LeadId, earned: Points, known: Sequence[LedgerRow]) -> dict[str, object]:
    origin = f"{earned.ref}:{earned.group}"
    # What was given before was taken back since: each time has a name of its own.
    before = sum(
        one.axis == ENGAGEMENT
        and one.act == earned.ref
        and one.rule_group == earned.group[:60]
        and not one.origin.endswith(_BACK)
        for one in known
    )
    return {
        "lead_id": lead_id,
        "axis": ENGAGEMENT,
        "rule": earned.rule[:60],
        "rule_group": earned.group[:60],
        "rule_version": earned.version,
        "points": earned.points,
        "given": earned.full_points,
        "half_life_days": earned.half_life,
        "at": earned.at,
        "intent": earned.intent,
        "act": earned.ref,
        "origin": f"{origin}:{before + 1}" if before else origin,
        "words": earned.rule[:200],
    }


def _counter_row(entry: LedgerRow, words: str) -> dict[str, object]:
    return {
        "lead_id": entry.lead_id,
        "axis": entry.axis,
        "rule": entry.rule,
        "rule_group": entry.rule_group,
        "rule_version": entry.rule_version,
        "points": -entry.points,
        "given": -entry.given,
        "half_life_days": entry.half_life_days,
        "at": entry.at,
        "intent": False,
        "act": entry.act,
        "origin": _counter(entry.origin),
        "words": words[:200],
    }


def _fit_rows(
    card: Scorecard,
    lead_id: LeadId,
    known: Sequence[LedgerRow],
    facts: Facts,
    now: datetime,
) -> list[dict[str, object]]:
    before: defaultdict[str, float] = defaultdict(float)
    times: defaultdict[str, int] = defaultdict(int)
    for entry in known:
        before[entry.rule] += entry.points
        times[entry.rule] += 1
    wanted = {row.rule[:60]: row for row in score_fit(card, facts, now=now)}
    rows: list[dict[str, object]] = []
    for rule in sorted(before.keys() | wanted.keys()):
        target = wanted.get(rule)
        points = (0.0 if target is None else target.points) - before[rule]
        if points:
            rows.append(
                {
                    "lead_id": lead_id,
                    "axis": FIT,
                    "rule": rule,
                    "rule_group": FIT,
                    "rule_version": card.version,
                    "points": points,
                    "given": points,
                    "half_life_days": None,
                    "at": now,
                    "intent": False,
                    "act": None,
                    "origin": f"fit:{lead_id}:{rule}:{times[rule] + 1}",
                    "words": (f"No longer: {rule}" if target is None else target.words)[:200],
                }
            )
    return rows


def _ensure(work: Work, lead_ids: Sequence[LeadId]) -> None:
    blank = {"fit": 0.0, "engagement": 0.0, "steady": 0.0, "as_of": work.now}
    rows = [{**blank, "grade": "", "rule_version": 0, "lead_id": one} for one in lead_ids]
    insert_ignoring(work.session, ScoreRow, rows)


def _locked(work: Work, lead_ids: Sequence[LeadId]) -> dict[LeadId, ScoreRow]:
    _ensure(work, lead_ids)
    rows = work.session.scalars(
        select(ScoreRow)
        .where(among(work.session, ScoreRow.lead_id, lead_ids))
        .order_by(ScoreRow.lead_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {LeadId(row.lead_id): row for row in rows}


def _store(work: Work, standings: Mapping[LeadId, ScoreState], *, card: Scorecard) -> None:
    """Write scores and make them due for a check at once, in case the caller forgets."""
    if not standings:
        return
    half_life = fading_half_life(card)
    rows = [
        {
            "lead_id": lead_id,
            "fit": standing.fit,
            "engagement": standing.fading,
            "steady": standing.steady,
            "as_of": standing.as_of,
            "engagement_log2": log2_key(standing, half_life),
            "grade": grade(card, standing),
            "recheck_at": work.now,
            "rule_version": card.version,
        }
        for lead_id, standing in standings.items()
    ]
    bulk_update(work.session, ScoreRow, rows, key="lead_id")
