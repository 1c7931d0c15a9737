"""Scores as of any moment, the ledger behind them, and the proof that both agree."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from campaigns.decay import decayed
from campaigns.scorecard import Scorecard
from nurture.kernel.database import CHUNK, among, chunks
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead
from nurture.published import scorecard
from nurture.scoring.rules import ScoreState, fading_half_life, grade, halvings, shown, sinks_at
from nurture.scoring.tables import LedgerRow, ScoreRow

FIT = "fit"
ENGAGEMENT = "engagement"
TOLERANCE = 1e-6
STRETCH = 5_000
"""Rows of the ledger that are in memory at once while all of it is summed."""


@dataclass(frozen=True, slots=True)
class ScoreNow:
    """A score at one moment."""

    standing: ScoreState
    card: Scorecard
    grade: str

    @property
    def fit(self) -> float:
        """Points for who somebody is."""
        return self.standing.fit

    @property
    def engagement(self) -> float:
        """Points for what somebody does, as faded as they are now."""
        return self.standing.engagement

    @property
    def sinks_at(self) -> datetime | None:
        """Tell when the cell changes by decay alone."""
        return sinks_at(self.card, self.standing)


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One line of the waterfall, as shown: a multiple of 0.1."""

    axis: str
    words: str
    points: float
    given: float
    at: datetime
    rule: str


@dataclass(frozen=True, slots=True)
class ScoreWaterfall:
    """A score and what it is made of; the rows of each axis sum exactly to its number (F95)."""

    fit: float
    engagement: float
    grade: str
    rows: tuple[ScoreLine, ...]


def scores(
    work: Work, lead_ids: Sequence[LeadId], *, card: Scorecard | None = None
) -> dict[LeadId, ScoreNow]:
    """Tell the score of many leads now; a lead without points has a score of nothing."""
    card = card or scorecard(work)
    nothing = ScoreState(0.0, 0.0, 0.0, work.now)
    found = dict.fromkeys(lead_ids, ScoreNow(nothing, card, grade(card, nothing)))
    half_life = fading_half_life(card)
    for chunk in chunks(lead_ids, CHUNK):
        columns = select(
            ScoreRow.lead_id, ScoreRow.fit, ScoreRow.engagement, ScoreRow.steady, ScoreRow.as_of
        )
        for row in work.session.execute(
            columns.where(among(work.session, ScoreRow.lead_id, chunk))
        ):
            standing = ScoreState(row.fit, row.engagement, row.steady, row.as_of)
            standing = standing.at(work.now, half_life)
            found[LeadId(row.lead_id)] = ScoreNow(standing, card, grade(card, standing))
    return found


def without(
    work: Work,
    acts: Mapping[LeadId, Collection[str]],
    scores: Mapping[LeadId, ScoreNow],
    *,
    card: Scorecard,
) -> dict[LeadId, ScoreNow]:
    """Tell the scores as they would be without what these acts earned, named by their origins."""
    found: dict[LeadId, ScoreNow] = {}
    half_life = fading_half_life(card)
    for lead_id, entries in entries_of(work, list(acts), axis=ENGAGEMENT).items():
        standing = scores[lead_id].standing
        for entry in entries:
            if entry.act in acts[lead_id]:
                standing = standing.plus(
                    -entry.points, at=entry.at, half_life=half_life, class_=entry.half_life_days
                )
        found[lead_id] = ScoreNow(standing, card, grade(card, standing))
    return found


def explain(work: Work, lead_id: LeadId, *, card: Scorecard | None = None) -> ScoreWaterfall:
    """List what the score is made of now; lines that have faded to nothing are left out."""
    card = card or scorecard(work)
    entries = entries_of(work, [lead_id])[lead_id]
    now_worth = [decayed(e.points, work.now - e.at, e.half_life_days) for e in entries]
    tenths, _ = shown(now_worth)
    rows = [
        ScoreLine(
            axis=entry.axis,
            words=entry.words,
            points=points,
            given=entry.given,
            at=entry.at,
            rule=entry.rule,
        )
        for entry, points in zip(entries, tenths, strict=True)
        if points
    ]
    return ScoreWaterfall(
        fit=shown(row.points for row in rows if row.axis == FIT)[1],
        engagement=shown(row.points for row in rows if row.axis == ENGAGEMENT)[1],
        grade=scores(work, [lead_id], card=card)[lead_id].grade,
        rows=tuple(rows),
    )


def over(
    work: Work, *, threshold: float, limit: int, card: Scorecard | None = None
) -> list[LeadId]:
    """List whose engagement is over a threshold now, by a range read on the forward-decayed key."""
    card = card or scorecard(work)
    half_life = fading_half_life(card)
    found: list[tuple[float, LeadId]] = []
    if threshold > 0:
        line = math.log2(threshold) + halvings(work.now, half_life)
        plain = (
            select(ScoreRow)
            .where(ScoreRow.engagement_log2 >= line, ScoreRow.steady == 0)
            .order_by(ScoreRow.engagement_log2.desc())
            .limit(limit)
        )
        found += _now(work.session.scalars(_fresh(plain)), work.now, half_life)
    # Few leads have points that never fade; their sum cannot be read off one index.
    mixed = select(ScoreRow).where(ScoreRow.steady != 0)
    found += [
        (worth, lead_id)
        for worth, lead_id in _now(work.session.scalars(_fresh(mixed)), work.now, half_life)
        if worth >= threshold
    ]
    return [lead_id for _, lead_id in sorted(found, reverse=True)[:limit]]


