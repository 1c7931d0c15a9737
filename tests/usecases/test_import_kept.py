"""Lists are kept in the database while somebody needs them, and no longer."""

import tracemalloc
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import func, select

from campaigns.vocabulary import JobName
from nurture import leads
from nurture.kernel import outbox
from nurture.kernel.clock import FrozenClock
from nurture.kernel.database import Base
from nurture.kernel.errors import Conflict
from nurture.kernel.work import Works
from nurture.leads import PIECE, FileForm
from nurture.leads.tables import ImportChunk, ImportDraft, ImportFile
from nurture.usecases.intake import stored_lists, uploads
from nurture.usecases.intake.stored_lists import StoredList
from nurture.usecases.intake.take_in import ImportOptions, resume_stalled, run_import, start_import
from nurture.usecases.intake.undo_import import undo_import
from nurture.usecases.intake.uploads import begin_import, keep_upload
from tests.support.workbook import workbook
from tests.usecases.intake import House, open_house

LIST = b"E-Mail,First name\nada@mills.example,Ada\nbob@mills.example,Bob\n"


@pytest.fixture
def intake(works: Works, clock: FrozenClock, home: Path) -> House:
    return open_house(works, clock, home, {})


def kept(works: Works, content: bytes = LIST, name: str = "spring.csv") -> str:
    return keep_upload(works, BytesIO(content), name, actor="user:1")


def large_workbook() -> bytes:
    return workbook([["E-Mail", "First name"], *([f"p{n}@m.example", "P"] for n in range(30_000))])


def left(works: Works) -> int:
    tables: list[type[Base]] = [ImportDraft, ImportFile, ImportChunk]
    with works.read("test") as work:
        return sum(
            work.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables
        )


def draft(works: Works, name: str) -> leads.DraftRow:
    with works.read("test") as work:
        return leads.get_draft(work, name)


def test_a_list_is_read_as_it_was_uploaded_from_any_place_of_it(works: Works) -> None:
    content = bytes(n % 251 for n in range(2 * PIECE + 77))
    file = StoredList(works, draft(works, kept(works, content)).file_id)
    with file.open("rb") as stream:
        assert stream.read() == content
        stream.seek(PIECE - 3)
        assert stream.read(6) == content[PIECE - 3 : PIECE + 3]


