"""After an outage nobody is flooded: marketing mail that fell due leaves slowly (S-10).

An outage is a gap of over two hours between the heartbeats of all ticks. What people asked for
and what sales must know is never held; somebody may let all go at once.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select

from campaigns.vocabulary import MessageKind
from nurture.kernel import shared_values
from nurture.kernel.types import Json
from nurture.kernel.work import Work
from nurture.mail.queries import WAITING
from nurture.mail.tables import Message, SendBatch

NAME = "standstill"
LONGEST_GAP = timedelta(hours=2)
PER_MINUTE = 100
"""So much marketing mail leaves while it is caught up with."""
LASTS = timedelta(hours=24)
"""Mail that fell due in the night waits for sending hours: so long the slow pace stays ready."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Outage:
    """When nothing ran (machine time), and how much mail is due now."""

    since: datetime
    until: datetime
    waiting: int
    per_minute: int = PER_MINUTE


def gap(beats: Sequence[datetime], *, now: datetime) -> datetime | None:
    """Tell since when nothing ran, by the last signs of life; None where it was not long."""
    last = max(beats, default=now)
    return last if now - last > LONGEST_GAP else None


def end_outage(work: Work, *, role: str) -> bool:
    """Look, before the first beat of a process, whether all of its role were away for long."""
    seen = [
        at for name, at in shared_values.heartbeats(work).items() if name.startswith(f"{role}@")
    ]
    since = gap(seen, now=work.machine)
    if since is None:
        return False
    new: dict[str, Json] = {"since": since.isoformat(), "until": work.machine.isoformat()}
    shared_values.put(work, NAME, new=new)
    return True


def pace(work: Work) -> int | None:
    """Tell how much marketing mail may be put in batches now: None = any number.

    The minute's share goes to one pass of all ticks; the others get none.
    """
    if _read(work) is None:
        return None
    # Each pass is a holder of its own: who has just had a share waits for the minute, too.
    holder = secrets.token_hex(8)
    mine = shared_values.take_lease(work, f"{NAME}_minute", holder=holder, for_=_MINUTE)
    return PER_MINUTE if mine else 0


def is_old(work: Work, batch_id: int) -> bool:
    """Tell of a batch that it was made before an outage: its mail is put in another one."""
    made = work.session.scalar(select(SendBatch.created_at).where(SendBatch.id == batch_id))
    return made is not None and work.machine - made > LONGEST_GAP


def outage(work: Work) -> Outage | None:
    """Tell what is being caught up with; None when nothing waits because of an outage."""
    found = _read(work)
    if found is None:
        return None
    slow = func.sum(case((Message.kind == MessageKind.MARKETING, 1), else_=0))
    query = select(func.count(), slow).where(WAITING, Message.not_before <= work.now)
    waiting, marketing = work.session.execute(query).one()
    return Outage(*found, waiting) if marketing else None


def release_all(work: Work) -> None:
    """End the slow pace: somebody has looked, or it is over."""
    shared_values.put(work, NAME, new=None)


def _read(work: Work) -> tuple[datetime, datetime] | None:
    held = shared_values.value(work, NAME)
    if not isinstance(held, dict):
        return None
    since, until = (datetime.fromisoformat(str(held[name])) for name in ("since", "until"))
    return (since, until) if work.machine - until < LASTS else None
