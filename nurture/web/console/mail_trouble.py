"""Whether mail leaves, as pages say it: the troubles that the database knows, and its own."""

from datetime import timedelta
from time import monotonic

from flask import current_app

from nurture import schema
from nurture.kernel.work import Work
from nurture.reports.health import HealthTrouble, troubles
from nurture.reports.sending_health import SendingHealth, sending_health
from nurture.web.current import here

EVERY = 10.0
"""Seconds for which it is remembered whether the tables are those of this version."""
_PLACE = "nurture.tables_behind"
BEHIND = HealthTrouble(
    "The tables are not those of this version.",
    "Some pages and all mail may stand still.",
    "Run: nurture db upgrade. Then start everything anew.",
)


def troubles_of(work: Work, counted: SendingHealth | None = None) -> tuple[HealthTrouble, ...]:
    """List why mail does not leave now; nothing where it leaves or none is due."""
    lease = timedelta(seconds=here().settings.lease_seconds)
    found = troubles(work, counted or sending_health(work), lease=lease)
    return (BEHIND, *found) if _behind() else found


def _behind() -> bool:
    told, at = current_app.extensions.get(_PLACE, (False, -EVERY))
    if monotonic() - at > EVERY:
        told = schema.pending(here().works.engine)
        current_app.extensions[_PLACE] = (told, monotonic())
    return bool(told)
