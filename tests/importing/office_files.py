"""Files as office programs leave them: workbooks with everything in them that people do not see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter

HEADER = [
    "row",
    "case",
    "happened_on",
    "time",
    "entered_on",
    "made_by",
    "medium",
    "outcome",
    "minutes",
    "note",
]
DAYS = {"happened_on": 2, "entered_on": 4}
FILES = Path(__file__).parent / "files"


def contact(number: int, day: object = "2025-03-09", **cells: object) -> list[Any]:
    """Return a row of contacts."""
    row = {
        "row": f"C-{number}",
        "case": "SC-2025-001",
        "happened_on": day,
        "time": "14:30",
        "entered_on": "2025-03-20",
        "made_by": "kw-juniper",
        "medium": "in person",
        "outcome": "held",
        "minutes": 45,
        "note": "Talked.",
    } | cells
    return [*row.values()]


def contacts(*days: object) -> list[list[Any]]:
    """Return a table of contacts, one a day."""
    return [HEADER, *(contact(number, day) for number, day in enumerate(days, start=1))]


def write_book(path: Path, worksheets: Mapping[str, Sequence[Sequence[Any]]], **options: object) -> Path:
    """Write a workbook of several worksheets."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, **options}) as book:
        formats = {
            date: book.add_format({"num_format": "dd/mm/yyyy"}),
            time: book.add_format({"num_format": "hh:mm"}),
        }
        for name, table in worksheets.items():
            page = book.add_worksheet(name)
            for line, row in enumerate(table):
                for column, value in enumerate(row):
                    if type(value) in formats:
                        page.write_datetime(line, column, value, formats[type(value)])
                    else:
                        page.write(line, column, value)
    return path


def write_raw_book(
    path: Path, rows: str | Iterable[bytes], *, after: str = "", shared: Iterable[bytes] = ()
) -> Path:
    """Write a workbook with the XML of its rows as given."""
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships><Relationship Id="a" Type="{relations}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns:r="{relations}"><sheets>'
        '<sheet name="contacts" r:id="b"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships><Relationship Id="b" Type="{relations}/worksheet"'
        f' Target="worksheets/sheet1.xml"/><Relationship Id="c" Type="{relations}/sharedStrings"'
        ' Target="/xl/strings.xml"/></Relationships>',
    }
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        with archive.open("xl/strings.xml", "w", force_zip64=True) as part:
            part.write(b"<sst>")
            part.writelines(shared)
            part.write(b"</sst>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(b"<worksheet><sheetData>")
            part.writelines([rows.encode()] if isinstance(rows, str) else rows)
            part.write(f"</sheetData>{after}</worksheet>".encode())
    return path


def xml_row(number: int, cells: Iterable[str], attributes: str = "") -> str:
    """Return a row of texts as XML."""
    said = "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in cells)
    return f'<row r="{number}"{attributes}>{said}</row>'


# --- OpenDocument -----------------------------------------------------------------------------------------

_NAMES = {
    each: f"urn:oasis:names:tc:opendocument:xmlns:{each}:1.0" for each in ("office", "table", "text", "style")
} | {"calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"}
_DECLARED = " ".join(f"xmlns:{name}={quoteattr(uri)}" for name, uri in _NAMES.items())


def ods_cell(value: Any) -> str:
    """Return a cell as LibreOffice writes it."""
    match value:
        case str() if value.startswith("<"):
            return value
        case "":
            return "<table:table-cell/>"
        case date():
            said = f'office:value-type="date" office:date-value="{value.isoformat()}"'
        case time():
            said = f'office:value-type="time" office:time-value="PT{value:%HH%MM%SS}"'
        case bool():
            said = f'office:value-type="boolean" office:boolean-value="{str(value).lower()}"'
        case int() | float():
            said = f'office:value-type="float" office:value="{value}"'
        case _:
            said = 'office:value-type="string"'
    return f"<table:table-cell {said}><text:p>{escape(str(value))}</text:p></table:table-cell>"


def ods_row(values: Iterable[Any], attributes: str = "") -> str:
    """Return a row as LibreOffice writes it."""
    return f"<table:table-row {attributes}>{''.join(map(ods_cell, values))}</table:table-row>"


def write_ods(path: Path, worksheets: Mapping[str, Iterable[str]], *, manifest: str = "") -> Path:
    """Write an OpenDocument workbook of rows as XML; a worksheet whose name begins with a dot is hidden."""
    tables = "".join(
        f'<table:table table:name="{name}" table:style-name="{"away" if name.startswith(".") else "shown"}">'
        f"{''.join(rows)}</table:table>"
        for name, rows in worksheets.items()
    )
    content = (
        f"<office:document-content {_DECLARED}><office:automatic-styles>"
        '<style:style style:name="away"><style:table-properties table:display="false"/></style:style>'
        f"</office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", f"<manifest>{manifest}</manifest>")
        archive.writestr("content.xml", content)
    return path
