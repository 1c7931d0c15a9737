"""Points that fade: exponential decay, and forward-decay accumulators that need no nightly rewrite.

An accumulator keeps `sum(points * 2^((at - epoch) / half_life))`, so that the value at any time is
one division. One accumulator serves one half-life, never several.
Source: Cormode, Shkapenyuk, Srivastava, Xu: Forward Decay, ICDE 2009.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(days=1)


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
    """Give the factor by which points of that moment count in an accumulator."""
    return 1.0 if half_life is None else math.exp2(((at - epoch) / DAY) / half_life)


def value_at(accumulator: Accumulator, moment: datetime) -> float:
    """Give the decayed sum at a moment that lies at or after the last addition."""
    factor = weight(moment, epoch=accumulator.epoch, half_life=accumulator.half_life)
    return accumulator.acc / factor


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