def recheck_due(work: Work, *, limit: int) -> list[LeadId]:
    """List whose answer to a definition may have changed, by new points or by time alone.

    The lead is locked, not its score: all take the lead first, so that none wait in a circle.
    """
    rows = work.session.scalars(
        select(ScoreRow.lead_id)
        .join(Lead, Lead.id == ScoreRow.lead_id)
        .where(ScoreRow.recheck_at <= work.now)
        .order_by(ScoreRow.recheck_at, ScoreRow.lead_id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True, of=Lead)
    )
    return [LeadId(one) for one in rows]


def differences(work: Work) -> list[LeadId]:
    """List leads whose score is not the sum of their ledger (Q21); reads every row once."""
    columns = select(ScoreRow.lead_id, ScoreRow.fit, ScoreRow.engagement, ScoreRow.as_of)
    stored = {row[0]: row for row in work.session.execute(columns)}
    sums = _sums(work, {lead_id: as_of for lead_id, _, _, as_of in stored.values()})
    none = (0.0, 0.0)
    wrong = [lead_id for lead_id in sums if lead_id not in stored]
    wrong += [
        lead_id
        for lead_id, fit, engagement, _ in stored.values()
        if not _agree((fit, engagement), sums.get(lead_id, none))
    ]
    return [LeadId(one) for one in sorted(wrong)]


def entries_of(
    work: Work, lead_ids: Sequence[LeadId], *, axis: str | None = None
) -> dict[LeadId, list[LedgerRow]]:
    """Load the ledger of many leads, the oldest entry first."""
    found: dict[LeadId, list[LedgerRow]] = {lead_id: [] for lead_id in lead_ids}
    for chunk in chunks(lead_ids, CHUNK):
        which = select(LedgerRow).where(among(work.session, LedgerRow.lead_id, chunk))
        if axis is not None:
            which = which.where(LedgerRow.axis == axis)
        for entry in work.session.scalars(which.order_by(LedgerRow.at, LedgerRow.id)):
            found[LeadId(entry.lead_id)].append(entry)
    return found


def earned(work: Work, acts: Collection[str]) -> float:
    """Sum what acts have earned, before decay; what was taken back counts no more."""
    total = 0.0
    for chunk in chunks(sorted(set(acts)), CHUNK):
        query = select(func.sum(LedgerRow.points)).where(LedgerRow.act.in_(chunk))
        total += work.session.scalar(query) or 0.0
    return total


def intents_of(work: Work, lead_ids: Sequence[LeadId]) -> Mapping[LeadId, datetime]:
    """Tell when each lead last did something that its scorecard called intent."""
    found: dict[LeadId, datetime] = {}
    for chunk in chunks(lead_ids, CHUNK):
        rows = work.session.execute(
            select(LedgerRow.lead_id, LedgerRow.at)
            .where(LedgerRow.lead_id.in_(chunk), LedgerRow.intent)
            .order_by(LedgerRow.at)
        )
        found.update((LeadId(lead_id), at) for lead_id, at in rows)
    return found


def standing_of(row: ScoreRow) -> ScoreState:
    """Read a row as a value."""
    return ScoreState(fit=row.fit, fading=row.engagement, steady=row.steady, as_of=row.as_of)


def _sums(work: Work, as_of: Mapping[int, datetime]) -> dict[int, tuple[float, float]]:
    """Sum each ledger by axis, as of the score's moment: plain columns, in stretches.

    What never fades is summed by the database, which knows no half-lives everywhere.
    """
    fits: dict[int, float] = defaultdict(float)
    others: dict[int, float] = defaultdict(float)
    fading = LedgerRow.half_life_days.is_not(None) & (LedgerRow.axis == ENGAGEMENT)
    plain = (
        select(LedgerRow.lead_id, LedgerRow.axis, func.sum(LedgerRow.points))
        .where(~fading)
        .group_by(LedgerRow.lead_id, LedgerRow.axis)
    )
    for lead_id, axis, points in work.session.execute(plain):
        (fits if axis == FIT else others)[lead_id] += points
    columns = select(
        LedgerRow.lead_id, LedgerRow.points, LedgerRow.at, LedgerRow.half_life_days
    ).where(fading)
    for rows in work.session.execute(columns).yield_per(STRETCH).partitions():
        for lead_id, points, at, half_life in rows:
            others[lead_id] += decayed(points, as_of.get(lead_id, at) - at, half_life)
    return {one: (fits.get(one, 0.0), others.get(one, 0.0)) for one in {*fits, *others}}


def _agree(stored: tuple[float, float], summed: tuple[float, float]) -> bool:
    return _close(stored[0], summed[0]) and _close(stored[1], summed[1])


def _close(left: float, right: float) -> bool:
    return abs(left - right) <= TOLERANCE * max(1.0, abs(left), abs(right))


def _now(
    rows: Iterable[ScoreRow], now: datetime, half_life: float | None
) -> list[tuple[float, LeadId]]:
    return [(standing_of(row).at(now, half_life).engagement, LeadId(row.lead_id)) for row in rows]


def _fresh(which: Select[ScoreRow]) -> Select[ScoreRow]:
    """Read the row anew: scores are written by statements that the session does not see."""
    return which.execution_options(populate_existing=True)
