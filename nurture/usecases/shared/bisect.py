"""One bad row never stops the others: halve a failing batch until what fails stands alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, TypeVar

from nurture.kernel.database import passing

T = TypeVar("T")

MOST_BROKEN = 20
"""So many failures are enough for one pass; half of them are looked for from the far end."""
SOON = timedelta(minutes=15)
"""Where everybody fails it is not them: all wait until it is mended."""
AFTER_THEM = SOON + timedelta(minutes=1)
"""Who has failed never stands before those whose turn did not come."""
LATER = timedelta(days=1)
"""Whose own fault it is stands aside so long, and somebody is asked to look."""


@dataclass(slots=True)
class BisectResult(Generic[T]):
    """What failed by itself, with its error, and what was not tried any more."""

    broken: dict[T, Exception] = field(default_factory=dict)
    untried: list[T] = field(default_factory=list)
    well: int = 0
    """How many went through."""

    @property
    def all_fail(self) -> bool:
        """Tell that it may not be the items: none goes through, be it one or many."""
        return not self.well

    @property
    def waits(self) -> dict[T, timedelta]:
        """Tell who is put off and by how much: whom nobody has tried yet comes first then."""
        waits = dict.fromkeys(self.untried, SOON)
        if self.all_fail:
            waits |= dict.fromkeys(self.broken, AFTER_THEM if self.untried else SOON)
        return waits


def bisect(items: Sequence[T], run: Callable[[Sequence[T]], object]) -> BisectResult[T]:
    """Run a batch that has failed in halves, each a transaction of `run`.

    After half of the failures it goes on from the far end: what stands behind a crowd of broken
    items gets its turn in the same pass. What fails when the database is away, or in a race, is
    no item's fault: it is raised.
    """
    found: BisectResult[T] = BisectResult()
    pieces = [list(items)]
    while pieces:
        far = len(found.broken) >= MOST_BROKEN // 2
        piece = pieces.pop(0) if far else pieces.pop()
        if len(found.broken) >= MOST_BROKEN:
            found.untried += piece
            continue
        try:
            run(piece)
            found.well += len(piece)
        except Exception as error:
            if passing(error):
                raise
            if len(piece) == 1:
                found.broken[piece[0]] = error
            else:
                middle = len(piece) // 2
                halves = [piece[middle:], piece[:middle]]
                pieces = [*halves, *pieces] if far else [*pieces, *halves]
    return found
