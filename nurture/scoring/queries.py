"""Scores as of any moment, the ledger behind them, and the proof that both agree."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Select, select

from campaigns.decay import decayed
from campaigns.scorecard import Scorecard
from nurture.kernel.database import CHUNK, among, chunks
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work
from nurture.leads.tables import Lead
from nurture.scoring.rulebook import scorecard
from nurture.scoring.rules import Standing, fading_half_life, grade, halvings, shown, sinks_at
from nurture.scoring.tables import LedgerEntry, Score

FIT = "fit"
ENGAGEMENT = "engagement"
TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class ScoreNow:
    """A score at one moment."""

    standing: Standing
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
class Contribution:
    """One line of the waterfall, as shown: a multiple of 0.1."""

    axis: str
    words: str
    points: float
    given: float
    at: datetime
    rule: str


@dataclass(frozen=True, slots=True)
class Waterfall:
    """A score and what it is made of; the rows of each axis sum exactly to its number (F95)."""

    fit: float
    engagement: float
    grade: str
    rows: tuple[Contribution, ...]


def scores(
    work: Work, lead_ids: Sequence[LeadId], *, card: Scorecard | None = None
) -> dict[LeadId, ScoreNow]:
    """Tell the score of many leads now; a lead without points has a score of nothing."""
    card = card or scorecard(work)
    nothing = Standing(0.0, 0.0, 0.0, work.now)
    found = dict.fromkeys(lead_ids, ScoreNow(nothing, card, grade(card, nothing)))
    half_life = fading_half_life(card)
    for chunk in chunks(lead_ids, CHUNK):
        columns = select(Score.lead_id, Score.fit, Score.engagement, Score.steady, Score.as_of)
        for row in work.session.execute(columns.where(among(work.session, Score.lead_id, chunk))):
            standing = Standing(row.fit, row.engagement, row.steady, row.as_of)
            standing = standing.at(work.now, half_life)
            found[LeadId(row.lead_id)] = ScoreNow(standing, card, grade(card, standing))
    return found


def explain(work: Work, lead_id: LeadId, *, card: Scorecard | None = None) -> Waterfall:
    """List what the score is made of now; lines that have faded to nothing are left out."""
    card = card or scorecard(work)
    entries = entries_of(work, [lead_id])[lead_id]
    now_worth = [decayed(e.points, work.now - e.at, e.half_life_days) for e in entries]
    tenths, _ = shown(now_worth)
    rows = [
        Contribution(
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
    return Waterfall(
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
            select(Score)
            .where(Score.engagement_log2 >= line, Score.steady == 0)
            .order_by(Score.engagement_log2.desc())
            .limit(limit)
        )
        found += _now(work.session.scalars(_fresh(plain)), work.now, half_life)
    # Few leads have points that never fade; their sum cannot be read off one index.
    mixed = select(Score).where(Score.steady != 0)
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
        select(Score.lead_id)
        .join(Lead, Lead.id == Score.lead_id)
        .where(Score.recheck_at <= work.now)
        .order_by(Score.recheck_at, Score.lead_id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True, of=Lead)
    )
    return [LeadId(one) for one in rows]


def differences(work: Work) -> list[LeadId]:
    """List leads whose score is not the sum of their ledger (Q21); reads every row once."""
    stored = {row.lead_id: standing_of(row) for row in work.session.scalars(_fresh(select(Score)))}
    wrong = [
        lead_id
        for lead_id, entries in _ledger(work)
        if not _agrees(stored.pop(lead_id, None), entries)
    ]
    wrong += [lead_id for lead_id, left in stored.items() if left.fit or left.engagement]
    return [LeadId(one) for one in sorted(wrong)]


def entries_of(
    work: Work, lead_ids: Sequence[LeadId], *, axis: str | None = None
) -> dict[LeadId, list[LedgerEntry]]:
    """Load the ledger of many leads, the oldest entry first."""
    found: dict[LeadId, list[LedgerEntry]] = {lead_id: [] for lead_id in lead_ids}
    for chunk in chunks(lead_ids, CHUNK):
        which = select(LedgerEntry).where(among(work.session, LedgerEntry.lead_id, chunk))
        if axis is not None:
            which = which.where(LedgerEntry.axis == axis)
        for entry in work.session.scalars(which.order_by(LedgerEntry.at, LedgerEntry.id)):
            found[LeadId(entry.lead_id)].append(entry)
    return found


def intents_of(work: Work, lead_ids: Sequence[LeadId]) -> Mapping[LeadId, datetime]:
    """Tell when each lead last did something that its scorecard called intent."""
    found: dict[LeadId, datetime] = {}
    for chunk in chunks(lead_ids, CHUNK):
        rows = work.session.execute(
            select(LedgerEntry.lead_id, LedgerEntry.at)
            .where(LedgerEntry.lead_id.in_(chunk), LedgerEntry.intent)
            .order_by(LedgerEntry.at)
        )
        found.update((LeadId(lead_id), at) for lead_id, at in rows)
    return found


def standing_of(row: Score) -> Standing:
    """Read a row as a value."""
    return Standing(fit=row.fit, fading=row.engagement, steady=row.steady, as_of=row.as_of)


def _ledger(work: Work) -> Iterator[tuple[int, list[LedgerEntry]]]:
    rows = work.session.scalars(
        select(LedgerEntry).order_by(LedgerEntry.lead_id).execution_options(yield_per=5_000)
    )
    for lead_id, entries in groupby(rows, key=lambda entry: entry.lead_id):
        yield lead_id, list(entries)


def _agrees(stored: Standing | None, entries: Sequence[LedgerEntry]) -> bool:
    if stored is None:
        return False
    fit = sum(entry.points for entry in entries if entry.axis == FIT)
    engagement = sum(
        decayed(entry.points, stored.as_of - entry.at, entry.half_life_days)
        for entry in entries
        if entry.axis == ENGAGEMENT
    )
    return _close(stored.fit, fit) and _close(stored.engagement, engagement)


def _close(left: float, right: float) -> bool:
    return abs(left - right) <= TOLERANCE * max(1.0, abs(left), abs(right))


def _now(
    rows: Iterable[Score], now: datetime, half_life: float | None
) -> list[tuple[float, LeadId]]:
    return [(standing_of(row).at(now, half_life).engagement, LeadId(row.lead_id)) for row in rows]


def _fresh(which: Select[Score]) -> Select[Score]:
    """Read the row anew: scores are written by statements that the session does not see."""
    return which.execution_options(populate_existing=True)
