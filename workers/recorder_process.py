"""The process beside a sender that claims and records for it."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from nurture.kernel.work import Works
from nurture.usecases.delivery import recorder
from nurture.usecases.delivery.sender import Sender
from workers.lifeline import end_with_parent


@contextmanager
def recorder_of(works: Works, post: Sender) -> Iterator[Executor | None]:
    """Fork a recorder; None where there is one writer at a time, and a thread does as well.

    It is forked before a journal is open: it must not hold the lock of one.
    """
    if works.one_writer:
        yield None
        return
    works.engine.dispose()  # no connection crosses a fork
    fork = get_context("fork")
    with ProcessPoolExecutor(
        1, fork, initializer=_begin, initargs=(os.getpid(), works, post)
    ) as beside:
        beside.submit(os.getpid).result()
        yield beside


def _begin(parent: int, works: Works, post: Sender) -> None:
    end_with_parent(parent, signal.SIGKILL)
    recorder.sit_down(works, post)
