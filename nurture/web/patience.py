"""Ask the database, but not for ever: what hangs must not hold a person's answer."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import structlog

from nurture.kernel.errors import Refusal

T = TypeVar("T")

SECONDS = 3.0
"""Mail programs give a one-click request a few seconds; a healthy database takes milliseconds."""
AT_ONCE = 4
"""Questions that may hang at the same time; further ones are not even asked."""
_room = threading.BoundedSemaphore(AT_ONCE)

log = structlog.get_logger(__name__)


class _Ask(Generic[T]):
    """One question and what became of it."""

    def __init__(self, question: Callable[[], T]) -> None:
        self._question = question
        self.answer: list[T] = []
        self.refusal: Refusal | None = None

    def run(self) -> None:
        try:
            self.answer.append(self._question())
        except Refusal as refusal:
            self.refusal = refusal
        except Exception as error:  # noqa: BLE001 - the outermost call of a thread: nobody else hears of it
            log.warning("not_answered", error=type(error).__name__)
        finally:
            _room.release()


def within(question: Callable[[], T], *, seconds: float = SECONDS) -> T | None:
    """Give the answer, or None when the database is away or takes too long.

    A question that took too long is not taken back: it may still be answered later.
    """
    if not _room.acquire(blocking=False):
        return None
    ask = _Ask(question)
    thread = threading.Thread(target=ask.run, name="patience", daemon=True)
    thread.start()
    thread.join(seconds)
    if ask.refusal is not None:
        raise ask.refusal
    return ask.answer[0] if ask.answer else None
