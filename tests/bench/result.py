"""What every benchmark gives back: a figure, its reference in the same run, and the goal."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BenchResult:
    """One measured figure; `ratio` is the median of the pairs, never a quotient of medians."""

    name: str
    value: float
    unit: str
    reference_name: str
    reference_value: float
    ratio: float
    min: float
    max: float
    runs: int
    goal: float
    notes: tuple[str, ...] = ()

    @property
    def reached(self) -> bool:
        """Tell whether the goal is reached."""
        return self.ratio >= self.goal

    def to_json(self) -> dict[str, object]:
        """Give exactly what `nurture bench --json` prints."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "reference": {"name": self.reference_name, "value": self.reference_value},
            "ratio": self.ratio,
            "min": self.min,
            "max": self.max,
            "runs": self.runs,
            "goal": self.goal,
        }

    def __str__(self) -> str:
        """Say it in one line, and each note in one below."""
        answer = "reached" if self.reached else "missed"
        line = (
            f"{self.name}: {self.value:,.6g} {self.unit}; {self.reference_name}: "
            f"{self.reference_value:,.6g}; ratio {self.ratio:.2f} "
            f"({self.min:.2f} to {self.max:.2f}, {self.runs} runs); goal {self.goal:g} {answer}"
        )
        return "\n".join([line, *(f"    {note}" for note in self.notes)])


@dataclass(frozen=True, slots=True)
class Pair:
    """One repetition: our figure and the reference, measured one right after the other."""

    value: float
    reference: float
    ratio: float


class MissingTool(Exception):  # noqa: N818 - it names what is missing
    """A reference program is not here; the sentence holds the command that installs it."""


def summed_up(
    name: str, pairs: Sequence[Pair], *, unit: str, reference_name: str, goal: float
) -> BenchResult:
    """Take the medians, and the spread of the ratio."""
    ratios = [pair.ratio for pair in pairs]
    return BenchResult(
        name=name,
        value=statistics.median(pair.value for pair in pairs),
        unit=unit,
        reference_name=reference_name,
        reference_value=statistics.median(pair.reference for pair in pairs),
        ratio=statistics.median(ratios),
        min=min(ratios),
        max=max(ratios),
        runs=len(pairs),
        goal=goal,
    )
