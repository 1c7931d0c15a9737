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
from nurture.usecases import capture, many, retract
from tests.usecases.house import House, open_house

LEASE = timedelta(minutes=12)
ACCEPTED = (MessageEvent.ACCEPTED, "250 ok", 250)
HANDED_BACK = (MessageEvent.HANDED_BACK, "the job ran out of time", 0)
PUT_OFF = (MessageEvent.TEMPORARY, "451 come later", 451)


@pytest.fixture
def house(fresh_works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(fresh_works, clock, home, {})


@pytest.fixture
def anna(house: House) -> LeadId:
    (anna,) = house.let_in("anna")
    house.tick()
    return anna


def state(house: House) -> str:
    with house.works.read("test") as work:
        return str(work.session.scalars(select(Message.state)).one())


def batch(house: House) -> int:
    """Put the one mail that waits in a batch."""
    with house.works.begin("tick") as work:
        (number,) = mail.batch_due(work)
    return number


def claim(house: House, batch_id: int) -> list[int]:
    """Claim what a batch holds for the journal j."""
    with house.works.begin("worker") as work:
        found = [one.id for one in mail.candidates(work, batch_id)]
        mail.claim(work, found, journal="j", host="here", lease=LEASE)
    return found


def record(house: House, number: int, answer: tuple[MessageEvent, str, int]) -> None:
    with house.works.begin("worker") as work:
        mail.record(work, [Recorded(number, *answer)], journal="j")


def take_out(house: House, lead: LeadId) -> int:
    with house.works.begin("mara") as work:
        (stay,) = [one for one in tracks.stays(work, lead) if one.ended_at is None]
        track = tracks.get_track(work, stay.track_key)
        return many.take_out(work, [lead], track=track, desk=house.here.desk)


@pytest.mark.only("postgresql")
def test_a_mail_claimed_while_its_lead_is_taken_out_counts_as_sent_and_never_leaves_again(
    house: House, anna: LeadId, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, claimed, plain = batch(house), list[int](), mail.service.drop

    def drop(work: Work, reasons: Mapping[int, str]) -> None:
        claimed.extend(claim(house, made))
        plain(work, reasons)

    with monkeypatch.context() as at_that_moment:
        at_that_moment.setattr("nurture.mail.service.drop", drop)
        act = take_out(house, anna)
    assert len(claimed) == 1
    assert state(house) == MessageState.SENDING

    record(house, claimed[0], ACCEPTED)
    many.undo(house.works, act, actor="mara", desk=house.here.desk)
    assert state(house) == MessageState.SENT


def test_a_mail_handed_back_after_its_lead_was_taken_out_comes_back_with_the_undo(
    house: House, anna: LeadId
) -> None:
    (number,) = claim(house, batch(house))
    act = take_out(house, anna)
    record(house, number, HANDED_BACK)
    house.send()
    assert state(house) == MessageState.DROPPED
    assert house.sent == []

    many.undo(house.works, act, actor="mara", desk=house.here.desk)
    house.send()
    assert len(house.sent) == 1


@pytest.mark.usefixtures("anna")
def test_a_job_that_comes_twice_asks_no_server_before_its_time(house: House) -> None:
    made = batch(house)
    (number,) = claim(house, made)
    record(house, number, PUT_OFF)
    assert claim(house, made) == []


@pytest.mark.only("postgresql")
def test_a_list_is_not_taken_back_under_a_sender(house: House, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("E-Mail;Country;Opt in?\nanna@anna-works.example;DE;ja\n", encoding="utf-8")
    options = capture.ImportOptions(source="fair", basis=Basis.CONSENT)
    number = capture.start_import(house.works, path, options, house=house.here.house, actor="mara")
    capture.run_import(house.works, number, house=house.here.house)
    house.tick()
    made, claimed = batch(house), list[list[int]]()

    def written_to(work: Work, ids: Sequence[LeadId]) -> set[LeadId]:
        found = mail.written_to(work, ids)
        if work.actor != "mara":  # it is deleted in the next moment
            claimed.append(claim(house, made))
        return found

    undone = retract.undo_import(house.works, number, written_to=written_to, actor="mara")
    assert (undone.deleted, claimed) == (1, [[]]), "whoever is sent to has not been deleted"
