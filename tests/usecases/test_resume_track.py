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
from nurture.usecases.journeys import resume_track
from tests.usecases.intake import House, open_house


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))  # Tuesday, inside everybody's sending hours
    return open_house(works, clock, home, {})


@pytest.fixture
def anna(intake: House) -> LeadId:
    """Anna has had the welcome mail, waits three days for the next, and her track is paused."""
    (lead_id,) = intake.let_in("anna")
    intake.days(1)
    assert place(intake, lead_id).step == "w1"
    with intake.works.begin("user:1") as work:
        tracks.pause(work, "welcome")
    intake.days(20)
    assert len(intake.sent) == 1
    return lead_id


def place(intake: House, lead_id: LeadId) -> tracks.TrackStay:
    with intake.works.read("test") as work:
        return tracks.stays(work, lead_id)[0]


def receipts(intake: House, lead_id: LeadId) -> list[str]:
    with intake.works.read("test") as work:
        return [one.kind for one in tracks.receipts(work, lead_id)]


def overdue(intake: House) -> int:
    with intake.works.read("test") as work:
        return tracks.overdue(work, "welcome")


def test_what_fell_due_is_done_now(intake: House, anna: LeadId) -> None:
    assert overdue(intake) == 1
    assert place(intake, anna).step == "w1"

    resume_track.resume(intake.works, "welcome", Overdue.NOW, actor="user:1")
    intake.days(4)

    assert len(intake.sent) == 2


def test_a_wait_that_is_over_starts_anew(intake: House, anna: LeadId) -> None:
    assert resume_track.resume(intake.works, "welcome", Overdue.ANEW, actor="user:1") == 1
    intake.tick()

    stay = place(intake, anna)
    assert stay.step == "w1"
    with intake.works.read("test") as work:
        assert (stay.due_at - work.now).days >= 2
    intake.days(7)
    assert len(intake.sent) == 2


def test_a_mail_whose_time_passed_is_left_out_with_a_receipt(intake: House, anna: LeadId) -> None:
    assert resume_track.resume(intake.works, "welcome", Overdue.SKIP, actor="user:1") == 1

    assert place(intake, anna).step == "b1"
    assert receipts(intake, anna).count(Receipt.SKIPPED_PAUSED) == 1
    intake.days(4)
    assert len(intake.sent) == 1
    intake.days(4)
    assert len(intake.sent) == 2


@pytest.mark.parametrize("how", [Overdue.ANEW, Overdue.SKIP])
def test_the_track_stays_paused_until_all_is_settled(
    intake: House, anna: LeadId, how: Overdue, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(tracks, "resume", _die)
        with pytest.raises(RuntimeError):
            resume_track.resume(intake.works, "welcome", how, actor="user:1")
    with intake.works.read("test") as work:
        assert tracks.get_track(work, "welcome").paused_at is not None
        step = tracks.stays(work, anna)[0].step

    resume_track.resume(intake.works, "welcome", how, actor="user:1")

    assert place(intake, anna).step == step
    assert receipts(intake, anna).count(Receipt.SKIPPED_PAUSED) == (how is Overdue.SKIP)


def _die(*_args: object) -> None:
    raise RuntimeError
