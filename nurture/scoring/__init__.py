"""How warm they are: the ledger, the score derived from it, and the published rules."""

from nurture.scoring.queries import (
    Contribution,
    ScoreNow,
    Waterfall,
    differences,
    explain,
    intents_of,
    over,
    recheck_due,
    scores,
    without,
)
from nurture.scoring.rulebook import (
    RuleKind,
    current,
    definitions,
    every,
    publish,
    routing,
    scorecard,
    sla,
)
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
    "RuleKind",
    "ScoreNow",
    "ScoredAct",
    "Waterfall",
    "current",
    "definitions",
    "differences",
    "every",
    "explain",
    "intents_of",
    "over",
    "post_acts",
    "post_fit",
    "publish",
    "rebuild",
    "recheck_by",
    "recheck_due",
    "routing",
    "scorecard",
    "scores",
    "sla",
    "take_back",
    "without",
]
