"""What becomes of steps that fell due while their track was paused (F41)."""

from datetime import timedelta
from pathlib import Path

import pytest

from campaigns.vocabulary import Receipt
from nurture import tracks
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId
from nurture.kernel.work import Works
from nurture.tracks import Overdue
from nurture.usecases import pausing
from tests.usecases.house import House, open_house


@pytest.fixture
def house(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))  # Tuesday, inside everybody's sending hours
    return open_house(works, clock, home, {})


@pytest.fixture
def anna(house: House) -> LeadId:
    """Anna has had the welcome mail, waits three days for the next, and her track is paused."""
    (lead_id,) = house.let_in("anna")
    house.days(1)
    assert place(house, lead_id).step == "w1"
    with house.works.begin("user:1") as work:
        tracks.pause(work, "welcome")
    house.days(20)
    assert len(house.sent) == 1
    return lead_id


def place(house: House, lead_id: LeadId) -> tracks.Stay:
    with house.works.read("test") as work:
        return tracks.stays(work, lead_id)[0]


def receipts(house: House, lead_id: LeadId) -> list[str]:
    with house.works.read("test") as work:
        return [one.kind for one in tracks.receipts(work, lead_id)]


def overdue(house: House) -> int:
    with house.works.read("test") as work:
        return tracks.overdue(work, "welcome")


def test_what_fell_due_is_done_now(house: House, anna: LeadId) -> None:
    assert overdue(house) == 1
    assert place(house, anna).step == "w1"

    pausing.resume(house.works, "welcome", Overdue.NOW, actor="user:1")
    house.days(4)

    assert len(house.sent) == 2


def test_a_wait_that_is_over_starts_anew(house: House, anna: LeadId) -> None:
    assert pausing.resume(house.works, "welcome", Overdue.ANEW, actor="user:1") == 1
    house.tick()

    stay = place(house, anna)
    assert stay.step == "w1"
    with house.works.read("test") as work:
        assert (stay.due_at - work.now).days >= 2
    house.days(7)
    assert len(house.sent) == 2


def test_a_mail_whose_time_passed_is_left_out_with_a_receipt(house: House, anna: LeadId) -> None:
    assert pausing.resume(house.works, "welcome", Overdue.SKIP, actor="user:1") == 1

    assert place(house, anna).step == "b1"
    assert receipts(house, anna).count(Receipt.SKIPPED_PAUSED) == 1
    house.days(4)
    assert len(house.sent) == 1
    house.days(4)
    assert len(house.sent) == 2


@pytest.mark.parametrize("how", [Overdue.ANEW, Overdue.SKIP])
def test_the_track_stays_paused_until_all_is_settled(
    house: House, anna: LeadId, how: Overdue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(tracks, "resume", _die)
        with pytest.raises(RuntimeError):
            pausing.resume(house.works, "welcome", how, actor="user:1")
    with house.works.read("test") as work:
        assert tracks.get_track(work, "welcome").paused_at is not None
        step = tracks.stays(work, anna)[0].step

    pausing.resume(house.works, "welcome", how, actor="user:1")

    assert place(house, anna).step == step
    assert receipts(house, anna).count(Receipt.SKIPPED_PAUSED) == (how is Overdue.SKIP)


def _die(*_args: object) -> None:
    raise RuntimeError
