"""Leads that rest until a day: that day is meant where the person is who names it."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from campaigns.sent_back import RejectReason
from campaigns.vocabulary import Basis, ExitReason
from nurture import handoff, leads, tasks, users
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import EmailAddress, LeadId
from nurture.kernel.work import Works
from nurture.tasks import NewTask, TaskKind
from nurture.usecases import promote, sell, todo
from nurture.usecases.capture import ImportOptions, run_import, start_import
from nurture.usecases.entry import Entry
from nurture.usecases.sell import Rejection
from nurture.usecases.todo import Choice, Reply
from nurture.usecases.track_exit import leave_tracks
from nurture.users.tables import User
from tests.usecases.house import House, open_house

DAY = date(2026, 6, 1)
ZONES = ["Pacific/Pago_Pago", "Pacific/Honolulu", "Europe/Berlin", "Pacific/Kiritimati"]


@pytest.fixture
def house(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


@pytest.fixture
def lead_id(house: House) -> LeadId:
    (found,) = house.let_in("anna")
    with house.works.begin("test") as work:
        leave_tracks(work, [found], reason=ExitReason.REMOVED, words="test")
        tasks.drop(work, [found], outcome="test")
    return found


def lives_in(house: House, handle: str, zone: str) -> str:
    with house.works.begin("test") as work:
        work.session.execute(update(User).where(User.handle == handle).values(zone=zone))
        return f"user:{users.by_handle(work, handle).id}"


def woken(house: House, lead_id: LeadId, zone: str) -> datetime:
    with house.works.read("test") as work:
        (rest,) = tasks.open_tasks(work, lead_id=lead_id)
    assert rest.kind is TaskKind.WAKE
    return rest.due_at.astimezone(ZoneInfo(zone))


@pytest.mark.parametrize("zone", ZONES)
def test_a_lead_rests_until_the_day_that_was_named(
    house: House, lead_id: LeadId, zone: str
) -> None:
    mara = lives_in(house, "mara", zone)
    with house.works.begin("test") as work:
        row = NewTask(
            dedup_key="test",
            kind=TaskKind.TRIAGE,
            title="Look",
            reason="a test",
            due_at=work.now,
            lead_id=lead_id,
            queue="marketing",
        )
        tasks.create(work, [row])
        task_id = tasks.open_tasks(work, lead_id=lead_id)[0].id
    with house.works.begin(mara) as work:
        reply = Reply(Choice.REST, until=DAY)
        todo.answer(work, task_id, reply, desk=house.here.desk, key=b"key")
    assert woken(house, lead_id, zone) == datetime(2026, 6, 1, 8, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize("zone", ZONES)
def test_sales_names_a_day_of_its_own_zone(house: House, lead_id: LeadId, zone: str) -> None:
    with house.works.begin("test") as work:
        promote.make_ready(work, [lead_id], reason="Asked", notify=house.here.notify)
        offer = handoff.open_of(work, [lead_id])[lead_id]
    ines = lives_in(house, "ines", zone)
    tomorrow = house.clock.now().astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    with house.works.begin(ines) as work:
        rejection = Rejection(RejectReason.LATER, wake_on=tomorrow)
        sell.reject(work, offer.id, rejection=rejection)
    with house.works.read("test") as work:
        assert handoff.get(work, offer.id).closed_at is not None


@pytest.mark.parametrize("zone", ZONES)
def test_a_list_rests_until_the_day_of_whoever_brings_it(
    house: House, tmp_path: Path, zone: str
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("E-mail\nada@mills.example\n")
    options = ImportOptions(basis=Basis.CONSENT, entry=Entry(until=DAY, zone=zone))
    works, home = house.works, house.here.house
    run_import(works, start_import(works, path, options, house=home, actor="user:1"), house=home)
    with works.read("test") as work:
        (ada,) = leads.by_email(work, [EmailAddress("ada@mills.example")]).values()
    assert woken(house, ada, zone).date() == DAY
