"""Which stage they are in, by which definition, and why it changed."""

from nurture.lifecycle.queries import Stretch, history, stages
from nurture.lifecycle.rules import LIVE, MAILABLE, MOVES, may_move
from nurture.lifecycle.service import Moved, begin, hold, move

__all__ = [
    "LIVE",
    "MAILABLE",
    "MOVES",
    "Moved",
    "Stretch",
    "begin",
    "history",
    "hold",
    "may_move",
    "move",
    "stages",
]
