"""Why somebody does not get in, or is not there."""

from datetime import datetime
from math import ceil

from nurture.kernel.errors import Conflict, Forbidden, NotFound

MINUTE = 60


class WrongCredentials(Forbidden):
    """The address, the password or both are wrong; which one is not told."""


class TooManyTries(Forbidden):
    """Wrong passwords came too often from where this try comes from."""

    def __init__(self, sentence: str, *, seconds: int) -> None:
        """Keep for how long to wait."""
        super().__init__(sentence)
        self.seconds = seconds

    @classmethod
    def until(cls, at: datetime, *, now: datetime) -> "TooManyTries":
        """Say how long to wait."""
        seconds = max(ceil((at - now).total_seconds()), 1)
        minutes = ceil(seconds / MINUTE)
        wait = (
            f"{seconds} second{'s' * (seconds > 1)}" if seconds <= MINUTE else f"{minutes} minutes"
        )
        return cls(
            f"Wrong passwords came too often from your network. Wait {wait}, then try again.",
            seconds=seconds,
        )


class NoSuchUser(NotFound):
    """Nobody here has this name or id."""


class Taken(Conflict):
    """Somebody else has this short name or address already."""
