"""Points that fade: exponential decay, and forward-decay accumulators that need no nightly rewrite.

An accumulator keeps `sum(points * 2^((at - epoch) / half_life))`, so that adding is one addition
and the value at any time one division. One accumulator serves one half-life, never several.
Source: Cormode, Shkapenyuk, Srivastava, Xu: Forward Decay, ICDE 2009.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(days=1)
MOST_HALVINGS = 200.0
"""Rebase when the exponent grows beyond this; float8 overflows at 1024."""


@dataclass(frozen=True, slots=True)
class Accumulator:
    """A growing sum, measured against its own epoch; `half_life` in days, None = no decay."""

    acc: float
    epoch: datetime
    half_life: float | None


def decayed(points: float, age: timedelta, half_life: float | None) -> float:
    """Give what points of that age are worth; the future is worth what it says."""
    if half_life is None or age <= timedelta():
        return points
    return points * math.exp2(-(age / DAY) / half_life)


def weight(at: datetime, *, epoch: datetime, half_life: float | None) -> float:
    """Give the factor by which points made at `at` enter an accumulator."""
    return 1.0 if half_life is None else math.exp2(((at - epoch) / DAY) / half_life)


def accumulate(into: Accumulator, points: float, *, at: datetime) -> Accumulator:
    """Add points made at `at`, rebasing first when they lie far from the epoch."""
    base = rebased(into, at) if needs_rebasing(into, at) else into
    added = points * weight(at, epoch=base.epoch, half_life=base.half_life)
    return Accumulator(base.acc + added, base.epoch, base.half_life)


def value_at(accumulator: Accumulator, moment: datetime) -> float:
    """Give the decayed sum at a moment that lies at or after the last addition."""
    factor = weight(moment, epoch=accumulator.epoch, half_life=accumulator.half_life)
    return accumulator.acc / factor


def needs_rebasing(accumulator: Accumulator, at: datetime) -> bool:
    """Tell whether the next addition would leave the safe range of float8."""
    if accumulator.half_life is None:
        return False
    return ((at - accumulator.epoch) / DAY) / accumulator.half_life > MOST_HALVINGS


def rebased(accumulator: Accumulator, epoch: datetime) -> Accumulator:
    """Measure the same value against a new epoch."""
    factor = weight(epoch, epoch=accumulator.epoch, half_life=accumulator.half_life)
    return Accumulator(accumulator.acc / factor, epoch, accumulator.half_life)


def crosses_at(
    accumulator: Accumulator, threshold: float, *, now: datetime, constant: float = 0.0
) -> datetime | None:
    """Give the moment when `value + constant` sinks below the threshold by decay alone.

    None when it is below already, never will be, or does not decay.
    """
    wanted = threshold - constant
    if accumulator.half_life is None or wanted <= 0:
        return None
    value = value_at(accumulator, now)
    if value < wanted:
        return None
    return now + math.log2(value / wanted) * accumulator.half_life * DAY
