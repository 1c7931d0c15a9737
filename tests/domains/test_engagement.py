"""Hits reach their leads, settle, and stand in the timeline once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from campaigns.vocabulary import ActivityKind, Verdict
from nurture import engagement
from nurture.engagement import ActivityRow, HitKind, PageArrival, Patience, RawHit, Settled
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import MessageId
from nurture.kernel.work import Work, Works
from nurture.usecases.responses import hit_processing
from tests.domains.engaged import MONDAY, Mailed, arrive, click, mailed

LONG = timedelta(minutes=30)


@pytest.fixture
def one(works: Works) -> Iterator[Mailed]:
    with works.begin("test") as work:
        yield mailed(work)


def absorb(works: Works, who: Mailed) -> int:
    return hit_processing.absorb(works, limit=5000, facts=who.facts_of, patience=Patience())


def settle(works: Works, who: Mailed) -> Settled:
    return hit_processing.settle(
        works, limit=5000, facts=who.facts_of, then=lambda _work, _settled: None
    )


def live(works: Works, clock: FrozenClock, who: Mailed, *hits: RawHit) -> Settled:
    """Let hits arrive, wait until all verdicts are final."""
    with works.begin("test") as work:
        arrive(work, *hits)
    absorb(works, who)
    clock.advance(LONG)
    return settle(works, who)


def came_by(hit: RawHit) -> PageArrival:
    return PageArrival(MessageId(hit.message_id), hit.link, hit.machine_at)


def submitted(who: Mailed, seconds: float, by: RawHit | None = None) -> ActivityRow:
    return ActivityRow(
        lead_id=who.lead,
        kind=ActivityKind.SUBMITTED,
        at=MONDAY + timedelta(seconds=seconds),
        origin="submission:1",
        message_id=who.message,
        name="quote",
        detail=came_by(by).to_detail() if by else {},
    )


def test_a_click_is_no_activity_before_its_verdict_is_final(
    works: Works, clock: FrozenClock, one: Mailed
) -> None:
    with works.begin("test") as work:
        arrive(work, click(one.message, 0, 0))
    assert absorb(works, one) == 1
    clock.advance(timedelta(seconds=119))
    assert settle(works, one) == Settled()

    clock.advance(timedelta(seconds=2))
    (row,) = settle(works, one).activities

    assert (row.lead_id, row.kind, row.at) == (one.lead, ActivityKind.CLICKED, MONDAY)
    assert (row.verdict, row.link, row.message_id) == (Verdict.HUMAN_LIKELY, "0", one.message)
    with works.read("test") as work:
        assert engagement.timeline(work, one.lead, limit=9) == [row]
        assert engagement.unsettled(work) == 0


def test_behind_a_gateway_the_verdict_waits_longer(works: Works, clock: FrozenClock) -> None:
    with works.begin("test") as work:
        who = mailed(work, gateway=True)
        arrive(work, click(who.message, 0, 0))
    absorb(works, who)
    clock.advance(timedelta(seconds=299))
    assert settle(works, who).hits == 0
    clock.advance(timedelta(seconds=2))
    assert settle(works, who).hits == 1


def test_a_scanner_that_opens_every_link_is_nobody(
    works: Works, clock: FrozenClock, one: Mailed
) -> None:
    settled = live(works, clock, one, *(click(one.message, n, 40 + n / 10) for n in range(6)))

    assert {row.verdict for row in settled.activities} == {Verdict.SCANNER_CERTAIN}
    with works.read("test") as work:
        response = engagement.responses(work, [one.message])[one.message]
    assert (response.clicked_at, response.machine_clicks) == (None, 6)


def test_a_burst_that_arrives_late_unmasks_a_click_that_had_counted(
    works: Works, clock: FrozenClock, one: Mailed
) -> None:
    (before,) = live(works, clock, one, click(one.message, 0, 0)).activities

    settled = live(works, clock, one, click(one.message, 1, 0.1), click(one.message, 2, 0.2))

    (correction,) = settled.corrections
    assert (correction.activity_id, correction.before) == (before.id, Verdict.HUMAN_LIKELY)
    assert correction.after is Verdict.SCANNER_CERTAIN
    assert settled.lead_ids == {one.lead}
    with works.read("test") as work:
        assert engagement.responses(work, [one.message])[one.message].clicked_at is None


def test_clicking_again_within_a_minute_is_one_act(
    works: Works, clock: FrozenClock, one: Mailed
) -> None:
    times = (0, 20, 59, 500)
    settled = live(works, clock, one, *(click(one.message, 0, second) for second in times))
    assert [row.at - MONDAY for row in settled.activities] == [
        timedelta(0),
        timedelta(seconds=500),
    ]
    assert settled.hits == 4


def test_a_form_proves_the_click_that_led_to_it(
    works: Works, clock: FrozenClock, one: Mailed
) -> None:
    hit = click(one.message, 0, 0)
    live(works, clock, one, hit)
    with works.begin("test") as work:
        (correction,) = engagement.mark_proven(work, came_by(hit), reason="form")

    assert correction.after is Verdict.HUMAN_PROVEN
    with works.read("test") as work:
        assert engagement.responses(work, [one.message])[one.message].proven
    with works.begin("test") as work:
        assert engagement.mark_proven(work, came_by(hit), reason="form") == []


def test_proof_does_not_wait_for_the_verdict(works: Works, clock: FrozenClock, one: Mailed) -> None:
    hit = click(one.message, 0, 0)
    with works.begin("test") as work:
        arrive(work, hit)
    absorb(works, one)
    clock.advance(timedelta(seconds=10))
    with works.begin("test") as work:
        engagement.mark_proven(work, came_by(hit), reason="form")
    (row,) = settle(works, one).activities
    assert row.verdict is Verdict.HUMAN_PROVEN


def test_a_form_that_overtakes_its_click_proves_it_all_the_same(
    works: Works, clock: FrozenClock, one: Mailed
) -> None:
    hit = click(one.message, 0, 0)
    with works.begin("test") as work:
        engagement.note_activity(work, [submitted(one, 30, hit)])
        engagement.mark_proven(work, came_by(hit), reason="form")
    (row,) = live(works, clock, one, hit).activities
    assert row.verdict is Verdict.HUMAN_PROVEN


def test_a_form_does_not_prove_the_scanner_that_came_before_the_click(
    works: Works, clock: FrozenClock, one: Mailed
) -> None:
    scan = [click(one.message, n, 1 + n / 10) for n in range(5)]
    person = click(one.message, 2, 60)
    with works.begin("test") as work:
        engagement.note_activity(work, [submitted(one, 100, person)])
    settled = live(works, clock, one, *scan, person)

    by_verdict = [row.verdict for row in settled.activities]
    assert by_verdict.count(Verdict.SCANNER_CERTAIN) == 5
    assert settled.activities[-1].verdict is Verdict.HUMAN_PROVEN


@pytest.mark.parametrize("settled_before", [False, True], ids=["open", "settled"])
def test_proof_that_overtakes_its_click_marks_no_scanner_in_its_place(
    works: Works, clock: FrozenClock, one: Mailed, *, settled_before: bool
) -> None:
    """The scanner is here, and looks like a person so far; the person's click still is not."""
    scanner, person = click(one.message, 0, 0), click(one.message, 1, 40)
    with works.begin("test") as work:
        arrive(work, scanner)
    absorb(works, one)
    if settled_before:
        clock.advance(LONG)
        settle(works, one)
    with works.begin("test") as work:
        engagement.note_activity(work, [submitted(one, 50, person)])
        assert engagement.mark_proven(work, came_by(person), reason="form") == []

    late = [click(one.message, 2, 0.1), click(one.message, 3, 0.2)]
    live(works, clock, one, *late, person)

    with works.read("test") as work:
        found = {row.link: row.verdict for row in engagement.timeline(work, one.lead, limit=9)}
    assert found["1"] is Verdict.HUMAN_PROVEN
    assert {found["0"], found["2"], found["3"]} == {Verdict.SCANNER_CERTAIN}


