"""Which stage may follow which."""

from collections.abc import Mapping

from campaigns.vocabulary import Stage

U, M, S, A = Stage.UNQUALIFIED, Stage.MARKETING, Stage.SALES_READY, Stage.ACCEPTED
O, C, R, D = Stage.OPPORTUNITY, Stage.CUSTOMER, Stage.RECYCLED, Stage.DISQUALIFIED  # noqa: E741 - the table below reads as a table

MOVES: Mapping[Stage, frozenset[Stage]] = {
    # A hot lead reaches sales whatever it was before (F103).
    U: frozenset({M, S, D}),
    M: frozenset({U, S, D}),
    # A recall or a demotion takes a lead back before anybody accepted it.
    S: frozenset({M, A, R, D}),
    # Another owner after a recall has not accepted yet.
    A: frozenset({S, O, C, R, D}),
    O: frozenset({A, C, R, D}),
    # A customer's contact request is a new passage to sales (F164); a win can be taken back.
    C: frozenset({S, A, O}),
    # Back to sales by new evidence, or because the answer was undone.
    R: frozenset({M, S, A, O, D}),
    # Only a person reopens a lead, or undoes the answer that closed it.
    D: frozenset({U, M, S, A, O, R}),
}

LIVE = frozenset({U, M, S, A, O, R})
"""Stages in which somebody must look after the lead; the others are an end."""


def may_move(from_stage: Stage, to: Stage) -> bool:
    """Tell whether a lead may go from one stage to another."""
    return to in MOVES[from_stage]
