"""Why somebody does not get in, or is not there."""

from nurture.kernel.errors import Conflict, Forbidden, NotFound


class WrongCredentials(Forbidden):
    """The address, the password or both are wrong; which one is not told."""


class NoSuchUser(NotFound):
    """Nobody here has this name or id."""


class Taken(Conflict):
    """Somebody else has this short name or address already."""
