"""What somebody says of a list before it comes in: whose it is, what it costs, what comes next."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from campaigns.vocabulary import Basis, JobName
from nurture import leads, tasks, tracks, users
from nurture.kernel import outbox
from nurture.kernel.clock import FrozenClock
from nurture.kernel.errors import Invalid
from nurture.kernel.types import EmailAddress, LeadId
from nurture.kernel.work import Works
from nurture.leads import CaptureOutcome, ImportProgress
from nurture.usecases.intake.entry_choice import EntryChoice
from nurture.usecases.intake.import_preview import check_import
from nurture.usecases.intake.list_check import ListCheckState, check_state, promise_check, run_check
from nurture.usecases.intake.take_in import ImportOptions, run_import, start_import
from nurture.usecases.intake.uploads import keep_upload
from tests.usecases.intake import House, open_house

LIST = (
    "E-Mail,First name,Country,Opt in?,Opt-out\n"
    "ada@mills.example,Ada,DE,yes,\n"
    "bob@mills.example,Bob,DE,,\n"
    "cem@mills.example,Cem,DE,yes,yes\n"
    "nobody,Nobody,DE,,\n"
)


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    return open_house(works, clock, home, {})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "list.csv"
    found.write_text(LIST)
    return found


def kept(intake: House, path: Path) -> str:
    with path.open("rb") as upload:
        return keep_upload(intake.works, upload, path.name, actor="user:1")


def state_of(intake: House, name: str, options: ImportOptions) -> ListCheckState | None:
    with intake.works.read("test") as work:
        return check_state(leads.get_draft(work, name), options)


def imported(intake: House, path: Path, options: ImportOptions) -> ImportProgress:
    here = intake.here
    number = start_import(here.works, path, options, intake=here.intake, actor="user:1")
    return run_import(here.works, number, intake=here.intake)


def found(intake: House, email: str) -> LeadId:
    with intake.here.works.read("test") as work:
        return leads.by_email(work, [EmailAddress(email)])[EmailAddress(email)]


def inside(intake: House, email: str) -> set[str]:
    with intake.here.works.read("test") as work:
        one = found(intake, email)
        return {rival.track for rival in tracks.rivals(work, [one]).get(one, ())}


def test_a_check_that_fails_says_so_and_nobody_waits_for_it(
    intake: House, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    options, name = ImportOptions(), kept(intake, path)
    promise_check(intake.works, name, options, actor="user:1")
    monkeypatch.setattr("nurture.usecases.intake.list_check.check_import", fails)
    with pytest.raises(ZeroDivisionError):
        run_check(intake.works, name, options, intake=intake.here.intake)

    state = state_of(intake, name, options)
    assert state is not None
    assert state.problem.startswith("The check failed")


def test_one_track_takes_all_to_whom_we_may_write_and_a_person_sees_the_others(
    intake: House, path: Path
) -> None:
    options = ImportOptions(basis=Basis.CONSENT, entry=EntryChoice(track="welcome"))
    check = check_import(intake.here.works, path, options, intake=intake.here.intake)
    imported(intake, path, options)

    assert check.entering == 1
    assert check.staying == {"no permission to write": 1, "said no to mail": 1}
    assert inside(intake, "ada@mills.example") == {"welcome"}
    for other in ("bob@mills.example", "cem@mills.example"):
        assert inside(intake, other) == set()
        with intake.here.works.read("test") as work:
            assert tasks.next_due(work, [found(intake, other)])


def test_a_list_that_rests_sleeps_until_its_day(intake: House, path: Path) -> None:
    with intake.here.works.read("test") as work:
        day = (work.now + timedelta(days=30)).date()
    imported(intake, path, ImportOptions(basis=Basis.CONSENT, entry=EntryChoice(until=day)))
    with intake.here.works.read("test") as work:
        one = found(intake, "ada@mills.example")
        assert tasks.next_due(work, [one])[one].date() == day
    assert inside(intake, "ada@mills.example") == set()


def test_new_leads_get_the_owner_whom_somebody_chose_and_known_ones_keep_theirs(
    intake: House, path: Path
) -> None:
    with intake.here.works.read("test") as work:
        first, second = (card.id for card in users.everybody(work)[:2])
    imported(intake, path, ImportOptions(owner_id=first))
    path.write_text(LIST + "dee@mills.example,Dee,DE,yes,\n")
    imported(intake, path, ImportOptions(owner_id=second))
    with intake.here.works.read("test") as work:
        assert leads.get(work, found(intake, "ada@mills.example")).owner_id == first
        assert leads.get(work, found(intake, "dee@mills.example")).owner_id == second


def test_what_a_source_costs_is_kept_with_it_until_somebody_says_otherwise(
    intake: House, path: Path
) -> None:
    imported(intake, path, ImportOptions(source="fair/spring", cents_per_month=120_050))
    imported(intake, path, ImportOptions(source="fair/spring"))
    with intake.here.works.read("test") as work:
        costs = {one.key: one.cost_cents_per_month for one in leads.sources(work)}
    assert costs["fair/spring"] == 120_050


def test_a_day_that_has_passed_and_a_track_that_is_none_are_refused_before_anything_comes_in(
    intake: House, path: Path
) -> None:
    with pytest.raises(Invalid, match="after today"):
        imported(intake, path, ImportOptions(entry=EntryChoice(until=date(2020, 1, 1))))
    with pytest.raises(Exception, match="no_such_track"):
        imported(intake, path, ImportOptions(entry=EntryChoice(track="no_such_track")))
    with intake.here.works.read("test") as work:
        assert leads.imports(work) == []


def test_a_dry_run_counts_why_rows_are_not_taken(intake: House, path: Path) -> None:
    path.write_text(LIST + "nothing at all,X,DE,,\nstill@nothing@here,X,DE,,\n,Y,DE,,\n")
    works, home = intake.here.works, intake.here.intake
    check = check_import(works, path, ImportOptions(), intake=home)
    assert sum(check.reasons.values()) == check.rejected == 4
    assert max(check.reasons.values()) >= 2


def test_a_check_by_a_worker_finds_what_a_check_at_once_finds(intake: House, path: Path) -> None:
    options = ImportOptions(source="fair/spring", basis=Basis.CONSENT)
    works, home, name = intake.here.works, intake.here.intake, kept(intake, path)
    assert state_of(intake, name, options) is None
    promise_check(works, name, options, actor="user:1")
    waiting = state_of(intake, name, options)
    assert waiting is not None
    assert waiting.found is None
    with works.begin("relay") as work:
        assert JobName.CHECK in {one.job for one in outbox.open_jobs(work)}

    run_check(works, name, options, intake=home)
    state = state_of(intake, name, options)
    assert state is not None
    assert state.found == check_import(works, path, options, intake=home)
    assert state.found is not None
    assert state.found.counts[CaptureOutcome.CREATED] == 3
    assert state.percent == 100


def test_a_check_is_not_the_one_wanted_once_somebody_answers_otherwise(
    intake: House, path: Path
) -> None:
    options, name = ImportOptions(basis=Basis.CONSENT), kept(intake, path)
    promise_check(intake.works, name, options, actor="user:1")
    other = ImportOptions(basis=Basis.NONE)
    promise_check(intake.works, name, other, actor="user:1")
    run_check(intake.works, name, options, intake=intake.here.intake)
    assert state_of(intake, name, options) is None
    waiting = state_of(intake, name, other)
    assert waiting is not None
    assert waiting.found is None


def test_a_list_that_cannot_be_read_says_so_where_its_check_is_awaited(
    intake: House, path: Path
) -> None:
    path.write_text("a@mills.example\nb@mills.example\n")
    name = kept(intake, path)
    promise_check(intake.works, name, ImportOptions(), actor="user:1")
    run_check(intake.works, name, ImportOptions(), intake=intake.here.intake)
    state = state_of(intake, name, ImportOptions())
    assert state is not None
    assert "headings" in state.problem
