import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select

from campaigns.vocabulary import Basis, Stage, SuppressionReason
from nurture import consent, leads
from nurture.consent import NoMail
from nurture.consent.tables import Permission, Suppression
from nurture.kernel.database import Base
from nurture.kernel.errors import Conflict
from nurture.kernel.types import EmailAddress, LeadId
from nurture.kernel.work import Work, Works
from nurture.leads import CaptureOutcome, HostLists, ImportState, ListOptions
from nurture.leads.tables import CompanyRow, FieldChange, ImportReject, Lead, Touch
from nurture.lifecycle import begin
from nurture.usecases.intake.entry_choice import EntryChoice
from nurture.usecases.intake.import_preview import check_import
from nurture.usecases.intake.take_in import (
    ImportOptions,
    IntakeContext,
    resume_stalled,
    run_import,
    start_import,
)
from nurture.usecases.intake.undo_import import undo_import
from nurture.usecases.shared.batch_size import LEAST
from workers.demo.dirty_csv import write as write_dirty
from workers.demo.invented_words import FREE_MAIL_HOSTS, THROW_AWAY_HOSTS

KEY = b"k" * 32
HEAD = "E-Mail;Vorname;Firma;Country;Opt in?;Unsub?\n"


def settle(work: Work, lead_ids: Sequence[LeadId], *, entry: EntryChoice) -> None:
    del entry
    begin(work, lead_ids, stage=Stage.MARKETING, reason="imported")


HOUSE = IntakeContext(
    key=KEY,
    settle_new=settle,
    hosts=HostLists(frozenset(FREE_MAIL_HOSTS), frozenset(THROW_AWAY_HOSTS)),
)


def nobody(_work: Work, _ids: Sequence[LeadId]) -> set[LeadId]:
    return set()


@pytest.fixture
def listed(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str, name: str = "list.csv") -> Path:
        path = tmp_path / name
        path.write_text(HEAD + text, encoding="utf-8")
        return path

    return write


def imported(
    works: Works, path: Path, *, basis: Basis = Basis.CONSENT, chunk: int = 500
) -> leads.ImportProgress:
    options = ImportOptions(source="fair/spring", basis=basis)
    import_id = start_import(works, path, options, intake=HOUSE, actor="user:1")
    return run_import(works, import_id, intake=HOUSE, chunk=chunk)


def lead_id(work: Work, email: str) -> LeadId:
    return leads.by_email(work, [EmailAddress(email)])[EmailAddress(email)]


def judged(work: Work, email: str) -> NoMail | None:
    number = lead_id(work, email)
    refused = consent.may_write(work, [number])[number]
    return refused.word if refused else None


def counts(work: Work) -> dict[str, int]:
    tables: list[type[Base]] = [
        Lead,
        CompanyRow,
        Touch,
        FieldChange,
        Permission,
        Suppression,
        ImportReject,
    ]
    return {
        table.__tablename__: work.session.scalar(select(func.count()).select_from(table)) or 0
        for table in tables
    }


def test_a_dry_run_says_what_the_import_then_does_and_writes_nothing(
    works: Works, tmp_path: Path
) -> None:
    path = tmp_path / "dirty.csv"
    expected = write_dirty(path, 7)
    options = ImportOptions(source="old list", basis=Basis.CONSENT)

    check = check_import(works, path, options, intake=HOUSE)
    with works.read("test") as work:
        assert counts(work)["lead"] == 0
    done = imported(works, path)

    assert (check.total_rows, check.rejected) == (expected.rows, expected.rejected)
    assert check.counts[CaptureOutcome.CREATED] == done.created == expected.created
    assert check.counts[CaptureOutcome.UPDATED] == done.updated
    assert done.updated + done.unchanged == expected.updated
    assert (done.rejected, done.opted_out) == (expected.rejected, check.opted_out)
    with works.read("test") as work:
        assert counts(work)["import_reject"] == expected.rejected
        assert all(row.reason.endswith(".") for row in leads.rejects(work, done.id))


def test_a_dirty_list_keeps_every_umlaut(works: Works, tmp_path: Path) -> None:
    path = tmp_path / "dirty.csv"
    expected = write_dirty(path, 7)
    imported(works, path)
    with works.read("test") as work:
        names = {
            name for (name,) in work.session.execute(select(Lead.last_name)) if name is not None
        }
    assert names <= {person.last_name for person in expected.people}


def test_by_default_nobody_in_a_list_may_be_written_to(
    works: Works, listed: Callable[[str], Path]
) -> None:
    imported(works, listed("a@x.example;A;X;DE;ja;\n"), basis=Basis.NONE)
    with works.read("test") as work:
        assert judged(work, "a@x.example") is NoMail.NO_PERMISSION


def test_a_column_of_opt_ins_narrows_the_permission_down(
    works: Works, listed: Callable[[str], Path]
) -> None:
    imported(
        works, listed("a@x.example;A;X;DE;ja;\nb@x.example;B;X;DE;;\nc@x.example;C;X;DE;ja;x\n")
    )
    with works.read("test") as work:
        assert judged(work, "a@x.example") is None
        assert judged(work, "b@x.example") is NoMail.NO_PERMISSION
        assert judged(work, "c@x.example") is NoMail.SUPPRESSED


