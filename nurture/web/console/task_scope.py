"""Whose tasks somebody answers: marketing all, a manager their team's, others their own."""

from collections.abc import Iterable

from campaigns.vocabulary import Role
from nurture import tasks, users
from nurture.kernel.types import LeadId, UserId
from nurture.kernel.work import Work
from nurture.tasks import TaskFilter
from nurture.users import UserCard

ALL = (Role.MARKETER, Role.ADMIN)
MARKETING = frozenset({"marketing", "triage"})
"""Queues of marketing beside the name of its role."""


def reach(work: Work, reader: UserCard) -> TaskFilter:
    """Tell which tasks are this reader's to see and to answer."""
    if reader.has(*ALL):
        return TaskFilter(everybody=True)
    return _of([reader, *team(reader, users.everybody(work))])


def own(reader: UserCard) -> TaskFilter:
    """Tell which tasks lie with this reader or in a queue of theirs."""
    return _of([reader])


def team(manager: UserCard, staff: Iterable[UserCard]) -> list[UserCard]:
    """List who reports to somebody, at whatever distance."""
    if not manager.has(Role.MANAGER):
        return []
    staff, found = list(staff), {manager.id}
    below: list[UserCard] = []
    while more := [one for one in staff if one.manager_id in found and one.id not in found]:
        found |= {one.id for one in more}
        below += more
    return below


def has_task(work: Work, reader: UserCard, lead_id: LeadId) -> bool:
    """Tell whether this reader has something to do for a lead."""
    mine = reach(work, reader)
    return any(mine.has(one) for one in tasks.open_tasks(work, lead_id=lead_id))


def _of(cards: Iterable[UserCard]) -> TaskFilter:
    owners: set[UserId] = set()
    queues: set[str] = set()
    for one in cards:
        owners.add(one.id)
        queues |= _queues(one)
    return TaskFilter(owners=frozenset(owners), queues=frozenset(queues))


def _queues(card: UserCard) -> set[str]:
    """Name the queues that somebody looks after; dealers share none, they compete."""
    if card.roles <= {Role.DEALER}:
        return {card.handle}
    words = {card.handle, *map(str, card.roles)} | ({str(card.channel)} if card.channel else set())
    return words | MARKETING if card.has(*ALL) else words
