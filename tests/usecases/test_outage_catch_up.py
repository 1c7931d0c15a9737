"""After a night without power nobody is flooded; what people asked for waits for nothing (S-10)."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from campaigns.vocabulary import MessageKind
from nurture import mail
from nurture.kernel import shared_values
from nurture.kernel.clock import FrozenClock
from nurture.kernel.work import Work, Works
from nurture.mail import NewMessage
from nurture.mail.outage_catch_up import LASTS, PER_MINUTE, gap
from nurture.reports.audit_mail import stuck
from tests.support.sender import send_batch
from tests.usecases.intake import House, open_house
from workers.tick import Pulse, TickProcess

NIGHT = timedelta(hours=9)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass
class Plant:
    """An engine that beats, stops, and comes back."""

    intake: House

    @property
    def works(self) -> Works:
        return self.intake.works

    def beat(self, *, role: str = "tick@a:1") -> None:
        with self.works.begin("tick") as work:
            shared_values.beat(work, role)

    def wakes(self) -> bool:
        with self.works.begin("tick") as work:
            return mail.end_outage(work, role="tick")

    def plan(self, count: int, kind: str, *, template: str) -> None:
        with self.works.begin("test") as work:
            version = mail.live_versions(work)[template]
            messages = [
                NewMessage(
                    dedup_key=f"{kind}{n}",
                    kind=MessageKind(kind),
                    not_before=work.now,
                    recipient=f"{kind}{n}@firm.example",
                    template_version_id=version,
                )
                for n in range(count)
            ]
            mail.plan(work, messages)

    def batched(self, work: Work) -> list[str]:
        """Put in batches what may go now; name its kinds."""
        batches = mail.batch_due(work, marketing=mail.pace(work))
        return sorted(one.kind.value for batch in batches for one in mail.candidates(work, batch))

    def sending(self) -> mail.Outage | None:
        with self.works.read("test") as work:
            return mail.outage(work)


@pytest.fixture
def plant(works: Works, clock: FrozenClock, home: Path) -> Plant:
    made = Plant(open_house(works, clock, home, {}))
    made.beat()
    made.plan(PER_MINUTE + 50, "marketing", template="what_are_you_working_on")
    made.plan(3, "requested", template="requested_file")
    return made


@pytest.mark.parametrize(
    ("hours", "long"), [((), False), ((1.9,), False), ((2.1,), True), ((9, 0.1), False)]
)
def test_a_standstill_is_a_gap_of_two_hours_without_any_sign_of_life(
    hours: tuple[float, ...], *, long: bool
) -> None:
    beats = [NOON - timedelta(hours=one) for one in hours]
    assert (gap(beats, now=NOON) is not None) is long


def test_after_a_night_marketing_mail_leaves_slowly_and_requests_at_once(plant: Plant) -> None:
    plant.intake.clock.advance(NIGHT)
    assert plant.wakes()
    with plant.works.begin("tick") as work:
        kinds = plant.batched(work)
        assert plant.batched(work) == [], "the minute's share is gone, whoever asks"
    assert kinds == ["marketing"] * PER_MINUTE + ["requested"] * 3
    plant.intake.clock.advance(timedelta(seconds=61))
    with plant.works.begin("tick") as work:
        assert len(plant.batched(work)) >= 50


def test_a_short_stop_and_a_first_start_slow_nothing(plant: Plant) -> None:
    plant.intake.clock.advance(timedelta(minutes=110))
    assert not plant.wakes()
    with plant.works.begin("tick") as work:
        assert len(plant.batched(work)) == PER_MINUTE + 53
    assert plant.sending() is None


def test_another_ticks_beat_means_that_nothing_stood_still(plant: Plant) -> None:
    plant.intake.clock.advance(NIGHT)
    plant.beat(role="tick@b:7")
    assert not plant.wakes()


def test_a_web_server_alone_is_no_engine(plant: Plant) -> None:
    plant.intake.clock.advance(NIGHT)
    plant.beat(role="web@a:9")
    assert plant.wakes()


def test_somebody_may_let_all_go_and_a_day_later_nobody_need(plant: Plant) -> None:
    plant.intake.clock.advance(NIGHT)
    plant.wakes()
    found = plant.sending()
    assert found is not None
    assert (found.until - found.since, found.waiting) == (NIGHT, PER_MINUTE + 53)
    with plant.works.begin("mara") as work:
        mail.release_all(work)
        assert mail.outage(work) is None
        assert len(plant.batched(work)) == PER_MINUTE + 53

    plant.intake.clock.advance(NIGHT)
    assert plant.wakes()
    plant.intake.clock.advance(LASTS)
    assert plant.sending() is None


def test_a_batch_from_before_the_standstill_is_made_anew(plant: Plant) -> None:
    with plant.works.begin("tick") as work:
        first = mail.batch_due(work)
    plant.intake.clock.advance(NIGHT)
    post = replace(plant.intake.here.post(), transport=plant.intake.transport)
    for batch in first:
        assert send_batch(plant.works, batch, post=post).counts == {}
    assert plant.intake.transport.accepted == []
    assert plant.wakes()
    with plant.works.begin("tick") as work:
        assert len(plant.batched(work)) == PER_MINUTE + 3


def test_mail_that_is_let_go_slowly_is_not_stuck(plant: Plant) -> None:
    plant.intake.clock.advance(NIGHT)
    with plant.works.read("test") as work:
        assert len(stuck(work)) == PER_MINUTE + 53
    plant.wakes()
    with plant.works.read("test") as work:
        assert len(stuck(work)) == 3, "what people asked for is"


@pytest.mark.parametrize(("kind", "slow"), [("real", True), ("stepped", False), ("fast:60", False)])
def test_a_clock_that_is_not_the_real_one_knows_no_standstill(
    plant: Plant, kind: str, *, slow: bool
) -> None:
    settings = plant.intake.here.settings.model_copy(update={"clock": kind})
    tick = TickProcess(
        replace(plant.intake.here, settings=settings), Redis(unix_socket_path="/none")
    )
    plant.intake.clock.advance(NIGHT)
    with plant.works.begin("tick") as work:
        tick.beat(work)
        assert (mail.pace(work) is not None) is slow


def test_a_process_looks_when_it_starts_and_when_its_host_has_slept() -> None:
    pulse = Pulse()
    seconds = timedelta(seconds=1)
    told = [pulse.begins(NOON), pulse.begins(NOON + seconds), pulse.begins(NOON + NIGHT)]
    assert told == [True, False, True]
