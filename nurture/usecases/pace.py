"""How many rows one writing transaction takes, so that nobody behind it waits over 100 ms."""

from time import monotonic

from nurture.kernel.database import CHUNK
from nurture.kernel.work import Works

AIM = 0.06
"""Seconds that a stretch should hold the only writer: room is left up to the 0.1 of the law."""
FIRST = 50
"""The first stretch is slow, since its statements are compiled."""
LEAST = 50
"""Below this statements cost more than their rows: a busy host would only get busier."""


class Pace:
    """Find the length of a stretch from the time that the last one took."""

    def __init__(self, works: Works, *, most: int = CHUNK) -> None:
        """Begin small where writers queue up; elsewhere the longest stretch is the best."""
        self._adapts = works.one_writer
        self._most = most
        self.rows = min(FIRST, most) if self._adapts else most
        self._began = 0.0

    def begin(self) -> None:
        """Note that the transaction holds the database from now on."""
        self._began = monotonic()

    def end(self, rows: int) -> None:
        """Learn from a stretch of so many rows that has just been committed."""
        if self._adapts and rows:
            self.rows = next_length(rows, monotonic() - self._began, most=self._most)


def next_length(rows: int, seconds: float, *, most: int) -> int:
    """Aim at the same time per stretch, growing by half at most: one quick stretch proves little.

    What a stretch costs whatever its length makes this shorten too far at first, never too little.
    """
    wanted = int(rows * AIM / max(seconds, 0.001))
    return max(LEAST, min(wanted, rows + rows // 2 + 1, most))
