"""Let a paused track go on as somebody chose, in short transactions: nobody waits behind it."""

from nurture import tracks
from nurture.kernel.database import CHUNK
from nurture.kernel.work import Works
from nurture.tracks import Overdue


def resume(works: Works, key: str, how: Overdue, *, actor: str) -> int:
    """Settle what fell due, then let the track run; count the runs that were settled.

    The track stays paused until all is settled: whoever dies in between, presses once more.
    """
    with works.read(actor) as work:
        before = work.now
    done = 0
    while how is not Overdue.NOW:
        with works.begin(actor) as work:
            some = tracks.settle_overdue(work, key, how, before=before, limit=CHUNK)
        done += some
        if not some:
            break
    with works.begin(actor) as work:
        tracks.resume(work, key)
    return done
