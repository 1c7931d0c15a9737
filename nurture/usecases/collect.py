"""Empty the mailbox: each letter a transaction of its own, marked as read only after its commit.

Dying between the two reads it again, and the inbox says that it was done.
"""

import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from nurture.kernel import shared
from nurture.kernel.errors import Unavailable
from nurture.kernel.types import Json
from nurture.kernel.work import Work, Works
from nurture.mail import Letterbox
from nurture.usecases.receive import Mailroom, Received, take_in

NAME = "letterbox"
EVERY = timedelta(minutes=1)
LEASE = timedelta(minutes=10)
AT_A_TIME = 500
SECONDS = 120.0
"""How long one pass reads; what is left comes with the next."""


def due(work: Work, *, who: str) -> bool:
    """Tell once a minute, to one of all ticks, that the mailbox is to be read."""
    return shared.take_lease(work, f"{NAME}_due", holder=who, for_=EVERY)


def collect(
    works: Works, letterbox: Letterbox, *, room: Mailroom, who: str
) -> Mapping[Received, int]:
    """Receive what lies in a mailbox; nobody else reads it meanwhile."""
    with works.begin("mailbox") as work:
        if not shared.take_lease(work, NAME, holder=who, for_=LEASE):
            return {}
    try:
        found = _read(works, letterbox, room)
    except Unavailable as refusal:
        _note(works, who=who, trouble=refusal.sentence)
        raise
    _note(works, who=who, read=sum(found.values()))
    return found


def _read(works: Works, letterbox: Letterbox, room: Mailroom) -> Counter[Received]:
    found: Counter[Received] = Counter()
    until = time.monotonic() + SECONDS
    with letterbox as opened:
        for letter in opened.letters(limit=AT_A_TIME):
            outcome = take_in(works, letter.raw, room=room)
            opened.done(letter.number, aside=outcome is Received.ASIDE)
            found[outcome] += 1
            if time.monotonic() > until:
                break
    return found


def _note(works: Works, *, who: str, read: int = 0, trouble: str = "") -> None:
    """Leave for Sending how it went, and the mailbox to whoever comes next."""
    new: dict[str, Json] = {"read": read, "trouble": trouble}
    with works.begin("mailbox") as work:
        shared.put(work, NAME, new=new)
        shared.take_lease(work, NAME, holder=who, for_=-EVERY)


def last_read(work: Work) -> tuple[datetime, str] | None:
    """Tell when the mailbox was last read (machine time) and what was in the way; None = never."""
    noted = shared.noted(work, NAME)
    if noted is None:
        return None
    value, at = noted
    return at, str(value.get("trouble") or "") if isinstance(value, dict) else ""
