"""What a web host tells the database that was away: stops first, then choices, then forms."""

from collections.abc import Callable
from functools import partial

from nurture.kernel import pending_requests
from nurture.runtime import Runtime
from nurture.usecases.intake import kept_forms
from nurture.usecases.journeys import mail_preferences
from nurture.usecases.responses import unsubscribe


def replay_requests(here: Runtime) -> list[Callable[[], object]]:
    """List them, in their order, for the shipper of this host."""
    return [
        partial(
            unsubscribe.replay_pending, here.works, here.home, key=here.secret, journey=here.journey
        ),
        partial(mail_preferences.replay_pending, here.works, here.home),
        partial(take_forms, here),
    ]


def take_forms(here: Runtime) -> None:
    """Take in the forms that came while the database was away."""
    if pending_requests.kept(here.home / kept_forms.FOLDER):
        kept_forms.replay_pending(
            here.works, here.home, clock=here.clock, intake=here.intake, journey=here.journey
        )
