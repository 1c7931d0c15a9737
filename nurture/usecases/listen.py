"""What prospects did reaches the engine: hits find their lead, verdicts settle, evidence counts."""

from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from nurture import engagement
from nurture.engagement import MessageFacts, Patience, Settled
from nurture.kernel.database import CHUNK
from nurture.kernel.types import MessageId
from nurture.kernel.work import Work, Works

FactsOf: TypeAlias = Callable[[Work, Collection[MessageId]], Mapping[MessageId, MessageFacts]]
Then: TypeAlias = Callable[[Work, Settled], None]

WORKER = "worker"
SETTLED_AT_ONCE = 200
"""Judging reads around each hit; so many keep SQLite's writer well below 100 ms."""


def absorb(works: Works, *, limit: int, facts: FactsOf, patience: Patience) -> int:
    """Join new hits to their messages, a chunk a transaction; tell how many there were."""
    taken = 0
    while taken < limit:
        with works.begin(WORKER) as work:
            hits = engagement.new_hits(work, limit=min(CHUNK, limit - taken))
            if not hits:
                break
            known = facts(work, {hit.message_id for hit in hits})
            engagement.absorb(work, hits, facts=known, patience=patience)
        taken += len(hits)
    return taken


def settle(works: Works, *, limit: int, facts: FactsOf, then: Then) -> Settled:
    """Make verdicts final whose time is over, and let `then` score them in the same transaction.

    Dying inside loses nothing: the hits are still due. Dying after the commit repeats nothing.
    """
    whole = Settled()
    while whole.hits < limit:
        with works.begin(WORKER) as work:
            hits = engagement.due_hits(work, limit=min(SETTLED_AT_ONCE, limit - whole.hits))
            if not hits:
                break
            known = facts(work, {hit.message_id for hit in hits})
            settled = engagement.settle(work, hits, facts=known)
            then(work, settled)
        whole = whole.plus(settled)
    return whole