def test_importing_again_never_revives_somebody_who_said_no(
    works: Works, listed: Callable[[str], Path]
) -> None:
    imported(works, listed("a@x.example;A;X;DE;ja;\n"))
    with works.begin("test") as work:
        consent.withdraw(work, [lead_id(work, "a@x.example")])
    imported(works, listed("A@X.example;A;X;DE;ja;\nc@x.example;C;X;DE;ja;x\n"))
    imported(works, listed("c@x.example;C;X;DE;ja;\n"))
    with works.read("test") as work:
        assert judged(work, "a@x.example") is NoMail.NO_PERMISSION
        assert judged(work, "c@x.example") is NoMail.SUPPRESSED


def test_a_dry_run_counts_only_people_who_never_told_us_to_stop(
    works: Works, listed: Callable[[str], Path]
) -> None:
    path = listed("".join(f"{name}@x.example;A;X;DE;ja;\n" for name in "abc"))
    imported(works, path)
    with works.begin("test") as work:
        consent.withdraw(work, [lead_id(work, "a@x.example")])
        consent.suppress(
            work, [EmailAddress("b@x.example")], reason=SuppressionReason.COMPLAINT, key=KEY
        )
    check = check_import(works, path, ImportOptions(basis=Basis.CONSENT), intake=HOUSE)
    assert (check.may_write, check.refused) == (1, 2)


def test_a_list_fills_blanks_and_never_overwrites(
    works: Works, listed: Callable[[str], Path]
) -> None:
    imported(works, listed("a@x.example;Anna;;DE;;\n"))
    done = imported(works, listed("a@x.example;Other;X AG;AT;;\n"))
    assert (done.created, done.updated) == (0, 0)
    with works.read("test") as work:
        person = leads.get(work, lead_id(work, "a@x.example"))
        assert (person.first_name, person.company, person.country) == ("Anna", "X AG", "DE")


@dataclass
class Killer:
    """Kill the run after so many stretches."""

    left: int
    seen: list[int] = field(default_factory=list)

    def __call__(self, run: leads.ImportProgress) -> None:
        self.seen.append(run.done_rows)
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt


def test_a_killed_import_goes_on_and_ends_as_if_never_killed(works: Works, tmp_path: Path) -> None:
    path = tmp_path / "dirty.csv"
    write_dirty(path, 7)
    options = ImportOptions(source="x", basis=Basis.CONSENT)
    number = start_import(works, path, options, intake=HOUSE, actor="user:1")
    for chunks in (0, 2, 1):
        with pytest.raises(KeyboardInterrupt):
            run_import(works, number, intake=HOUSE, chunk=100, progress=Killer(chunks))
    killed = run_import(works, number, intake=HOUSE, chunk=100)
    with works.read("test") as work:
        after_kills = counts(work)

    again = run_import(works, number, intake=HOUSE, chunk=100)

    assert again == killed
    assert (killed.state, killed.done_rows) == (ImportState.DONE, killed.total_rows)
    with works.begin("test") as work:
        leads.delete_leads(work, leads.created_by(work, number, after=0, limit=2000))
        for table in (ImportReject, Suppression, CompanyRow):
            work.session.query(table).delete()
    whole = imported(works, path, chunk=100)
    assert (whole.created, whole.updated, whole.rejected) == (
        killed.created,
        killed.updated,
        killed.rejected,
    )
    with works.read("test") as work:
        assert counts(work) == after_kills


def test_two_workers_never_take_the_same_rows(works: Works, listed: Callable[[str], Path]) -> None:
    path = listed("".join(f"a{n}@x.example;A;X;DE;;\n" for n in range(4)))
    number = start_import(works, path, ImportOptions(), intake=HOUSE, actor="user:1")
    overtaken = False

    def other(_run: leads.ImportProgress) -> None:
        nonlocal overtaken
        if not overtaken:
            overtaken = True
            run_import(works, number, intake=HOUSE, chunk=2)

    with pytest.raises(Conflict, match="elsewhere"):
        run_import(works, number, intake=HOUSE, chunk=2, progress=other)
    with works.read("test") as work:
        assert leads.import_run(work, number).created == 4


def test_an_import_goes_on_with_the_list_as_it_was_given(
    works: Works, listed: Callable[[str], Path]
) -> None:
    path = listed("a@x.example;A;X;DE;;\n")
    number = start_import(works, path, ImportOptions(), intake=HOUSE, actor="user:1")
    listed("b@x.example;B;X;DE;;\n")
    path.unlink()
    run_import(works, number, intake=HOUSE)
    with works.read("test") as work:
        assert leads.created_by(work, number, after=0, limit=9) == [lead_id(work, "a@x.example")]