def test_however_long_a_list_is_only_a_piece_of_it_is_in_memory(works: Works) -> None:
    long = 40 * PIECE
    stored_lists.store(
        works,
        (b"x" * 1_024 for _ in range(long // 1_024)),
        form=FileForm.TEXT,
        actor="user:1",
        then=lambda work, file_id: leads.open_draft(work, name="x", shown="x", file_id=file_id),
    )

    tracemalloc.start()
    with StoredList(works, draft(works, "x").file_id).open("rb") as stream:
        size = sum(len(part) for part in iter(lambda: stream.read(10_000), b""))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == long
    assert peak < 8 * PIECE


def test_a_list_is_deleted_once_its_import_is_done_and_not_before(intake: House) -> None:
    works, home = intake.works, intake.here.intake
    name = kept(works)
    number = begin_import(works, name, ImportOptions(), intake=home, actor="user:1")
    intake.clock.advance(timedelta(days=30))
    assert stored_lists.forget(works) == 0
    run_import(works, number, intake=home)
    stored_lists.forget(works)
    assert left(works) == 0
    with works.read("test") as work:
        assert leads.import_run(work, number).created == 2


def test_a_list_that_is_taken_back_half_way_is_deleted(intake: House) -> None:
    works, home = intake.works, intake.here.intake
    number = begin_import(works, kept(works), ImportOptions(), intake=home, actor="user:1")
    undo_import(works, number, written_to=lambda _work, _ids: set(), actor="user:1")
    stored_lists.forget(works)
    assert left(works) == 0
    with pytest.raises(Conflict, match="not kept any more"):
        stored_lists.StoredList(works, 1).open("rb")


def test_a_list_that_nobody_goes_on_with_is_deleted_after_a_week(intake: House) -> None:
    kept(intake.works)
    intake.clock.advance(timedelta(days=6))
    assert stored_lists.forget(intake.works) == 0
    intake.clock.advance(timedelta(days=2))
    stored_lists.forget(intake.works)
    assert left(intake.works) == 0


def test_an_upload_that_breaks_off_leaves_nothing_for_long(intake: House) -> None:
    def blocks() -> Iterator[bytes]:
        yield b"x" * PIECE
        raise ConnectionError

    with pytest.raises(ConnectionError):
        stored_lists.store(
            intake.works, blocks(), form=FileForm.TEXT, actor="user:1", then=lambda *_: None
        )
    assert stored_lists.forget(intake.works) == 0
    intake.clock.advance(timedelta(hours=2))
    stored_lists.forget(intake.works)
    assert left(intake.works) == 0


def test_who_presses_twice_gets_one_import(intake: House) -> None:
    works, home = intake.works, intake.here.intake
    name = kept(works)
    first = begin_import(works, name, ImportOptions(), intake=home, actor="user:1")
    assert begin_import(works, name, ImportOptions(), intake=home, actor="user:2") == first
    run_import(works, first, intake=home)
    assert begin_import(works, name, ImportOptions(), intake=home, actor="user:1") == first


def test_a_large_workbook_is_opened_by_a_worker_and_then_is_a_list(intake: House) -> None:
    works, home = intake.works, intake.here.intake
    name = kept(works, large_workbook(), "spring.xlsx")
    assert draft(works, name).form is FileForm.WORKBOOK
    with works.begin("relay") as work:
        assert [one.job for one in outbox.open_jobs(work)] == [JobName.UNFOLD]
    with pytest.raises(Conflict, match="still being opened"):
        begin_import(works, name, ImportOptions(), intake=home, actor="user:1")

    uploads.unfold(works, name)
    uploads.unfold(works, name)
    assert draft(works, name).form is FileForm.TEXT
    number = begin_import(works, name, ImportOptions(), intake=home, actor="user:1")
    with works.read("test") as work:
        assert leads.import_run(work, number).total_rows == 30_000


def test_a_workbook_whose_worker_died_is_opened_by_another(
    intake: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = intake.works
    name = kept(works, large_workbook(), "spring.xlsx")
    killed = dies_after(10_000)
    with monkeypatch.context() as patch:
        patch.setattr("nurture.usecases.intake.uploads.teller", lambda *_: killed)
        with pytest.raises(KeyboardInterrupt):
            uploads.unfold(works, name)
    assert draft(works, name).waits
    assert resume_stalled(works) == 0
    intake.clock.advance(timedelta(minutes=3))
    assert resume_stalled(works) == 1

    uploads.unfold(works, name)
    with StoredList(works, draft(works, name).file_id).open("rb") as text:
        assert sum(1 for _ in text) == 30_001


def dies_after(rows: int) -> Callable[[int, int], None]:
    def tell(done: int, _total: int) -> None:
        if done > rows:
            raise KeyboardInterrupt

    return tell


def test_a_workbook_that_cannot_be_opened_says_so_where_it_is_awaited(intake: House) -> None:
    works = intake.works
    name = kept(works, large_workbook(), "spring.xlsx")
    with works.begin("test") as work:
        file_id = leads.get_draft(work, name).file_id
        work.session.query(ImportChunk).filter_by(file_id=file_id, number=0).update(
            {"content": b"\0" * PIECE}
        )
    uploads.unfold(works, name)
    assert "cannot be opened" in draft(works, name).problem
    assert not draft(works, name).waits


def test_an_import_from_the_command_line_keeps_its_list_too(intake: House, tmp_path: Path) -> None:
    path = tmp_path / "spring.csv"
    path.write_bytes(LIST)
    works, home = intake.works, intake.here.intake
    number = start_import(works, path, ImportOptions(), intake=home, actor="cli")
    path.unlink()
    assert run_import(works, number, intake=home).created == 2
