"""One kind of due work, done in a batch; what fails by itself is found and put aside (S-08)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from campaigns.timing import Calendar, Duration, add
from nurture import tasks
from nurture.kernel.database import passing
from nurture.kernel.log import logger
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work, Works
from nurture.usecases.shared.bisect import LATER, BisectResult, bisect
from nurture.usecases.shared.failure_log import PATIENCE, failing_since

T = TypeVar("T")
R = TypeVar("R")

LOOK_WITHIN = Duration(2, "bd")
QUEUE = "triage"


@dataclass(frozen=True, slots=True)
class DueWork(Generic[T, R]):
    """How due work is taken, done, and put off."""

    key: str
    name: str
    actor: str
    take: Callable[[Work, Sequence[T] | None], Sequence[T]]
    """Lock what is due; with some named, only those of them that still are."""
    do: Callable[[Work, Sequence[T]], R]
    put_off: Callable[[Work, Sequence[T], timedelta], None]
    whose: Callable[[Work, Sequence[T]], dict[T, LeadId]]
    number: Callable[[T], int]
    """By what a failure is remembered until the next pass."""


@dataclass(frozen=True, slots=True)
class DueWorkResult(Generic[R]):
    """How much was due, and what each batch of it gave."""

    due: int
    results: tuple[R, ...] = ()


def do_due(works: Works, part: DueWork[T, R]) -> DueWorkResult[R]:
    """Do what is due in one transaction; when it fails, in halves, until what fails is alone."""
    taken: list[T] = []
    try:
        with works.begin(part.actor) as work:
            taken += part.take(work, None)
            if not taken:
                return DueWorkResult(0)
            result = part.do(work, taken)
    except Exception as error:
        if passing(error) or not taken:
            raise
    else:
        return DueWorkResult(len(taken), (result,))
    return _apart(works, part, taken)


def _apart(works: Works, part: DueWork[T, R], taken: Sequence[T]) -> DueWorkResult[R]:
    results: list[R] = []

    def again(some: Sequence[T]) -> None:
        with works.begin(part.actor) as work:
            still = part.take(work, some)
            found = [part.do(work, still)] if still else []
        results.extend(found)

    found = bisect(taken, again)
    for one, error in found.broken.items():
        logger().error("put_aside", part=part.name, item=str(one), exc_info=error)
    with works.begin(part.actor) as work:
        aside = _aside(work, part, found)
        waits = found.waits | dict.fromkeys(aside, LATER)
        for by in set(waits.values()):
            part.put_off(work, [one for one, wait in waits.items() if wait == by], by)
        if aside:
            _ask(work, part, part.whose(work, aside))
    return DueWorkResult(len(taken), tuple(results))


def _aside(work: Work, part: DueWork[T, R], found: BisectResult[T]) -> list[T]:
    """Name those whose own fault it is: others went through, or they have failed for a day."""
    if not found.all_fail:
        return list(found.broken)
    number = {one: part.number(one) for one in found.broken}
    since = failing_since(work, part.key, number.values())
    return [one for one, named in number.items() if work.now - since[named] >= PATIENCE]


def _ask(work: Work, part: DueWork[T, R], whose: dict[T, LeadId]) -> None:
    due_at = add(work.now, LOOK_WITHIN, zone="UTC", calendar=Calendar())
    tasks.create(
        work,
        [
            tasks.NewTask(
                # Once a week for each lead, however often it fails.
                dedup_key=f"aside|{part.key}|{lead_id}|{work.now:%G%V}",
                kind=tasks.TaskKind.TRIAGE,
                title="Decide what happens next",
                reason=f"{part.name} failed for this lead; the log says why.",
                due_at=due_at,
                lead_id=lead_id,
                queue=QUEUE,
            )
            for lead_id in dict.fromkeys(whose.values())
        ],
    )
