"""Two who change the same thing at the same moment: neither undoes what the other has done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest

from campaigns.vocabulary import ActivityKind, Verdict
from nurture import engagement, mail
from nurture.engagement import ActivityRow, PageArrival, RawHit
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import MessageId
from nurture.kernel.work import Work, Works
from nurture.mail import MessageEvent, breaker, relay_trouble
from nurture.mail.relay_trouble import TroubleSign
from nurture.usecases.responses import hit_processing
from tests.domains.engaged import MONDAY, Mailed, arrive, click, mailed

PATIENCE = 2.0
"""On SQLite the second writer cannot begin before the first has ended."""
LONG = timedelta(minutes=30)


def beside(works: Works, actor: str, do: Callable[[Work], object]) -> tuple[Thread, Event]:
    """Do something in a transaction of another process; the event says that it has ended."""
    ended = Event()

    def run() -> None:
        with works.begin(actor) as work:
            do(work)
        ended.set()

    thread = Thread(target=run)
    thread.start()
    return thread, ended


@pytest.fixture
def one(fresh_works: Works) -> Mailed:
    with fresh_works.begin("test") as work:
        return mailed(work)


def settle(works: Works, who: Mailed) -> int:
    settled = hit_processing.settle(works, limit=500, facts=who.facts_of, then=lambda *_: None)
    return settled.hits


def due(works: Works, clock: FrozenClock, who: Mailed, *hits: RawHit) -> None:
    with works.begin("test") as work:
        arrive(work, *hits)
    hit_processing.absorb(works, limit=500, facts=who.facts_of, patience=engagement.Patience())
    clock.advance(LONG)


def proves(work: Work, who: Mailed, hit: RawHit) -> None:
    came = PageArrival(MessageId(hit.message_id), hit.link, hit.machine_at)
    row = ActivityRow(
        lead_id=who.lead,
        kind=ActivityKind.SUBMITTED,
        at=MONDAY + timedelta(seconds=90),
        origin="submission:1",
        message_id=who.message,
        name="quote",
        detail=came.to_detail(),
    )
    engagement.mark_proven(work, came, reason="form")
    engagement.note_activity(work, [row])


def clicks(works: Works, who: Mailed) -> dict[str | None, Verdict]:
    with works.read("test") as work:
        rows = engagement.timeline(work, who.lead, limit=20)
    return {row.link: row.verdict for row in rows if row.kind is ActivityKind.CLICKED}


def test_a_form_proves_its_click_though_the_click_settles_at_that_moment(
    fresh_works: Works, clock: FrozenClock, one: Mailed
) -> None:
    hit = click(one.message, 0, 0)
    due(fresh_works, clock, one, hit)
    with fresh_works.begin("worker") as work:
        taken = engagement.due_hits(work, limit=10)
        engagement.settle(work, taken, facts=one.facts_of(work, [one.message]))
        form, ended = beside(fresh_works, "prospect", lambda other: proves(other, one, hit))
        assert not ended.wait(PATIENCE)
    form.join(60)
    assert clicks(fresh_works, one) == {"0": Verdict.HUMAN_PROVEN}


def test_what_a_form_proves_is_left_alone_by_who_settles_at_that_moment(
    fresh_works: Works, clock: FrozenClock, one: Mailed
) -> None:
    first, others = click(one.message, 0, 0), [click(one.message, n, 0.2 * n) for n in (1, 2, 3)]
    due(fresh_works, clock, one, first)
    settle(fresh_works, one)
    due(fresh_works, clock, one, *(replace(hit) for hit in others))
    with fresh_works.begin("prospect") as work:
        proves(work, one, first)
        worker = Thread(target=settle, args=(fresh_works, one))
        worker.start()
        worker.join(PATIENCE)
    worker.join(60)
    settle(fresh_works, one)
    assert clicks(fresh_works, one)["0"] is Verdict.HUMAN_PROVEN


def test_a_tick_never_opens_again_what_an_answer_has_closed(fresh_works: Works) -> None:
    in_trouble(fresh_works, probe=7)
    with fresh_works.begin("tick") as work:
        assert breaker.to_probe(work) == [""]
        answer, ended = beside(
            fresh_works, "worker", lambda other: mail.watch(other, 7, [MessageEvent.ACCEPTED])
        )
        closed_before = ended.wait(PATIENCE)
        breaker.begin_probe(work, 8)
    answer.join(60)
    held = state(fresh_works)
    assert (held.is_open, held.probe) == ((False, None) if closed_before else (True, 8))


def test_a_worker_that_counted_before_the_close_opens_nothing_after_it(
    fresh_works: Works, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_trouble(fresh_works, probe=7)
    with fresh_works.begin("worker") as work:
        mail.watch(work, 7, [MessageEvent.ACCEPTED])
    ended = Event()

    def counts(*_: object, **__: object) -> TroubleSign:
        """Count long enough for the server to be in trouble, and to answer again, meanwhile."""
        clock.advance(timedelta(seconds=1))
        breaker_closes(fresh_works, ended)
        return TroubleSign("20 of the last 20 mails were put off by the server", "Wait")

    monkeypatch.setattr(relay_trouble, "trouble", counts)
    with fresh_works.begin("worker") as work:
        mail.watch(work, 9, [MessageEvent.TEMPORARY])
    assert ended.wait(60)
    assert not state(fresh_works).is_open or fresh_works.one_writer


def breaker_closes(works: Works, ended: Event) -> None:
    def close() -> None:
        in_trouble(works, probe=8)
        with works.begin("worker") as work:
            mail.watch(work, 8, [MessageEvent.ACCEPTED])
        ended.set()

    Thread(target=close).start()
    ended.wait(PATIENCE)


def in_trouble(works: Works, *, probe: int) -> None:
    with works.begin("test") as work:
        held = breaker.Breaker(work.machine, "no answer", breaker.FIRST_PROBE, work.machine)
        breaker._put(work, replace(held, probe=probe))


def state(works: Works) -> mail.Breaker:
    with works.read("test") as work:
        return mail.read_breaker(work)
