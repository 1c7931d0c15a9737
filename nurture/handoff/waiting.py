"""Open offers: the most pressing first, and how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, literal, or_, select

from campaigns.vocabulary import HandoffState
from nurture.handoff.queries import HandoffView, view
from nurture.handoff.tables import Handoff
from nurture.kernel.types import UserId
from nurture.kernel.work import Work

DUE = case(
    (Handoff.state == HandoffState.OFFERED, Handoff.accept_by),
    (Handoff.state == HandoffState.ACCEPTED, Handoff.contact_by),
    else_=Handoff.result_by,
)
"""Which of the three deadlines runs depends on the state (`HandoffView.due_at`)."""


@dataclass(frozen=True, slots=True)
class OfferScope:
    """The offers of these people, and those in these queues."""

    owners: frozenset[UserId] = frozenset()
    queues: frozenset[str] = frozenset()

    @classmethod
    def one(cls, person: UserId, queue: str) -> "OfferScope":
        """Name what one person has: their own offers, and those in the queue of their name."""
        return cls(frozenset({person}), frozenset({queue}))

    def have(self, group: "Waits") -> bool:
        """Tell whether a group of offers is among them, as the database tells it."""
        return group.owner_id in self.owners or group.queue in self.queues


@dataclass(frozen=True, slots=True)
class OfferFilter:
    """Which open offers: those that all of this is true of; without anything, all."""

    whose: tuple[OfferScope, ...] = ()
    state: HandoffState | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Waits:
    """How many offers of one owner or queue stand alike."""

    owner_id: UserId | None
    queue: str | None
    state: HandoffState
    late: bool
    count: int


ALL = OfferFilter()


def waiting_for(
    work: Work, filter_: OfferFilter = ALL, *, limit: int = 200, skip: int = 0
) -> list[HandoffView]:
    """List open offers, the most pressing first."""
    statement = (
        select(Handoff)
        .where(*_wanted(work, filter_))
        .order_by(DUE, Handoff.id)
        .limit(limit)
        .offset(skip)
        .execution_options(populate_existing=True)
    )
    return [view(row) for row in work.session.scalars(statement)]


def waiting_counts(work: Work, filter_: OfferFilter = ALL) -> list[Waits]:
    """Count open offers by whose they are, by state and by whether they are late."""
    late = case((_late(work), literal(1)), else_=literal(0)).label("late")
    alike = (Handoff.owner_id, Handoff.queue, Handoff.state, late)
    statement = select(*alike, func.count()).where(*_wanted(work, filter_)).group_by(*alike)
    return [
        Waits(
            owner_id=None if owner is None else UserId(owner),
            queue=queue,
            state=HandoffState(state),
            late=bool(is_late),
            count=count,
        )
        for owner, queue, state, is_late, count in work.session.execute(statement)
    ]


def total(counts: Sequence[Waits]) -> int:
    """Add up how many they are."""
    return sum(one.count for one in counts)


def late(counts: Sequence[Waits]) -> int:
    """Add up how many of them are late."""
    return sum(one.count for one in counts if one.late)


def _wanted(work: Work, filter_: OfferFilter) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [Handoff.closed_at.is_(None)]
    wanted += [
        or_(Handoff.owner_id.in_(one.owners), Handoff.queue.in_(one.queues))
        for one in filter_.whose
    ]
    if filter_.state is not None:
        wanted.append(Handoff.state == filter_.state)
    if filter_.late:
        wanted.append(_late(work))
    return wanted


def _late(work: Work) -> ColumnElement[bool]:
    return work.now >= DUE
