"""However a track ends, somebody or something has the lead in hand afterwards (F148)."""

from datetime import timedelta
from pathlib import Path

import pytest

from campaigns.vocabulary import ExitReason
from nurture import tasks, tracks
from nurture.kernel.clock import FrozenClock
from nurture.kernel.work import Works
from nurture.reports.audit import run_audit
from tests.usecases.intake import House, open_house

GOAL_ABOVE = """track: aiming
name: Aiming
priority: 1
again: never
goal: permission is true
steps:
  - hello: email
    mail: what_are_you_working_on
"""
GOAL_AS_STEP = """track: aiming
name: Aiming
priority: 1
again: never
steps:
  - won: goal
"""


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


def cracks(intake: House) -> list[str]:
    intake.clock.advance(timedelta(hours=2))
    with intake.works.read("test") as work:
        return [found.name for found in run_audit(work)]


@pytest.mark.parametrize("text", [GOAL_ABOVE, GOAL_AS_STEP])
def test_whoever_is_at_a_goal_and_not_with_sales_is_looked_at(intake: House, text: str) -> None:
    (anna,) = intake.let_in("anna")
    with intake.works.begin("mara") as work:
        tracks.leave(work, [anna], reason=ExitReason.REMOVED, words="taken out")
        tracks.publish(work, text, file="aiming.yaml")
        tracks.enrol(work, "aiming", [anna], due_at=work.now, reason="test")
    intake.tick()

    assert cracks(intake) == []
    with intake.works.read("test") as work:
        (snoozed,) = tasks.open_tasks(work, lead_id=anna)
    assert snoozed.reason.startswith("aiming: goal reached")
