"""The savings calculator: four numbers in, a sum with every step out."""

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.company import Plain
from nurture.kernel.types import Json

CENTS = 100


@dataclass(frozen=True, slots=True)
class SumStep:
    """One step of the sum."""

    words: str
    how: str
    euros: float


@dataclass(frozen=True, slots=True)
class SavingsSum:
    """What a station costs a year, and what three measures would leave in the pocket."""

    cost: SumStep
    savings: tuple[SumStep, ...]

    @property
    def saved(self) -> float:
        """Add the measures up."""
        return sum(line.euros for line in self.savings)

    @property
    def share(self) -> str:
        """Give the part of today's cost that they save."""
        return _part(self.saved / self.cost.euros if self.cost.euros else 0.0)


def reckon(answers: Mapping[str, Json], rules: Mapping[str, Plain]) -> SavingsSum | None:
    """Do the sum; None while the power or the hours are missing."""
    power, hours = _number(answers.get("compressor_kw")), _number(answers.get("hours_per_week"))
    if not power or not hours:
        return None
    weeks, load = _rule(rules, "weeks", 50), _rule(rules, "load", 0.7)
    cents = _number(answers.get("price_per_kwh")) or _rule(rules, "price_per_kwh", 18)
    energy = power * hours * weeks * load
    cost = energy * cents / CENTS
    how = (
        f"{power:g} kW, {hours:g} h a week, {weeks:g} weeks, {_part(load)} load: "
        f"{energy:,.0f} kWh, at {cents:g} cents"
    )
    today = SumStep("Your compressed air costs a year", how, cost)
    return SavingsSum(today, tuple(_measures(cost, _number(answers.get("age_years")), rules)))


def _measures(cost: float, age: float, rules: Mapping[str, Plain]) -> list[SumStep]:
    """Take one after the other: each saves from what the one before has left."""
    leaks, old = _group(rules, "leaks"), _group(rules, "age")
    share = _rule(leaks, "now", 0.25) - _rule(leaks, "mended", 0.1)
    found = [SumStep("Mend the large leaks", f"{_part(share)} of the energy", cost * share)]
    left = cost - found[0].euros
    bar = _rule(rules, "per_bar", 0.07)
    found.append(SumStep("One bar less pressure", f"{_part(bar)} of what is left", left * bar))
    left -= found[1].euros
    more, since = _rule(old, "more_power", 0.15), _rule(old, "from_years", 12)
    if age >= since:
        spared = left * more / (1 + more)
        how = f"A machine of {since:g} years or more needs {_part(more)} more power"
        found.append(SumStep("A new machine", how, spared))
    return found


def _part(share: float) -> str:
    return f"{share:.0%}".replace("%", "\u202f%")


def _group(rules: Mapping[str, Plain], name: str) -> Mapping[str, Plain]:
    found = rules.get(name)
    return found if isinstance(found, dict) else {}


def _rule(rules: Mapping[str, Plain], name: str, default: float) -> float:
    found = rules.get(name)
    return float(found) if isinstance(found, int | float) else default


def _number(value: Json) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
