from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from nurture.leads import ListOptions, ReadRow, UnreadableFile, list_rows, plan_list, sheet_text
from nurture.leads.sheet import MOST_BYTES
from tests.support.workbook import workbook

ROWS: list[list[str | float]] = [
    ["E-Mail", "First name", "Phone", "kW", "Country"],
    ["zoe@mills.example", "Zoë, née “Õ”", 4930123456.0, 7.5, "DE"],
    ["", "", "", "", ""],
    ["ola@finnan.example", "Ola", 493099887766, 30, "DE"],
]


def test_a_workbook_is_read_as_its_sheet_shows_it(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"".join(sheet_text(BytesIO(workbook([], ROWS)))))
    rows = [row for row in list_rows(plan_list(path, ListOptions())) if isinstance(row, ReadRow)]
    assert [row.lead.first_name for row in rows] == ["Zoë, née “Õ”", "Ola"]
    assert [row.lead.phone for row in rows] == ["+4930123456", "+493099887766"]
    assert [row.lead.facts["compressor_kw"] for row in rows] == [7.5, 30]
    assert [row.row for row in rows] == [2, 4]


def test_who_waits_for_a_workbook_is_told_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    rows = sheet_text(BytesIO(workbook(ROWS)), progress=lambda *far: told.append(far))
    assert next(rows).startswith(b"E-Mail,First name")
    list(rows)
    assert [done for done, _ in told] == [1, 2, 3, 4]
    assert told[-1] == (4, 4)


@pytest.mark.parametrize("content", [b"no zip at all", workbook([]), workbook([], [])])
def test_what_is_no_workbook_with_rows_is_refused_with_a_way_out(content: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"save the sheet as CSV|choose another file"):
        list(sheet_text(BytesIO(content)))


def test_a_small_file_that_unfolds_without_end_is_refused_before_it_does() -> None:
    file = BytesIO()
    with (
        ZipFile(file, "w", ZIP_DEFLATED, compresslevel=1) as packed,
        packed.open("xl/workbook.xml", "w") as part,
    ):
        for _ in range(MOST_BYTES // 1_000_000 + 1):
            part.write(b"\0" * 1_000_000)
    with pytest.raises(UnreadableFile, match="too large"):
        next(sheet_text(file))
