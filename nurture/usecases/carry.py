"""Carry out what people told us while the database was away: each once, in its order."""

from collections.abc import Callable
from pathlib import Path

from nurture.kernel import inbox, slips
from nurture.kernel.database import passing
from nurture.kernel.log import logger
from nurture.kernel.slips import Slip
from nurture.kernel.work import Work, Works

Act = Callable[[Work, Slip], None]
Wanted = Callable[[Slip], bool]


def _any(_slip: Slip) -> bool:
    return True


def carry_out(works: Works, folder: Path, act: Act, *, wanted: Wanted = _any) -> int:
    """Do what stands on each slip of a folder, and tear it up; count what is done.

    Dying between the commit and the tearing up finds the slip again, and its name in the inbox.
    """
    done = 0
    for slip in slips.kept(folder):
        try:
            if not wanted(slip):
                continue
            with works.begin("prospect") as work:
                if inbox.first_time(work, source=folder.name, external_id=slip.name):
                    act(work, slip)
        except Exception as error:
            if passing(error):
                raise
            # It is tried again: what somebody told us is never given up, and stops no other.
            logger().exception("slip_failed", folder=folder.name, slip=slip.name)
            continue
        slip.tear_up()
        done += 1
    return done
