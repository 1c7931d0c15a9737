"""What marketing and sales agreed on: unqualified, marketing, sales-ready, hot."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.conditions import (
    Condition,
    DateCondition,
    EventCondition,
    Facts,
    holds,
    leaves,
    matching,
    turns_old_at,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One line that people tick off."""

    words: str
    when: Condition


@dataclass(frozen=True, slots=True)
class Definition:
    """All or any of the clauses; `needs_reason`: a person must say why."""

    key: str
    clauses: tuple[Clause, ...]
    every: bool
    """True: all clauses must hold; False: one is enough."""
    needs_reason: bool = False


@dataclass(frozen=True, slots=True)
class Definitions:
    """One version of the agreement."""

    version: int
    definitions: tuple[Definition, ...]

    def get(self, key: str) -> Definition | None:
        """Find a definition by its name."""
        return next((one for one in self.definitions if one.key == key), None)


@dataclass(frozen=True, slots=True)
class ClauseCheck:
    """One clause and whether it holds."""

    words: str
    holds: bool


@dataclass(frozen=True, slots=True)
class DefinitionResult:
    """The answer, clause by clause; `changes_at`: when time alone may change it.

    A score that sinks is not in it: take the earlier of it and `decay.crosses_at`.
    """

    definition: str
    holds: bool
    ticks: tuple[ClauseCheck, ...]
    changes_at: datetime | None


def check(definition: Definition, facts: Facts, *, now: datetime) -> DefinitionResult:
    """Hold one lead against a definition."""
    ticks = tuple(ClauseCheck(c.words, holds(c.when, facts, now=now)) for c in definition.clauses)
    answers = [tick.holds for tick in ticks]
    return DefinitionResult(
        definition=definition.key,
        holds=all(answers) if definition.every else any(answers),
        ticks=ticks,
        changes_at=min(_moments(definition, facts, now), default=None),
    )


def _moments(definition: Definition, facts: Facts, now: datetime) -> Iterator[datetime]:
    for clause in definition.clauses:
        for leaf in leaves(clause.when):
            yield from (moment for moment in _changes(leaf, facts) if moment > now)


def _changes(leaf: object, facts: Facts) -> Iterator[datetime]:
    if isinstance(leaf, EventCondition) and leaf.days is not None:
        # The last moment of the window still counts; the next instant does not.
        beyond = timedelta(days=leaf.days, microseconds=1)
        yield from (act.at + beyond for act in matching(leaf, facts.acts))
    if isinstance(leaf, DateCondition):
        turns = turns_old_at(leaf, facts.values.get(leaf.field))
        if turns is not None:
            yield turns
