"""Which stage they are in, by which definition, and why it changed."""

from nurture.lifecycle.queries import StagePeriod, history, stages
from nurture.lifecycle.rules import LIVE, MOVES, may_move
from nurture.lifecycle.service import StageMove, begin, hold, move

__all__ = [
    "LIVE",
    "MOVES",
    "StageMove",
    "StagePeriod",
    "begin",
    "history",
    "hold",
    "may_move",
    "move",
    "stages",
]
