"""What happens to a mail at the very moment at which it is claimed: nothing twice, nothing lost."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from campaigns.vocabulary import Basis, MessageState
from nurture import mail, tracks
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import LeadId
from nurture.kernel.work import Work, Works
from nurture.mail import MessageEvent, Recorded
from nurture.mail.tables import Message
from nurture.usecases.desk import bulk_acts
from nurture.usecases.intake import take_in, undo_import
from tests.usecases.intake import House, open_house

LEASE = timedelta(minutes=12)
ACCEPTED = (MessageEvent.ACCEPTED, "250 ok", 250)
HANDED_BACK = (MessageEvent.HANDED_BACK, "the job ran out of time", 0)
PUT_OFF = (MessageEvent.TEMPORARY, "451 come later", 451)


@pytest.fixture
def intake(fresh_works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(fresh_works, clock, home, {})


@pytest.fixture
def anna(intake: House) -> LeadId:
    (anna,) = intake.let_in("anna")
    intake.tick()
    return anna


def state(intake: House) -> str:
    with intake.works.read("test") as work:
        return str(work.session.scalars(select(Message.state)).one())


def batch(intake: House) -> int:
    """Put the one mail that waits in a batch."""
    with intake.works.begin("tick") as work:
        (number,) = mail.batch_due(work)
    return number


def claim(intake: House, batch_id: int) -> list[int]:
    """Claim what a batch holds for the journal j."""
    with intake.works.begin("worker") as work:
        found = [one.id for one in mail.candidates(work, batch_id)]
        mail.claim(work, found, journal="j", host="here", lease=LEASE)
    return found


def record(intake: House, number: int, answer: tuple[MessageEvent, str, int]) -> None:
    with intake.works.begin("worker") as work:
        mail.record(work, [Recorded(number, *answer)], journal="j")


def take_out(intake: House, lead: LeadId) -> int:
    with intake.works.begin("mara") as work:
        (stay,) = [one for one in tracks.stays(work, lead) if one.ended_at is None]
        track = tracks.get_track(work, stay.track_key)
        return bulk_acts.take_out(work, [lead], track=track, journey=intake.here.journey)


@pytest.mark.only("postgresql")
def test_a_mail_claimed_while_its_lead_is_taken_out_counts_as_sent_and_never_leaves_again(
    intake: House, anna: LeadId, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, claimed, plain = batch(intake), list[int](), mail.service.drop

    def drop(work: Work, reasons: Mapping[int, str]) -> None:
        claimed.extend(claim(intake, made))
        plain(work, reasons)

    with monkeypatch.context() as at_that_moment:
        at_that_moment.setattr("nurture.mail.service.drop", drop)
        act = take_out(intake, anna)
    assert len(claimed) == 1
    assert state(intake) == MessageState.SENDING

    record(intake, claimed[0], ACCEPTED)
    bulk_acts.undo(intake.works, act, actor="mara", journey=intake.here.journey)
    assert state(intake) == MessageState.SENT


def test_a_mail_handed_back_after_its_lead_was_taken_out_comes_back_with_the_undo(
    intake: House, anna: LeadId
) -> None:
    (number,) = claim(intake, batch(intake))
    act = take_out(intake, anna)
    record(intake, number, HANDED_BACK)
    intake.send()
    assert state(intake) == MessageState.DROPPED
    assert intake.sent == []

    bulk_acts.undo(intake.works, act, actor="mara", journey=intake.here.journey)
    intake.send()
    assert len(intake.sent) == 1


@pytest.mark.usefixtures("anna")
def test_a_job_that_comes_twice_asks_no_server_before_its_time(intake: House) -> None:
    made = batch(intake)
    (number,) = claim(intake, made)
    record(intake, number, PUT_OFF)
    assert claim(intake, made) == []


@pytest.mark.only("postgresql")
def test_a_list_is_not_taken_back_under_a_sender(intake: House, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("E-Mail;Country;Opt in?\nanna@anna-works.example;DE;ja\n", encoding="utf-8")
    options = take_in.ImportOptions(source="fair", basis=Basis.CONSENT)
    number = take_in.start_import(
        intake.works, path, options, intake=intake.here.intake, actor="mara"
    )
    take_in.run_import(intake.works, number, intake=intake.here.intake)
    intake.tick()
    made, claimed = batch(intake), list[list[int]]()

    def written_to(work: Work, ids: Sequence[LeadId]) -> set[LeadId]:
        found = mail.written_to(work, ids)
        if work.actor != "mara":  # it is deleted in the next moment
            claimed.append(claim(intake, made))
        return found

    undone = undo_import.undo_import(intake.works, number, written_to=written_to, actor="mara")
    assert (undone.deleted, claimed) == (1, [[]]), "whoever is sent to has not been deleted"
