"""Whom a word of a campaign file means: one person, or a queue that several share."""

from collections.abc import Sequence

from nurture.kernel.types import UserId
from nurture.users import UserCard


def owner_of(staff: Sequence[UserCard], who: str) -> UserId | None:
    """Find the one person whom a handle, a role or a channel means; None = it is a queue."""
    found = [
        one
        for one in staff
        if one.active and (one.handle == who or who in {*map(str, one.roles), str(one.channel)})
    ]
    return found[0].id if len(found) == 1 else None
