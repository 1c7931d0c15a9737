"""What prospects did reaches the engine: hits find their lead, verdicts settle, evidence counts."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeAlias, TypeVar

from nurture import engagement, mail
from nurture.engagement import MessageFacts, NewHit, Patience, Settled
from nurture.kernel.database import CHUNK
from nurture.kernel.types import LeadId, MessageId
from nurture.kernel.work import Work, Works
from nurture.usecases.shared.due_work import DueWork, do_due

FactsOf: TypeAlias = Callable[[Work, Collection[MessageId]], Mapping[MessageId, MessageFacts]]
Then: TypeAlias = Callable[[Work, Settled], None]
R = TypeVar("R")


class HitLock(Protocol):
    """How hits that are due are taken."""

    def __call__(self, work: Work, *, limit: int, only: Collection[int] | None) -> Sequence[NewHit]:
        """Lock up to `limit` of them; with `only`, those of these that still are due."""
        ...


WORKER = "worker"
JOINING = ("absorb", "Joining a click to its mail")
WEIGHING = ("settle", "Weighing a click")
SETTLED_AT_ONCE = 200
"""Judging reads around each hit; so many keep SQLite's writer well below 100 ms."""


@dataclass(frozen=True, slots=True)
class MessageHits:
    """All hits of one message that a pass took: they are judged together."""

    message_id: MessageId
    hits: tuple[NewHit, ...]


def absorb(works: Works, *, limit: int, facts: FactsOf, patience: Patience) -> int:
    """Join new hits to their messages, a chunk a transaction; tell how many there were."""

    def join(work: Work, heard: Sequence[MessageHits]) -> int:
        hits = _hits(heard)
        known = facts(work, {one.message_id for one in heard})
        engagement.absorb(work, hits, facts=known, patience=patience)
        return len(hits)

    taken = 0
    while taken < limit:
        most = min(CHUNK, limit - taken)
        part = _part(JOINING, engagement.new_hits, join, most)
        done = do_due(works, part)
        if not done.due:
            break
        # What was put off counts, too, or a pass would look for it again at once.
        taken += max(sum(done.results), done.due)
    return taken


def settle(works: Works, *, limit: int, facts: FactsOf, then: Then) -> Settled:
    """Make verdicts final whose time is over, and let `then` score them in the same transaction.

    Dying inside loses nothing: the hits are still due. Dying after the commit repeats nothing.
    """

    def judge(work: Work, heard: Sequence[MessageHits]) -> Settled:
        known = facts(work, {one.message_id for one in heard})
        settled = engagement.settle(work, _hits(heard), facts=known)
        then(work, settled)
        return settled

    whole, seen = Settled(), 0
    while seen < limit:
        most = min(SETTLED_AT_ONCE, limit - seen)
        part = _part(WEIGHING, engagement.due_hits, judge, most)
        done = do_due(works, part)
        if not done.due:
            break
        for settled in done.results:
            whole = whole.plus(settled)
        seen = max(seen + done.due, whole.hits)
    return whole


def _part(
    called: tuple[str, str],
    lock: HitLock,
    do: Callable[[Work, Sequence[MessageHits]], R],
    most: int,
) -> DueWork[MessageHits, R]:
    """Take hits by message: one that fails never stops those of other mails."""

    def take(work: Work, some: Sequence[MessageHits] | None) -> list[MessageHits]:
        only = None if some is None else [hit.id for one in some for hit in one.hits]
        found: dict[MessageId, list[NewHit]] = defaultdict(list)
        for hit in lock(work, limit=most, only=only):
            found[hit.message_id].append(hit)
        return [MessageHits(message_id, tuple(hits)) for message_id, hits in found.items()]

    def whose(work: Work, late: Sequence[MessageHits]) -> dict[MessageHits, LeadId]:
        refs = mail.refs(work, [one.message_id for one in late])
        leads = {one: refs[one.message_id].lead_id for one in late if one.message_id in refs}
        return {one: lead_id for one, lead_id in leads.items() if lead_id is not None}

    def put_off(work: Work, late: Sequence[MessageHits], by: timedelta) -> None:
        engagement.put_off(work, [hit.id for hit in _hits(late)], by=by)

    key, name = called
    return DueWork(
        key,
        name,
        WORKER,
        take=take,
        do=do,
        put_off=put_off,
        whose=whose,
        number=lambda heard: heard.message_id,
    )


def _hits(heard: Sequence[MessageHits]) -> list[NewHit]:
    return [hit for one in heard for hit in one.hits]
