"""How a score is carried forward, shown, and when time alone changes it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from campaigns.decay import DAY, Accumulator, crosses_at, decayed
from campaigns.scorecard import Scorecard, cell

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
"""From where half-lives are counted in `engagement_log2`."""


@dataclass(frozen=True, slots=True)
class ScoreState:
    """A score as of a moment: what fades, what stays, and fit."""

    fit: float
    fading: float
    steady: float
    as_of: datetime

    @property
    def engagement(self) -> float:
        """Sum both classes."""
        return self.fading + self.steady

    def at(self, moment: datetime, half_life: float | None) -> "ScoreState":
        """Carry it forward; a moment before `as_of` changes nothing."""
        if moment <= self.as_of:
            return self
        fading = decayed(self.fading, moment - self.as_of, half_life)
        return replace(self, fading=fading, as_of=moment)

    def plus(
        self, points: float, *, at: datetime, half_life: float | None, class_: float | None
    ) -> "ScoreState":
        """Add engagement points that were earned at `at`; `class_` is the points' own half-life."""
        if class_ is None:
            return replace(self, steady=self.steady + points)
        return replace(self, fading=self.fading + decayed(points, self.as_of - at, half_life))


def fading_half_life(card: Scorecard) -> float | None:
    """Tell the one half-life that fades; None when nothing does."""
    return next((days for days in card.half_lives if days is not None), None)


def grade(card: Scorecard, standing: ScoreState) -> str:
    """Name the cell of the grid."""
    return cell(card, fit=standing.fit, engagement=standing.engagement)


def sinks_at(card: Scorecard, standing: ScoreState) -> datetime | None:
    """Tell when the grid cell changes by decay alone."""
    fading = Accumulator(standing.fading, standing.as_of, fading_half_life(card))
    moments = [
        moment
        for _, threshold in card.engagement_bands.steps
        if (moment := crosses_at(fading, threshold, now=standing.as_of, constant=standing.steady))
        is not None
    ]
    return min(moments, default=None)


def log2_key(standing: ScoreState, half_life: float | None) -> float | None:
    """Order leads by what they will be worth at any one instant, whatever that instant is."""
    if standing.fading <= 0:
        return None
    return math.log2(standing.fading) + halvings(standing.as_of, half_life)


def halvings(moment: datetime, half_life: float | None) -> float:
    """Count the half-lives from the epoch to a moment."""
    return 0.0 if half_life is None else (moment - EPOCH) / DAY / half_life


def shown(points: Iterable[float]) -> tuple[list[float], float]:
    """Round each contribution to a tenth first, so that the shown ones sum to the shown number."""
    tenths: Sequence[int] = [round(one * 10) for one in points]
    return [one / 10 for one in tenths], sum(tenths) / 10
