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
from nurture.leads import ImportProgress, Outcome
from nurture.usecases.capture import ImportOptions, run_import, start_import
from nurture.usecases.checking import CheckState, check_state, promise_check, run_check
from nurture.usecases.entry import Entry
from nurture.usecases.preview import check_import
from nurture.usecases.uploads import keep_upload
from tests.usecases.house import House, open_house

LIST = (
    "E-Mail,First name,Country,Opt in?,Opt-out\n"
    "ada@mills.example,Ada,DE,yes,\n"
    "bob@mills.example,Bob,DE,,\n"
    "cem@mills.example,Cem,DE,yes,yes\n"
    "nobody,Nobody,DE,,\n"
)


@pytest.fixture
def house(works: Works, clock: FrozenClock, home: Path) -> House:
    return open_house(works, clock, home, {})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "list.csv"
    found.write_text(LIST)
    return found


def kept(house: House, path: Path) -> str:
    with path.open("rb") as upload:
        return keep_upload(house.works, upload, path.name, actor="user:1")


def state_of(house: House, name: str, options: ImportOptions) -> CheckState | None:
    with house.works.read("test") as work:
        return check_state(leads.get_draft(work, name), options)


def imported(house: House, path: Path, options: ImportOptions) -> ImportProgress:
    here = house.here
    number = start_import(here.works, path, options, house=here.house, actor="user:1")
    return run_import(here.works, number, house=here.house)


def found(house: House, email: str) -> LeadId:
    with house.here.works.read("test") as work:
        return leads.by_email(work, [EmailAddress(email)])[EmailAddress(email)]


def inside(house: House, email: str) -> set[str]:
    with house.here.works.read("test") as work:
        one = found(house, email)
        return {rival.track for rival in tracks.rivals(work, [one]).get(one, ())}


def test_a_check_that_fails_says_so_and_nobody_waits_for_it(
    house: House, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    options, name = ImportOptions(), kept(house, path)
    promise_check(house.works, name, options, actor="user:1")
    monkeypatch.setattr("nurture.usecases.checking.check_import", fails)
    with pytest.raises(ZeroDivisionError):
        run_check(house.works, name, options, house=house.here.house)

    state = state_of(house, name, options)
    assert state is not None
    assert state.problem.startswith("The check failed")


def test_one_track_takes_all_to_whom_we_may_write_and_a_person_sees_the_others(
    house: House, path: Path
) -> None:
    options = ImportOptions(basis=Basis.CONSENT, entry=Entry(track="welcome"))
    check = check_import(house.here.works, path, options, house=house.here.house)
    imported(house, path, options)

    assert check.entering == 1
    assert check.staying == {"no permission to write": 1, "said no to mail": 1}
    assert inside(house, "ada@mills.example") == {"welcome"}
    for other in ("bob@mills.example", "cem@mills.example"):
        assert inside(house, other) == set()
        with house.here.works.read("test") as work:
            assert tasks.next_due(work, [found(house, other)])


def test_a_list_that_rests_sleeps_until_its_day(house: House, path: Path) -> None:
    with house.here.works.read("test") as work:
        day = (work.now + timedelta(days=30)).date()
    imported(house, path, ImportOptions(basis=Basis.CONSENT, entry=Entry(until=day)))
    with house.here.works.read("test") as work:
        one = found(house, "ada@mills.example")
        assert tasks.next_due(work, [one])[one].date() == day
    assert inside(house, "ada@mills.example") == set()


def test_new_leads_get_the_owner_whom_somebody_chose_and_known_ones_keep_theirs(
    house: House, path: Path
) -> None:
    with house.here.works.read("test") as work:
        first, second = (card.id for card in users.everybody(work)[:2])
    imported(house, path, ImportOptions(owner_id=first))
    path.write_text(LIST + "dee@mills.example,Dee,DE,yes,\n")
    imported(house, path, ImportOptions(owner_id=second))
    with house.here.works.read("test") as work:
        assert leads.get(work, found(house, "ada@mills.example")).owner_id == first
        assert leads.get(work, found(house, "dee@mills.example")).owner_id == second


def test_what_a_source_costs_is_kept_with_it_until_somebody_says_otherwise(
    house: House, path: Path
) -> None:
    imported(house, path, ImportOptions(source="fair/spring", cents_per_month=120_050))
    imported(house, path, ImportOptions(source="fair/spring"))
    with house.here.works.read("test") as work:
        costs = {one.key: one.cost_cents_per_month for one in leads.sources(work)}
    assert costs["fair/spring"] == 120_050


def test_a_day_that_has_passed_and_a_track_that_is_none_are_refused_before_anything_comes_in(
    house: House, path: Path
) -> None:
    with pytest.raises(Invalid, match="after today"):
        imported(house, path, ImportOptions(entry=Entry(until=date(2020, 1, 1))))
    with pytest.raises(Exception, match="no_such_track"):
        imported(house, path, ImportOptions(entry=Entry(track="no_such_track")))
    with house.here.works.read("test") as work:
        assert leads.imports(work) == []


def test_a_dry_run_counts_why_rows_are_not_taken(house: House, path: Path) -> None:
    path.write_text(LIST + "nothing at all,X,DE,,\nstill@nothing@here,X,DE,,\n,Y,DE,,\n")
    works, home = house.here.works, house.here.house
    check = check_import(works, path, ImportOptions(), house=home)
    assert sum(check.reasons.values()) == check.rejected == 4
    assert max(check.reasons.values()) >= 2


def test_a_check_by_a_worker_finds_what_a_check_at_once_finds(house: House, path: Path) -> None:
    options = ImportOptions(source="fair/spring", basis=Basis.CONSENT)
    works, home, name = house.here.works, house.here.house, kept(house, path)
    assert state_of(house, name, options) is None
    promise_check(works, name, options, actor="user:1")
    waiting = state_of(house, name, options)
    assert waiting is not None
    assert waiting.found is None
    with works.begin("relay") as work:
        assert JobName.CHECK in {one.job for one in outbox.open_promises(work)}

    run_check(works, name, options, house=home)
    state = state_of(house, name, options)
    assert state is not None
    assert state.found == check_import(works, path, options, house=home)
    assert state.found is not None
    assert state.found.counts[Outcome.CREATED] == 3
    assert state.percent == 100


def test_a_check_is_not_the_one_wanted_once_somebody_answers_otherwise(
    house: House, path: Path
) -> None:
    options, name = ImportOptions(basis=Basis.CONSENT), kept(house, path)
    promise_check(house.works, name, options, actor="user:1")
    other = ImportOptions(basis=Basis.NONE)
    promise_check(house.works, name, other, actor="user:1")
    run_check(house.works, name, options, house=house.here.house)
    assert state_of(house, name, options) is None
    waiting = state_of(house, name, other)
    assert waiting is not None
    assert waiting.found is None


def test_a_list_that_cannot_be_read_says_so_where_its_check_is_awaited(
    house: House, path: Path
) -> None:
    path.write_text("a@mills.example\nb@mills.example\n")
    name = kept(house, path)
    promise_check(house.works, name, ImportOptions(), actor="user:1")
    run_check(house.works, name, ImportOptions(), house=house.here.house)
    state = state_of(house, name, ImportOptions())
    assert state is not None
    assert "headings" in state.problem
