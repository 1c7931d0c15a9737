"""Carry out what people told us while the database was away: each once, in its order."""

from collections.abc import Callable
from pathlib import Path

from nurture.kernel import inbox, pending_requests
from nurture.kernel.database import passing
from nurture.kernel.log import logger
from nurture.kernel.pending_requests import PendingRequest
from nurture.kernel.work import Work, Works

Act = Callable[[Work, PendingRequest], None]
Wanted = Callable[[PendingRequest], bool]


def _any(_slip: PendingRequest) -> bool:
    return True


def replay_pending(works: Works, folder: Path, act: Act, *, wanted: Wanted = _any) -> int:
    """Do what stands on each pending request of a folder, and delete it; count what is done.

    Dying between the commit and the deleting finds it again, and its name in the inbox.
    """
    done = 0
    for pending in pending_requests.kept(folder):
        try:
            if not wanted(pending):
                continue
            with works.begin("prospect") as work:
                if inbox.first_time(work, source=folder.name, external_id=pending.name):
                    act(work, pending)
        except Exception as error:
            if passing(error):
                raise
            # It is tried again: what somebody told us is never given up, and stops no other.
            logger().exception("slip_failed", folder=folder.name, pending=pending.name)
            continue
        pending.delete_pending()
        done += 1
    return done
