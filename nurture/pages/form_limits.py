"""How many forms are taken from strangers, and how much mail they may cause.

An address that somebody typed may be anybody's. So mail to it is rare however often it is typed,
and one network, or all strangers together, cause only so much. Whoever came by a link of a mail to
that address is no stranger: only that one mailbox is looked after.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

HOUR, DAY, MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=30)
KEPT_FOR = MONTH + DAY
"""How long a form counts for any limit."""


class LimitScope(StrEnum):
    """Whose forms are counted together."""

    ADDRESS = "address"
    NETWORK = "network"
    ALL = "all"


class CountedBy(StrEnum):
    """What of a form is counted."""

    TAKEN = "taken"
    MAILED = "mailed"
    """It caused a mail to the address that was typed."""
    ALERTED = "alerted"
    """It caused alert mails to our own people."""


@dataclass(frozen=True, slots=True)
class FormLimit:
    """At most so many in a stretch of machine time."""

    scope: LimitScope
    most: int
    span: timedelta
    what: CountedBy = CountedBy.TAKEN


TAKEN = (
    FormLimit(LimitScope.ADDRESS, 10, DAY),
    FormLimit(LimitScope.NETWORK, 50, HOUR),
    FormLimit(LimitScope.NETWORK, 200, DAY),
    FormLimit(LimitScope.ALL, 300, HOUR),
    FormLimit(LimitScope.ALL, 2_000, DAY),
)
"""Forms of strangers that are taken in."""
MAILED = (
    FormLimit(LimitScope.ADDRESS, 1, DAY, CountedBy.MAILED),
    FormLimit(LimitScope.ADDRESS, 3, MONTH, CountedBy.MAILED),
    FormLimit(LimitScope.NETWORK, 50, HOUR, CountedBy.MAILED),
    FormLimit(LimitScope.NETWORK, 200, DAY, CountedBy.MAILED),
    FormLimit(LimitScope.ALL, 300, HOUR, CountedBy.MAILED),
    FormLimit(LimitScope.ALL, 2_000, DAY, CountedBy.MAILED),
)
"""Mails that strangers cause; one a day and three a month is what list bombing leaves bearable."""
TAKEN_BY_LINK = (FormLimit(LimitScope.ADDRESS, 100, DAY),)
MAILED_BY_LINK = (
    FormLimit(LimitScope.ADDRESS, 20, DAY, CountedBy.MAILED),
    FormLimit(LimitScope.ADDRESS, 60, MONTH, CountedBy.MAILED),
)
"""Mails to one mailbox whose own links are used."""

ALERTED = (
    FormLimit(LimitScope.NETWORK, 10, HOUR, CountedBy.ALERTED),
    FormLimit(LimitScope.ALL, 30, HOUR, CountedBy.ALERTED),
    FormLimit(LimitScope.ALL, 100, DAY, CountedBy.ALERTED),
)
"""Alerts that strangers cause; beyond them, what they ask is a task all the same."""

Full = Callable[[FormLimit], datetime | None]
"""Tells when a limit that is reached lets the next one through; None where it is not reached."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one form may do now."""

    taken: bool = True
    mail: bool = True
    alert: bool = True
    again_at: datetime | None = None
    """From when on it may do all of it."""
    scope: LimitScope | None = None
    """Whose limit it met."""


def allow(full: Full, *, by_link: bool) -> Allowance:
    """Judge one more form; `full` counts those before it."""
    taken = _first(full, TAKEN_BY_LINK if by_link else TAKEN)
    if taken is not None:
        return Allowance(
            taken=False, mail=False, alert=False, again_at=taken[1], scope=taken[0].scope
        )
    alert = by_link or _first(full, ALERTED) is None
    mailed = _first(full, MAILED_BY_LINK if by_link else MAILED)
    if mailed is not None:
        return Allowance(mail=False, alert=alert, again_at=mailed[1], scope=mailed[0].scope)
    return Allowance(alert=alert)


def _first(full: Full, limits: Sequence[FormLimit]) -> tuple[FormLimit, datetime] | None:
    """Give the limit that takes longest to let somebody through, of those that are reached."""
    reached = [(limit, at) for limit in limits if (at := full(limit)) is not None]
    return max(reached, key=lambda one: one[1], default=None)