def test_undo_leaves_everything_as_it_was(works: Works, listed: Callable[[str], Path]) -> None:
    imported(works, listed("old@x.example;;;;;\n"), basis=Basis.NONE)
    with works.read("test") as work:
        before = leads.get(work, lead_id(work, "old@x.example"))
    done = imported(
        works, listed("old@x.example;Olga;X;DE;ja;\nnew@y.example;N;Y;DE;ja;\nno@y.example;;;;;x\n")
    )

    undone = undo_import(works, done.id, written_to=nobody, actor="user:1", chunk=1)

    assert (undone.deleted, undone.restored, undone.kept) == (2, 1, 0)
    with works.read("test") as work:
        after = leads.get(work, lead_id(work, "old@x.example"))
        assert (after.first_name, after.country, after.zone) == (None, None, "UTC")
        assert after.facts == before.facts
        assert judged(work, "old@x.example") is NoMail.NO_PERMISSION
        assert len(leads.touches(work, after.id)) == 1
        assert leads.import_run(work, done.id).state is ImportState.UNDONE
    imported(works, listed("no@y.example;;;;ja;\n"))
    with works.read("test") as work:
        assert judged(work, "no@y.example") is None


def test_a_no_that_another_list_or_a_person_said_too_stays_when_an_import_is_taken_back(
    works: Works, listed: Callable[[str], Path]
) -> None:
    names = ("only", "list", "person")
    first = imported(works, listed("".join(f"{name}@x.example;;;;ja;x\n" for name in names)))
    second = imported(works, listed("list@x.example;;;;;x\nb@x.example;;;;;\n"))
    with works.begin("user:1") as work:
        consent.suppress_leads(
            work,
            [lead_id(work, "person@x.example")],
            reason=SuppressionReason.UNSUBSCRIBED,
            key=HOUSE.key,
        )
    undo_import(works, first.id, written_to=nobody, actor="user:1")

    imported(works, listed("".join(f"{name}@x.example;;;;ja;\n" for name in names)))
    with works.read("test") as work:
        assert judged(work, "only@x.example") is None
        assert judged(work, "list@x.example") is NoMail.SUPPRESSED
        assert judged(work, "person@x.example") is NoMail.SUPPRESSED
    undo_import(works, second.id, written_to=nobody, actor="user:1")
    with works.read("test") as work:
        said = {"list@x.example": None, "person@x.example": NoMail.SUPPRESSED}
        assert {name: judged(work, name) for name in said} == said


def test_undo_keeps_what_people_changed_since(works: Works, listed: Callable[[str], Path]) -> None:
    imported(works, listed("old@x.example;;;;;\n"))
    done = imported(works, listed("old@x.example;Olga;;DE;;\n"))
    with works.begin("user:1") as work:
        leads.set_facts(work, {lead_id(work, "old@x.example"): {"first_name": "Helga"}})
    undo_import(works, done.id, written_to=nobody, actor="user:1")
    with works.read("test") as work:
        person = leads.get(work, lead_id(work, "old@x.example"))
        assert (person.first_name, person.country) == ("Helga", None)


def test_undo_is_refused_once_somebody_had_mail(
    works: Works, listed: Callable[[str], Path]
) -> None:
    done = imported(works, listed("a@x.example;A;X;DE;ja;\n"))
    with pytest.raises(Conflict, match="1 people"):
        undo_import(works, done.id, written_to=lambda _work, ids: set(ids), actor="user:1")
    with works.read("test") as work:
        assert lead_id(work, "a@x.example")


def test_the_columns_of_a_source_are_remembered(works: Works, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("Wen?\na@x.example\n")
    options = ImportOptions(source="odd", reading=ListOptions(mapping={"Wen?": "email"}))
    run_import(
        works, start_import(works, path, options, intake=HOUSE, actor="user:1"), intake=HOUSE
    )
    check = check_import(works, path, ImportOptions(source="odd"), intake=HOUSE)
    assert check.counts[CaptureOutcome.UNCHANGED] == 1


def test_an_import_whose_worker_died_is_promised_again(
    works: Works, listed: Callable[[str], Path]
) -> None:
    number = start_import(
        works, listed("a@x.example;;;;;\n"), ImportOptions(), intake=HOUSE, actor="u"
    )
    assert resume_stalled(works) == 0
    run_import(works, number, intake=HOUSE)
    assert resume_stalled(works) == 0


def test_on_one_writer_a_stretch_is_no_longer_than_others_may_wait(
    works: Works, listed: Callable[[str], Path]
) -> None:
    def slowly(work: Work, lead_ids: Sequence[LeadId], *, entry: EntryChoice) -> None:
        settle(work, lead_ids, entry=entry)
        time.sleep(0.002 * len(lead_ids))

    path = listed("".join(f"p{n}@x.example;P;X;DE;;\n" for n in range(400)))
    number = start_import(works, path, ImportOptions(), intake=HOUSE, actor="user:1")
    seen = [0]
    run_import(
        works,
        number,
        intake=replace(HOUSE, settle_new=slowly),
        progress=lambda run: seen.append(run.done_rows),
    )
    chunks = [after - before for before, after in pairwise(seen)]
    assert sum(chunks) == 400
    assert max(chunks) == (LEAST if works.one_writer else 400)
