"""Who acts for whom: people for themselves, managers for their own line, admins for everybody."""

from collections.abc import Mapping

from campaigns.vocabulary import Role
from nurture.kernel.types import UserId
from nurture.users.model import UserCard

_NOBODY = UserId(0)


def acts_for(reader: UserCard, owner: UserCard | None, staff: Mapping[UserId, UserCard]) -> bool:
    """Tell whether somebody may answer for an owner, None for what is nobody's yet.

    A manager acts for who reports to them, at whatever distance, and for nobody else's people. The
    deputy of somebody without an active manager acts too: they are told when something is late.
    """
    if reader.has(Role.ADMIN):
        return True
    if owner is None:
        return reader.has(Role.MANAGER)
    return owner.id == reader.id or _above(reader, owner, staff)


def may_get(reader: UserCard, to: UserCard, staff: Mapping[UserId, UserCard]) -> bool:
    """Tell whether somebody may give a lead to a colleague: dealers get them of their own team.

    Dealers compete, and another team's dealer is another manager's to choose.
    """
    if reader.has(Role.ADMIN):
        return True
    team_mates = to.manager_id is not None and to.manager_id == reader.manager_id
    if _only_dealer(to):
        return _above(reader, to, staff) or (team_mates and not _only_dealer(reader))
    return team_mates or not _only_dealer(reader)


def _above(reader: UserCard, owner: UserCard, staff: Mapping[UserId, UserCard]) -> bool:
    seen, below = {owner.id}, owner
    while (
        manager := staff.get(below.manager_id or _NOBODY)
    ) is not None and manager.id not in seen:
        if manager.id == reader.id or (not manager.active and manager.deputy_id == reader.id):
            return True
        seen.add(manager.id)
        below = manager
    return owner.manager_id is None and owner.deputy_id == reader.id


def _only_dealer(card: UserCard) -> bool:
    return card.roles <= {Role.DEALER}
