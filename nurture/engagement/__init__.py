"""What prospects did: hits with their verdicts, opens, clicks, forms and replies; the timeline."""

from nurture.engagement.agents import Agent, family
from nurture.engagement.hits import HitKind, RawHit, from_line, to_line
from nurture.engagement.intake import forget, insert_lines, positions, ship_next, unshipped
from nurture.engagement.links import LinkFiles
from nurture.engagement.privacy import erase, export, merge
from nurture.engagement.queries import (
    acts,
    due_hits,
    judged_by_older,
    new_hits,
    responses,
    timeline,
    to_rejudge,
    to_rejudge_of,
    unsettled,
    verdict_of,
)
from nurture.engagement.rules import RULESET
from nurture.engagement.service import (
    absorb,
    mark_answered,
    mark_proven,
    mark_read,
    note_activity,
    put_off,
    rejudge,
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
    Rejudged,
    Response,
    Settled,
)

__all__ = [
    "READ",
    "RULESET",
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
    "Rejudged",
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
    "judged_by_older",
    "mark_answered",
    "mark_proven",
    "mark_read",
    "merge",
    "new_hits",
    "note_activity",
    "positions",
    "put_off",
    "rejudge",
    "responses",
    "settle",
    "ship_next",
    "timeline",
    "to_line",
    "to_rejudge",
    "to_rejudge_of",
    "unsettled",
    "unshipped",
    "verdict_of",
]
