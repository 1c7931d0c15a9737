"""What a web host tells the database that was away: stops first, then choices, then forms."""

from collections.abc import Callable
from functools import partial

from nurture.kernel import slips
from nurture.runtime import Runtime
from nurture.usecases import kept_forms, leave, prefer


def errands(here: Runtime) -> list[Callable[[], object]]:
    """List them, in their order, for the shipper of this host."""
    return [
        partial(leave.carry_out, here.works, here.home, key=here.secret, desk=here.desk),
        partial(prefer.carry_out, here.works, here.home),
        partial(take_forms, here),
    ]


def take_forms(here: Runtime) -> None:
    """Take in the forms that came while the database was away."""
    if slips.kept(here.home / kept_forms.FOLDER):
        kept_forms.carry_out(
            here.works, here.home, clock=here.clock, house=here.house, desk=here.desk
        )
