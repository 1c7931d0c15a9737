"""Whoever writes about a lead takes it first, so that none wait for each other in a circle."""

from pathlib import Path
from threading import Event, Thread

from campaigns.vocabulary import ActivityKind, Verdict
from nurture import engagement
from nurture.engagement import ActivityRow
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId
from nurture.kernel.work import Works
from nurture.usecases.responses import evidence
from tests.usecases.intake import House, open_house

PATIENCE = 3.0
"""On SQLite the second writer cannot begin before the first has ended."""


def visited(intake: House, lead_id: LeadId, name: str) -> ActivityRow:
    return ActivityRow(
        lead_id=lead_id,
        kind=ActivityKind.VISITED,
        at=intake.clock.now(),
        origin=name,
        name=name,
        verdict=Verdict.HUMAN_PROVEN,
    )


def test_two_that_note_something_of_one_lead_at_once_both_succeed(
    fresh_works: Works, clock: FrozenClock, home: Path
) -> None:
    intake = open_house(fresh_works, clock, home, {})
    (anna,) = intake.let_in("anna")
    noted, ended = Event(), Event()

    def other() -> None:
        with intake.works.begin("other") as work:
            rows = engagement.note_activity(work, [visited(intake, anna, "b")])
            noted.set()
            evidence.weigh(work, rows, journey=intake.here.journey)
        ended.set()

    thread = Thread(target=other)
    with intake.works.begin("one") as work:
        rows = engagement.note_activity(work, [visited(intake, anna, "a")])
        thread.start()
        noted.wait(PATIENCE)
        evidence.weigh(work, rows, journey=intake.here.journey)
    thread.join(60)
    assert ended.is_set()
    with intake.works.read("test") as work:
        assert {row.origin for row in engagement.acts(work, [anna])[anna]} >= {"a", "b"}