def test_an_answer_that_overtakes_a_click_marks_no_scanner(
    works: Works, clock: FrozenClock, one: Mailed
) -> None:
    with works.begin("test") as work:
        arrive(work, click(one.message, 0, 0))
    absorb(works, one)
    answer = replace(submitted(one, 30), kind=ActivityKind.REPLIED)
    with works.begin("test") as work:
        engagement.note_activity(work, [answer])
        assert engagement.mark_answered(work, one.message, reason="answered") == []

    scan = live(works, clock, one, click(one.message, 1, 0.1), click(one.message, 2, 0.2))

    assert {row.verdict for row in scan.activities} == {Verdict.SCANNER_CERTAIN}


def test_an_answer_proves_what_settled_as_a_persons_click(
    works: Works, clock: FrozenClock, one: Mailed
) -> None:
    live(works, clock, one, click(one.message, 0, 0))

    with works.begin("test") as work:
        (correction,) = engagement.mark_answered(work, one.message, reason="answered")

    assert correction.after is Verdict.HUMAN_PROVEN


def test_the_click_that_led_to_a_page_is_proven_though_a_scanner_fetched_the_same_link(
    works: Works, clock: FrozenClock, one: Mailed
) -> None:
    scan = [click(one.message, n, n / 10) for n in range(5)]
    person = click(one.message, 2, 30)
    live(works, clock, one, *scan, person)

    with works.begin("test") as work:
        (correction,) = engagement.mark_proven(work, came_by(person), reason="seen")

    with works.read("test") as work:
        times = {
            row.at
            for row in engagement.timeline(work, one.lead, limit=9)
            if row.verdict is Verdict.HUMAN_PROVEN
        }
    assert correction.after is Verdict.HUMAN_PROVEN
    assert times == {MONDAY + timedelta(seconds=30)}


