"""Write a workbook as small as one can be, with the standard library alone."""

from collections.abc import Sequence
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACK = "http://schemas.openxmlformats.org/package/2006"
_TYPES = f"""<Types xmlns="{_PACK}/content-types"><Default Extension="rels"
ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override
PartName="/xl/workbook.xml"
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
</Types>"""
_RELS = f"""<Relationships xmlns="{_PACK}/relationships"><Relationship Id="rId1"
Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>"""


def workbook(*sheets: Sequence[Sequence[str | float]]) -> bytes:
    """Give the bytes of a workbook with these sheets, row by row."""
    count = range(1, len(sheets) + 1)
    named = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId{n}"/>' for n in count)
    rels = "".join(
        f'<Relationship Id="rId{n}" Type="{_REL}/worksheet" Target="worksheets/s{n}.xml"/>'
        for n in count
    )
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", _TYPES)
        packed.writestr("_rels/.rels", _RELS)
        book = f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{named}</sheets></workbook>'
        packed.writestr("xl/workbook.xml", book)
        packed.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACK}/relationships">{rels}</Relationships>',
        )
        for number, rows in zip(count, sheets, strict=True):
            packed.writestr(f"xl/worksheets/s{number}.xml", _sheet(rows))
    return file.getvalue()


def sheet_xml(inside: str) -> bytes:
    """Give a workbook whose only sheet holds this, well written or not."""
    file = BytesIO()
    with ZipFile(BytesIO(workbook([]))) as whole, ZipFile(file, "w", ZIP_DEFLATED) as packed:
        for name in whole.namelist():
            sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{inside}</sheetData></worksheet>'
            packed.writestr(name, sheet if name.endswith("s1.xml") else whole.read(name))
    return file.getvalue()


def _sheet(rows: Sequence[Sequence[str | float]]) -> str:
    lines = "".join(
        f'<row r="{n}">{"".join(_cell(m, n, cell) for m, cell in enumerate(row))}</row>'
        for n, row in enumerate(rows, start=1)
    )
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'


def _cell(column: int, row: int, value: str | float) -> str:
    place = f"{chr(ord('A') + column)}{row}"
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'
