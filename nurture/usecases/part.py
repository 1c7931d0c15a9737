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
from nurture.usecases.apart import apart

T = TypeVar("T")
R = TypeVar("R")

LOOK_WITHIN = Duration(2, "bd")
SOON = timedelta(minutes=15)
"""Where everybody fails it is not them: all wait until it is mended."""
LATER = timedelta(days=1)
"""Who fails alone is tried again every day, and somebody is asked to look."""
QUEUE = "triage"


@dataclass(frozen=True, slots=True)
class Part(Generic[T, R]):
    """How due work is taken, done, and put off."""

    key: str
    name: str
    actor: str
    take: Callable[[Work, Sequence[T] | None], Sequence[T]]
    """Lock what is due; with some named, only those of them that still are."""
    do: Callable[[Work, Sequence[T]], R]
    put_off: Callable[[Work, Sequence[T], timedelta], None]
    whose: Callable[[Work, Sequence[T]], dict[T, LeadId]]


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """How much was due, and what each batch of it gave."""

    due: int
    results: tuple[R, ...] = ()


def do_due(works: Works, part: Part[T, R]) -> Done[R]:
    """Do what is due in one transaction; when it fails, in halves, until what fails is alone."""
    taken: list[T] = []
    try:
        with works.begin(part.actor) as work:
            taken += part.take(work, None)
            if not taken:
                return Done(0)
            result = part.do(work, taken)
    except Exception as error:
        if passing(error) or not taken:
            raise
    else:
        return Done(len(taken), (result,))
    return _apart(works, part, taken)


def _apart(works: Works, part: Part[T, R], taken: Sequence[T]) -> Done[R]:
    results: list[R] = []

    def again(some: Sequence[T]) -> None:
        with works.begin(part.actor) as work:
            still = part.take(work, some)
            found = [part.do(work, still)] if still else []
        results.extend(found)

    found = apart(taken, again)
    for one, error in found.broken.items():
        logger().error("put_aside", part=part.name, item=str(one), exc_info=error)
    late = [*found.broken, *found.untried]
    with works.begin(part.actor) as work:
        if found.all_fail:
            part.put_off(work, late, SOON)
        else:
            part.put_off(work, late, LATER)
            _ask(work, part, part.whose(work, late))
    return Done(len(taken), tuple(results))


def _ask(work: Work, part: Part[T, R], whose: dict[T, LeadId]) -> None:
    due_at = add(work.now, LOOK_WITHIN, zone="UTC", calendar=Calendar())
    tasks.create(
        work,
        [
            tasks.NewTask(
                # Once a week for each lead, however often it fails.
                dedup_key=f"aside|{part.key}|{lead_id}|{work.now:%G%V}",
                kind=tasks.TaskKind.TRIAGE, title="Decide what happens next",
                reason=f"{part.name} failed for this lead; the log says why.", due_at=due_at,
                lead_id=lead_id, queue=QUEUE,
            )
            for lead_id in dict.fromkeys(whose.values())
        ],
    )  # fmt: skip
