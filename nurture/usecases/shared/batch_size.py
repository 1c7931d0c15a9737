"""How many rows one writing transaction takes, so that nobody behind it waits over 100 ms."""

from dataclasses import dataclass
from time import monotonic

from nurture.kernel.database import CHUNK
from nurture.kernel.work import Works

AIM = 0.06
"""Seconds that a stretch should hold the only writer: room is left up to the 0.1 of the law."""
LEAST = 50
"""Below this statements cost more than their rows: a busy host would only get busier."""


@dataclass(frozen=True, slots=True)
class PaceBounds:
    """How long a stretch is meant to take, and how few rows it may be."""

    first: int
    """The first stretch is slow, since its statements are compiled."""
    least: int
    aim: float


ROWS = PaceBounds(first=50, least=LEAST, aim=AIM)
"""Rows of a list, each of which costs little."""
LEADS = PaceBounds(first=10, least=10, aim=AIM / 2)
"""Leads whom somebody does something to: each costs more, and to take it back costs more again."""


class Pace:
    """Find the length of a stretch from the time that the last one took."""

    def __init__(self, works: Works, gait: PaceBounds = ROWS, *, most: int = CHUNK) -> None:
        """Begin small where writers queue up; elsewhere the longest stretch is the best."""
        self._adapts = works.one_writer
        self._gait, self._most = gait, most
        self.rows = min(gait.first, most) if self._adapts else most
        self._began = 0.0

    def begin(self) -> None:
        """Note that the transaction holds the database from now on."""
        self._began = monotonic()

    def end(self, rows: int) -> None:
        """Learn from a stretch of so many rows that has just been committed."""
        if self._adapts and rows:
            took = monotonic() - self._began
            self.rows = next_length(rows, took, most=self._most, gait=self._gait)


def next_length(rows: int, seconds: float, *, most: int, gait: PaceBounds = ROWS) -> int:
    """Aim at the same time per stretch, growing by half at most: one quick stretch proves little.

    What a stretch costs whatever its length makes this shorten too far at first, never too little.
    """
    wanted = int(rows * gait.aim / max(seconds, 0.001))
    return max(gait.least, min(wanted, rows + rows // 2 + 1, most))