def test_one_visitor_of_many_messages_is_a_fleet(works: Works, clock: FrozenClock) -> None:
    with works.begin("test") as work:
        who = mailed(work, leads=12)
    hits = [
        replace(click(message, 0, 3 * index), network="ab12")
        for index, message in enumerate(sorted(who.facts))
    ]
    settled = live(works, clock, who, *hits)
    assert {row.verdict for row in settled.activities} == {Verdict.SCANNER_PROBABLE}


def test_a_mail_to_our_own_people_makes_no_activity(
    works: Works, clock: FrozenClock, one: Mailed
) -> None:
    alert = replace(one.facts[one.message], lead_id=None)
    settled = live(works, clock, Mailed({one.message: alert}), click(one.message, 0, 0))
    assert (settled.hits, settled.activities) == (1, ())


def test_a_hit_on_an_unknown_link_is_counted_and_no_activity(
    works: Works, clock: FrozenClock, one: Mailed
) -> None:
    odd = replace(click(one.message, 99, 0), kind=HitKind.UNKNOWN)
    settled = live(works, clock, one, odd)
    assert (settled.hits, settled.activities) == (1, ())


def test_an_invented_asset_number_is_not_believed(
    works: Works, clock: FrozenClock, one: Mailed
) -> None:
    (row,) = live(works, clock, one, click(one.message, "a4711", 0)).activities
    assert (row.asset_id, row.link) == (None, "a4711")


def test_settling_in_small_bites_tells_the_same_story(
    works: Works, clock: FrozenClock, one: Mailed
) -> None:
    with works.begin("test") as work:
        arrive(work, *(click(one.message, n, n / 10) for n in range(5)))
    absorb(works, one)
    clock.advance(LONG)
    verdicts = set()
    for _ in range(5):
        settled = hit_processing.settle(
            works, limit=1, facts=one.facts_of, then=lambda _w, _s: None
        )
        verdicts |= {row.verdict for row in settled.activities}
    assert verdicts == {Verdict.SCANNER_CERTAIN}


def test_what_follows_a_verdict_happens_in_its_transaction(
    works: Works, clock: FrozenClock, one: Mailed
) -> None:
    with works.begin("test") as work:
        arrive(work, click(one.message, 0, 0))
    absorb(works, one)
    clock.advance(LONG)

    def fail(_work: Work, _settled: Settled) -> None:
        raise RuntimeError

    assert hit_processing.settle(works, limit=9, facts=one.facts_of, then=fail) == Settled()
    with works.read("test") as work:
        assert engagement.timeline(work, one.lead, limit=9) == []
        assert engagement.unsettled(work) == 1


def test_noting_the_same_act_twice_is_once(work: Work) -> None:
    who = mailed(work)
    assert len(engagement.note_activity(work, [submitted(who, 0)])) == 1
    assert engagement.note_activity(work, [submitted(who, 0)]) == []


def test_the_timeline_is_read_page_by_page(work: Work) -> None:
    who = mailed(work)
    rows = [replace(submitted(who, n // 2), origin=f"submission:{n}") for n in range(7)]
    engagement.note_activity(work, rows)

    seen: list[str] = []
    before = None
    while page := engagement.timeline(work, who.lead, limit=3, before=before):
        seen += [row.origin for row in page]
        before = (page[-1].at, page[-1].id)
    assert seen == [f"submission:{n}" for n in range(6, -1, -1)]
    assert [row.origin for row in engagement.acts(work, [who.lead])[who.lead]] == seen[::-1]
