"""How warm they are: the ledger, and the score derived from it."""

from nurture.scoring.queries import (
    Contribution,
    ScoreNow,
    Waterfall,
    differences,
    earned,
    explain,
    intents_of,
    over,
    recheck_due,
    scores,
    without,
)
from nurture.scoring.rulebook import follow_rules
from nurture.scoring.service import (
    ScoredAct,
    post_acts,
    post_fit,
    rebuild,
    recheck_by,
    take_back,
)

__all__ = [
    "Contribution",
    "ScoreNow",
    "ScoredAct",
    "Waterfall",
    "differences",
    "earned",
    "explain",
    "follow_rules",
    "intents_of",
    "over",
    "post_acts",
    "post_fit",
    "rebuild",
    "recheck_by",
    "recheck_due",
    "scores",
    "take_back",
    "without",
]
