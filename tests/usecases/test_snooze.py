"""Leads that rest until a day: that day is meant where the person is who names it."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from campaigns.rejection_reasons import RejectReason
from campaigns.vocabulary import Basis, ExitReason
from nurture import handoff, leads, tasks, users
from nurture.kernel.clock import FrozenClock
from nurture.kernel.types import EmailAddress, LeadId
from nurture.kernel.work import Works
from nurture.tasks import NewTask, TaskKind
from nurture.usecases.desk import answer_task
from nurture.usecases.desk.answer_task import TaskAnswer, TaskChoice
from nurture.usecases.intake.entry_choice import EntryChoice
from nurture.usecases.intake.take_in import ImportOptions, run_import, start_import
from nurture.usecases.sales import handoff_answers, promotion
from nurture.usecases.sales.handoff_answers import Rejection
from nurture.usecases.shared.track_exit import leave_tracks
from nurture.users.tables import User
from tests.usecases.intake import House, open_house

DAY = date(2026, 6, 1)
ZONES = ["Pacific/Pago_Pago", "Pacific/Honolulu", "Europe/Berlin", "Pacific/Kiritimati"]


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    clock.advance(timedelta(days=1, hours=1))
    return open_house(works, clock, home, {})


@pytest.fixture
def lead_id(intake: House) -> LeadId:
    (found,) = intake.let_in("anna")
    with intake.works.begin("test") as work:
        leave_tracks(work, [found], reason=ExitReason.REMOVED, words="test")
        tasks.drop(work, [found], outcome="test")
    return found


def lives_in(intake: House, handle: str, zone: str) -> str:
    with intake.works.begin("test") as work:
        work.session.execute(update(User).where(User.handle == handle).values(zone=zone))
        return f"user:{users.by_handle(work, handle).id}"


def woken(intake: House, lead_id: LeadId, zone: str) -> datetime:
    with intake.works.read("test") as work:
        (rest,) = tasks.open_tasks(work, lead_id=lead_id)
    assert rest.kind is TaskKind.WAKE
    return rest.due_at.astimezone(ZoneInfo(zone))


@pytest.mark.parametrize("zone", ZONES)
def test_a_lead_rests_until_the_day_that_was_named(
    intake: House, lead_id: LeadId, zone: str
) -> None:
    mara = lives_in(intake, "mara", zone)
    with intake.works.begin("test") as work:
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
    with intake.works.begin(mara) as work:
        reply = TaskAnswer(TaskChoice.REST, until=DAY)
        answer_task.answer(work, task_id, reply, journey=intake.here.journey, key=b"key")
    assert woken(intake, lead_id, zone) == datetime(2026, 6, 1, 8, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize("zone", ZONES)
def test_sales_names_a_day_of_its_own_zone(intake: House, lead_id: LeadId, zone: str) -> None:
    with intake.works.begin("test") as work:
        promotion.make_ready(work, [lead_id], reason="Asked", notify=intake.here.notify)
        offer = handoff.open_of(work, [lead_id])[lead_id]
    ines = lives_in(intake, "ines", zone)
    tomorrow = intake.clock.now().astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    with intake.works.begin(ines) as work:
        rejection = Rejection(RejectReason.LATER, resume_on=tomorrow)
        handoff_answers.reject(work, offer.id, rejection=rejection)
    with intake.works.read("test") as work:
        assert handoff.get(work, offer.id).closed_at is not None


@pytest.mark.parametrize("zone", ZONES)
def test_a_list_rests_until_the_day_of_whoever_brings_it(
    intake: House, tmp_path: Path, zone: str
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("E-mail\nada@mills.example\n")
    options = ImportOptions(basis=Basis.CONSENT, entry=EntryChoice(until=DAY, zone=zone))
    works, home = intake.works, intake.here.intake
    run_import(works, start_import(works, path, options, intake=home, actor="user:1"), intake=home)
    with works.read("test") as work:
        (ada,) = leads.by_email(work, [EmailAddress("ada@mills.example")]).values()
    assert woken(intake, ada, zone).date() == DAY
