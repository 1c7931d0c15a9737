"""How warm they are: the ledger, and the score derived from it."""

from nurture.scoring.queries import (
    ScoreLine,
    ScoreNow,
    ScoreWaterfall,
    differences,
    earned,
    explain,
    intents_of,
    over,
    recheck_due,
    scores,
    without,
)
from nurture.scoring.rule_changes import follow_rules
from nurture.scoring.service import (
    ScoredAct,
    post_acts,
    post_fit,
    recheck_by,
    take_back,
)

__all__ = [
    "ScoreLine",
    "ScoreNow",
    "ScoreWaterfall",
    "ScoredAct",
    "differences",
    "earned",
    "explain",
    "follow_rules",
    "intents_of",
    "over",
    "post_acts",
    "post_fit",
    "recheck_by",
    "recheck_due",
    "scores",
    "take_back",
    "without",
]
