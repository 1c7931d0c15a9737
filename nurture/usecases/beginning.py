"""The first step of an installation: before leads come, a library is in force."""

from nurture import scoring
from nurture.kernel.work import Work
from nurture.scoring import RuleKind

NEEDED = (
    RuleKind.SENDING,
    RuleKind.SCORECARD,
    RuleKind.DEFINITIONS,
    RuleKind.ROUTING,
    RuleKind.SLA,
)
"""What a lead that comes in is judged by."""


def refuse_before_publishing(work: Work) -> None:
    """Refuse where what a lead is judged by is not in force yet."""
    for kind in NEEDED:
        scoring.current(work, kind)
