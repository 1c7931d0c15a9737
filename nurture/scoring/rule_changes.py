"""What new rules mean for scores that are there already."""

from sqlalchemy import func, select, update

from campaigns.scorecard import Scorecard
from nurture import published
from nurture.kernel.errors import Invalid
from nurture.kernel.work import Work
from nurture.scoring.rules import fading_half_life
from nurture.scoring.tables import LedgerRow, ScoreRow


def follow_rules(work: Work) -> None:
    """Make every score due for a check by a new scorecard or new definitions.

    A scorecard that the points already given could not follow is refused.
    """
    _refuse_another_half_life(work, published.scorecard(work))
    work.session.connection().execute(update(ScoreRow).values(recheck_at=work.now))


def _refuse_another_half_life(work: Work, card: Scorecard) -> None:
    """Refuse what the one fading accumulator of a score could not carry."""
    if len([days for days in card.half_lives if days is not None]) > 1:
        raise Invalid("All groups that fade must share one half-life; others may never fade.")
    other = select(func.count()).where(
        LedgerRow.half_life_days.is_not(None),
        LedgerRow.half_life_days != fading_half_life(card),
    )
    if fading_half_life(card) is not None and work.session.scalar(other):
        raise Invalid("Points were given with another half-life; it cannot change under them.")
