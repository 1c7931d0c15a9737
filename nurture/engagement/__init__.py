"""What prospects did: hits with their verdicts, opens, clicks, forms and replies; the timeline."""

from nurture.engagement.agents import Agent, family
from nurture.engagement.hits import HitKind, RawHit, from_line, to_line
from nurture.engagement.intake import forget, insert_lines, positions, ship_next, unshipped
from nurture.engagement.links import LinkFiles
from nurture.engagement.privacy import erase, export, merge
from nurture.engagement.queries import (
    acts,
    due_hits,
    new_hits,
    responses,
    timeline,
    unsettled,
    verdict_of,
)
from nurture.engagement.service import (
    absorb,
    mark_answered,
    mark_proven,
    mark_read,
    note_activity,
    put_off,
    settle,
)
from nurture.engagement.types import (
    READ,
    ActivityRow,
    Came,
    Correction,
    MessageFacts,
    NewHit,
    Patience,
    Response,
    Settled,
)

__all__ = [
    "READ",
    "ActivityRow",
    "Agent",
    "Came",
    "Correction",
    "HitKind",
    "LinkFiles",
    "MessageFacts",
    "NewHit",
    "Patience",
    "RawHit",
    "Response",
    "Settled",
    "absorb",
    "acts",
    "due_hits",
    "erase",
    "export",
    "family",
    "forget",
    "from_line",
    "insert_lines",
    "mark_answered",
    "mark_proven",
    "mark_read",
    "merge",
    "new_hits",
    "note_activity",
    "positions",
    "put_off",
    "responses",
    "settle",
    "ship_next",
    "timeline",
    "to_line",
    "unsettled",
    "unshipped",
    "verdict_of",
]
