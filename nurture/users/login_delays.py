"""How often a password may be tried: delays for whoever tries, never a lock for its owner.

Wrong passwords are counted for each pair of account and source. A source is a network, or a browser
that has logged in to the account before (the device cookies of OWASP's "Slow Down Online Guessing
Attacks"). A stranger uses up a stranger's tries, so the owner's next one is always free.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PERIOD = timedelta(hours=1)
MOST_TRIES = 30
"""By one source on one account in an hour."""
MOST_WIDE_TRIES = 120
"""By all networks of one site, which has a /48 of IPv6, on one account in an hour (RFC 6177)."""
MOST_SPREAD_TRIES = 100
"""By one source on all accounts in an hour: one password tried on many."""
FREE_TRIES = 5
"""A person who mistypes waits after these only."""
ATTACKED_BY = 50
"""So many wrong tries from elsewhere make an account one that is attacked: nobody's tries but the
first are free then."""
LONGEST_DELAY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class TrySource:
    """Where a try comes from, in hashes."""

    name: str
    """A network, or a browser that is known to the account."""
    wide: str
    """The site that the network belongs to."""
    shared: bool = False
    """Many who have nothing in common may come from here: tries on other accounts do not count."""


@dataclass(frozen=True, slots=True)
class LoginAttempts:
    """The wrong tries of the last hour that a new one is judged by, the oldest first."""

    here: Sequence[datetime]
    """By this source on this account."""
    wide: Sequence[datetime]
    """By its whole site on this account."""
    spread: Sequence[datetime]
    """By this source on any account."""
    elsewhere: int
    """By others on this account."""


def open_again(tried: LoginAttempts) -> datetime | None:
    """Tell from when on the next try counts; None for a source that has tried nothing wrong."""
    limits = (
        (tried.here, MOST_TRIES),
        (tried.wide, MOST_WIDE_TRIES),
        (tried.spread, MOST_SPREAD_TRIES),
    )
    waits = [times[-most] + PERIOD for times, most in limits if len(times) >= most]
    if tried.here:
        waits.append(tried.here[-1] + _delay(len(tried.here), tried.elsewhere))
    return max(waits, default=None)


def _delay(tries: int, elsewhere: int) -> timedelta:
    """Double with each wrong try, from one second on."""
    free = FREE_TRIES if elsewhere < ATTACKED_BY else 1
    if tries < free:
        return timedelta(0)
    return min(timedelta(seconds=2.0 ** min(tries - free, 10)), LONGEST_DELAY)
