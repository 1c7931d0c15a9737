"""Sending in the thread of the test, one batch at a time."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

from nurture.kernel.work import Works
from nurture.usecases.delivery import recorder, send_batches
from nurture.usecases.delivery.sender import Sender

P = ParamSpec("P")
T = TypeVar("T")


class AtOnce(Executor):
    """Does what it is asked for before it answers, where transactions of a test can be seen."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Do it."""
        done: Future[T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - who asked for it gets it
            done.set_exception(error)
        return done


def send_batch(works: Works, batch_id: int, *, post: Sender) -> send_batches.Delivered:
    """Send one batch as a job does whose time is short; nothing else is claimed."""
    recorder.sit_down(works, post)
    ((_, done),) = send_batches.deliver(works, batch_id, post=post, seconds=0, beside=AtOnce())
    return done
