"""Empty the mailbox: each letter a transaction of its own, marked as read only after its commit.

Dying between the two reads it again, and the inbox says that it was done.
"""

import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from nurture.kernel import shared_values
from nurture.kernel.errors import Unavailable
from nurture.kernel.types import Json
from nurture.kernel.work import Work, Works
from nurture.mail import Mailbox
from nurture.usecases.responses.inbound_mail import InboundMailContext, InboundMailResult, take_in

NAME = "letterbox"
EVERY = timedelta(minutes=1)
LEASE = timedelta(minutes=10)
AT_A_TIME = 500
SECONDS = 120.0
"""How long one pass reads; what is left comes with the next."""


def due(work: Work, *, who: str) -> bool:
    """Tell once a minute, to one of all ticks, that the mailbox is to be read."""
    return shared_values.take_lease(work, f"{NAME}_due", holder=who, for_=EVERY)


def collect(
    works: Works, mailbox: Mailbox, *, room: InboundMailContext, who: str
) -> Mapping[InboundMailResult, int]:
    """Receive what lies in a mailbox; nobody else reads it meanwhile."""
    with works.begin("mailbox") as work:
        if not shared_values.take_lease(work, NAME, holder=who, for_=LEASE):
            return {}
    try:
        found = _read(works, mailbox, room)
    except Unavailable as refusal:
        _note(works, who=who, trouble=refusal.sentence)
        raise
    _note(works, who=who, read=sum(found.values()))
    return found


def _read(works: Works, mailbox: Mailbox, room: InboundMailContext) -> Counter[InboundMailResult]:
    found: Counter[InboundMailResult] = Counter()
    until = time.monotonic() + SECONDS
    with mailbox as opened:
        for item in opened.items(limit=AT_A_TIME):
            outcome = take_in(works, item.raw, room=room)
            opened.done(item.number, aside=outcome is InboundMailResult.ASIDE)
            found[outcome] += 1
            if time.monotonic() > until:
                break
    return found


def _note(works: Works, *, who: str, read: int = 0, trouble: str = "") -> None:
    """Leave for Sending how it went, and the mailbox to whoever comes next."""
    new: dict[str, Json] = {"read": read, "trouble": trouble}
    with works.begin("mailbox") as work:
        shared_values.put(work, NAME, new=new)
        shared_values.take_lease(work, NAME, holder=who, for_=-EVERY)


def last_read(work: Work) -> tuple[datetime, str] | None:
    """Tell when the mailbox was last read (machine time) and what was in the way; None = never."""
    noted = shared_values.noted(work, NAME)
    if noted is None:
        return None
    value, at = noted
    return at, str(value.get("trouble") or "") if isinstance(value, dict) else ""
