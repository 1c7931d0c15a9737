from io import BytesIO
from pathlib import Path

import pytest

from nurture.leads import (
    WHILE_SOMEBODY_WAITS,
    ListOptions,
    ReadRow,
    SheetBounds,
    TooLarge,
    UnreadableFile,
    list_rows,
    plan_list,
    sheet_text,
)
from tests.rules.given import example_fields
from tests.support.workbook import sheet_xml, workbook

ROWS: list[list[str | float]] = [
    ["E-Mail", "First name", "Phone", "kW", "Country"],
    ["zoe@mills.example", "Zoë, née “Õ”", 4930123456.0, 7.5, "DE"],
    ["", "", "", "", ""],
    ["ola@finnan.example", "Ola", 493099887766, 30, "DE"],
]


def test_a_workbook_is_read_as_its_sheet_shows_it(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"".join(sheet_text(BytesIO(workbook([], ROWS)))))
    rows = [
        row
        for row in list_rows(plan_list(path, ListOptions(fields=example_fields())))
        if isinstance(row, ReadRow)
    ]
    assert [row.lead.first_name for row in rows] == ["Zoë, née “Õ”", "Ola"]
    assert [row.lead.phone for row in rows] == ["+4930123456", "+493099887766"]
    assert [row.lead.facts["compressor_kw"] for row in rows] == [7.5, 30]
    assert [row.row for row in rows] == [2, 4]


def test_who_waits_for_a_workbook_is_told_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    rows = sheet_text(BytesIO(workbook(ROWS)), progress=lambda *far: told.append(far))
    assert next(rows).startswith(b"E-Mail,First name")
    list(rows)
    assert told == [(4, 4)]
    told.clear()
    list(sheet_text(BytesIO(workbook(ROWS * 100)), progress=lambda *far: told.append(far)))
    assert told == [(200, 399), (400, 400)]


@pytest.mark.parametrize("content", [b"no zip at all", workbook([]), workbook([], [])])
def test_what_is_no_workbook_with_rows_is_refused_with_a_way_out(content: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"save the sheet as CSV|choose another file"):
        list(sheet_text(BytesIO(content)))


def refused(content: bytes, *, bounds: SheetBounds = SheetBounds()) -> str:  # noqa: B008 - frozen
    with pytest.raises(TooLarge) as caught:
        list(sheet_text(BytesIO(content), bounds=bounds))
    return caught.value.sentence


ONE = '<row r="1"><c r="A1"><v>1</v></c></row>'


@pytest.mark.parametrize(
    "far",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="20"><c r="XFD20"><v>1</v></c></row>',
        '<row r="1000000"><c r="Z1000000"><v>1</v></c></row>',
        "<row r = '1000000' spans='1:1'><c r = 'AA1000000'><v>1</v></c></row>",
        '<row><c r="ZZ1048576"><v>1</v></c></row>',
    ],
)
def test_cells_that_lie_too_far_apart_are_refused_before_they_take_room(far: str) -> None:
    assert "too far apart" in refused(sheet_xml(ONE + far))


def test_a_small_file_that_unfolds_without_end_is_refused_before_it_does() -> None:
    few = SheetBounds(bytes=100_000)
    assert "too large" in refused(sheet_xml(ONE + " " * 200_000), bounds=few)
    assert "too large" in refused(workbook(ROWS * 2_000), bounds=few)


def test_a_reader_that_takes_too_much_memory_is_ended() -> None:
    text = "z" * 30_000
    sheet: list[list[str | float]] = [[text] * 5 for _ in range(400)]
    assert "too large" in refused(workbook(sheet), bounds=SheetBounds(memory=80_000_000))


def test_a_reader_that_takes_too_long_is_ended() -> None:
    assert "too large" in refused(sheet_xml(ONE * 600_000), bounds=SheetBounds(cpu_seconds=1))


def test_a_list_that_is_a_little_larger_is_left_to_a_worker() -> None:
    one: list[str | float] = ["a@b.example", "Ulm"]
    head: list[str | float] = ["E-Mail", "City"]
    rows = [head, *([one] * 30_000)]
    assert refused(workbook(rows), bounds=WHILE_SOMEBODY_WAITS)
    assert b"".join(sheet_text(BytesIO(workbook(rows)))).count(b"Ulm") == 30_000


@pytest.mark.parametrize(
    "sheet",
    [
        "<a>" * 50_000,
        ONE.replace("<v>1</v>", "<v>&boom;</v>").replace("</row>", ""),
        '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>' + ONE.replace(">1<", ">&c;<"),
    ],
)
def test_a_sheet_that_is_broken_or_nested_without_end_gives_a_sentence(sheet: str) -> None:
    with pytest.raises(UnreadableFile, match=r"as CSV|choose another file"):
        list(sheet_text(BytesIO(sheet_xml(sheet))))
