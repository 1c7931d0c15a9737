"""One bad row never stops the others: halve a failing batch until what fails stands alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from nurture.kernel.database import passing

T = TypeVar("T")

MOST_BROKEN = 20
"""From here on it is not the rows: something that all of them need is broken."""


@dataclass(slots=True)
class Found(Generic[T]):
    """What failed by itself, with its error, and what was not tried any more."""

    broken: dict[T, Exception] = field(default_factory=dict)
    untried: list[T] = field(default_factory=list)
    well: int = 0
    """How many went through."""

    @property
    def all_fail(self) -> bool:
        """Tell that it is not the items: none of several goes through, or too many fail."""
        return bool(self.untried) or (not self.well and len(self.broken) > 1)


def apart(items: Sequence[T], run: Callable[[Sequence[T]], object]) -> Found[T]:
    """Run a batch that has failed in halves, each a transaction of `run`.

    What fails when the database is away, or in a race, is no item's fault: it is raised.
    """
    found: Found[T] = Found()
    pieces = [list(items)]
    while pieces:
        piece = pieces.pop()
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
                pieces += [piece[middle:], piece[:middle]]
    return found
