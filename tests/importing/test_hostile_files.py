"""Files that are made, or broken, so as to cost more than any sheet: refused in seconds and little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import chain, repeat
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scp_events.importing import SheetsRefusedError
from scp_events.importing.reading import read_directory
from scp_events.importing.sheets import COLUMNS, DAYS
from tests.examples import examples
from tests.importing.office_files import (
    FILES,
    HEADER,
    contact,
    contacts,
    ods_cell,
    ods_row,
    write_book,
    write_ods,
    write_raw_book,
    xml_row,
)

MEGABYTE = 1024 * 1024
READ = r"""
import json, re, sys, time
from pathlib import Path
from scp_events.importing import SheetsRefusedError
from scp_events.importing.reading import read_directory
from scp_events.importing.sheets import COLUMNS, DAYS
for directory in sys.argv[1:]:
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    began = time.process_time()
    try:
        folder = read_directory(Path(directory), COLUMNS, DAYS)
        said = [[name, len(sheet.lines)] for name, sheet in folder.sheets.items()]
    except SheetsRefusedError as refusal:
        said = [[problem.file, problem.wrong.code] for problem in refusal.problems]
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(json.dumps([said, int(peak[1]) // 1024, time.process_time() - began]), flush=True)
    folder = None
"""
Outcome = tuple[list[list[object]], int, float]
"""What became of a folder, the peak of memory in megabytes, and the seconds of the processor."""


def read_apart(directories: list[Path]) -> list[Outcome]:
    """Read folders in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-c", READ, *map(str, directories)], capture_output=True, check=True, timeout=300
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


ROW = xml_row(1, HEADER) + xml_row(2, map(str, contact(1)))


def stray(path: Path) -> None:
    write_raw_book(path, ROW + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def stray_below(path: Path) -> None:
    write_raw_book(path, xml_row(1, HEADER) + '<row r="1048576"><c r="A1048576"><v>1</v></c></row>')


def stray_to_the_right(path: Path) -> None:
    write_raw_book(path, xml_row(1, HEADER) + '<row r="2"><c r="XFD2"><v>1</v></c></row>')


def zip_bomb(path: Path) -> None:
    write_raw_book(path, chain([ROW.encode()], repeat(b"<!---->" + b" " * MEGABYTE, 420)))


def comment_without_end(path: Path) -> None:
    write_raw_book(path, chain([b"<!--"], repeat(b"x" * MEGABYTE, 100)))


def cell_without_end(path: Path) -> None:
    write_raw_book(path, chain([b'<row><c t="str"><v>'], repeat(b"x" * MEGABYTE, 100)))


def elements_without_end(path: Path) -> None:
    write_raw_book(path, repeat(b"<row><c>" * 10_000, 300))


def huge_shared_strings(path: Path) -> None:
    text = b"<si><t>" + b"x" * 1000 + b"</t></si>"
    write_raw_book(path, '<row r="1"><c t="s"><v>0</v></c></row>', shared=repeat(text, 100_000))


def one_shared_string_named_everywhere(path: Path) -> None:
    header = f"{xml_row(1, HEADER).removesuffix('</row>')}</row>".encode()
    row = b"<row>" + b'<c t="s"><v>0</v></c>' * 10 + b"</row>"
    write_raw_book(
        path, chain([header], repeat(row, 5000)), shared=[b"<si><t>" + b"x" * 30_000 + b"</t></si>"]
    )


def a_million_empty_rows_with_a_format(path: Path) -> None:
    rows = (f'<row r="{n}"><c r="A{n}" s="1"/></row>'.encode() for n in range(3, 1_000_000))
    write_raw_book(path, chain([ROW.encode()], rows))


def millions_of_empty_cells(path: Path) -> None:
    row = b"<row>" + b"<c/>" * 10_000 + b"</row>"
    write_raw_book(path, chain([ROW.encode()], repeat(row, 6000)))


def words_that_stand_for_millions(path: Path) -> None:
    write_raw_book(path, ROW)
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
    put_in_place_of(path, "xl/worksheets/sheet1.xml", bomb)


def put_in_place_of(path: Path, part: str, content: str) -> None:
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, was in parts.items():
            archive.writestr(name, content if name == part else was)


def description_without_end(path: Path) -> None:
    write_raw_book(path, ROW)
    put_in_place_of(path, "xl/workbook.xml", f"<workbook>{' ' * 9 * MEGABYTE}</workbook>")


def worksheets_without_end(path: Path) -> None:
    write_raw_book(path, ROW)
    sheets = "".join(f'<sheet name="{number}" r:id="b"/>' for number in range(1001))
    put_in_place_of(path, "xl/workbook.xml", f'<workbook xmlns:r="r"><sheets>{sheets}</sheets></workbook>')


def file_without_end(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"PK\3\4")
        file.truncate(101 * MEGABYTE)


def tables_without_end(path: Path) -> None:
    write_ods(path, {str(number): [] for number in range(1001)})


def far_row(path: Path) -> None:
    blank = ods_row([""], 'table:number-rows-repeated="1000000"')
    write_ods(path, {"a": [ods_row(HEADER), blank, ods_row(contact(1))]})


def parts_without_end(path: Path) -> None:
    write_raw_book(path, ROW)
    with ZipFile(path, "a") as archive:
        for number in range(60_000):
            archive.writestr(f"{number:050}", "")


def rows_that_repeat(path: Path) -> None:
    rows = [ods_row(HEADER), ods_row(contact(1), 'table:number-rows-repeated="1048570"')]
    write_ods(path, {"a": rows})


def cells_that_repeat(path: Path) -> None:
    cell = ods_cell("x").replace(
        "<table:table-cell", '<table:table-cell table:number-columns-repeated="900000000"'
    )
    write_ods(path, {"a": [ods_row(HEADER), ods_row([cell])]})


def blank_cells_that_repeat(path: Path) -> None:
    cell = '<table:table-cell table:number-columns-repeated="900000000"/>'
    write_ods(path, {"a": [ods_row(HEADER), ods_row([cell, "x"])]})


def spaces_that_repeat(path: Path) -> None:
    cell = '<table:table-cell><text:p><text:s text:c="900000000"/></text:p></table:table-cell>'
    write_ods(path, {"a": [ods_row(HEADER), ods_row([cell])]})


def legacy_without_end(path: Path) -> None:
    with path.open("wb") as file:
        file.write((FILES / "contacts.xls").read_bytes())
        file.truncate(17 * MEGABYTE)


def legacy_stray(path: Path) -> None:
    path.write_bytes((FILES / "stray.xls").read_bytes())


def a_line_without_end(path: Path) -> None:
    path.write_bytes(b",".join(str(cell).encode() for cell in HEADER) + b"\n" + b"x," * 50 * MEGABYTE)


def rows_without_end(path: Path) -> None:
    line = ",".join(map(str, contact(1))) + "\n"
    path.write_text(",".join(HEADER) + "\n" + line * 600_000)


def text_without_end(path: Path) -> None:
    line = ",".join(map(str, contact(1, note="x" * 10_000))) + "\n"
    path.write_text(",".join(HEADER) + "\n" + line * 15_000)


def blank_lines_without_end(path: Path) -> None:
    path.write_text(",".join(HEADER) + "\n" * 3_000_000)


HOSTILE: list[tuple[str, Callable[[Path], None], str]] = [
    ("contacts.xlsx", stray, "stray-cell"),
    ("contacts.xlsx", stray_below, "stray-cell"),
    ("contacts.xlsx", stray_to_the_right, "stray-cell"),
    ("contacts.xlsx", zip_bomb, "workbook-too-large"),
    ("contacts.xlsx", comment_without_end, "not-a-workbook"),
    ("contacts.xlsx", cell_without_end, "cell-too-long"),
    ("contacts.xlsx", elements_without_end, "not-a-workbook"),
    ("contacts.xlsx", huge_shared_strings, "workbook-too-large"),
    ("contacts.xlsx", one_shared_string_named_everywhere, "too-much-text"),
    ("contacts.xlsx", a_million_empty_rows_with_a_format, "too-many-rows"),
    ("contacts.xlsx", millions_of_empty_cells, "workbook-too-large"),
    ("contacts.xlsx", words_that_stand_for_millions, "not-a-workbook"),
    ("contacts.xlsx", parts_without_end, "not-a-workbook"),
    ("contacts.xlsx", description_without_end, "workbook-too-large"),
    ("contacts.xlsx", worksheets_without_end, "too-many-worksheets"),
    ("contacts.xlsx", file_without_end, "workbook-too-large"),
    ("contacts.ods", tables_without_end, "too-many-worksheets"),
    ("contacts.ods", far_row, "stray-cell"),
    ("contacts.ods", rows_that_repeat, "too-many-rows"),
    ("contacts.ods", cells_that_repeat, "stray-cell"),
    ("contacts.ods", spaces_that_repeat, "cell-too-long"),
    ("contacts.ods", blank_cells_that_repeat, "stray-cell"),
    ("contacts.xls", legacy_stray, "workbook-too-large"),
    ("contacts.xls", legacy_without_end, "workbook-too-large"),
    ("contacts.csv", a_line_without_end, "line-too-long"),
    ("contacts.csv", rows_without_end, "too-many-rows"),
    ("contacts.csv", text_without_end, "too-much-text"),
    ("contacts.csv", blank_lines_without_end, "too-many-rows"),
]


def test_every_hostile_file_is_refused_in_seconds_and_in_little_memory(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """In one test, as they are written and read together; the seconds are the processor's."""
    directories = [tmp_path_factory.mktemp(write.__name__) for _, write, _ in HOSTILE]
    for directory, (name, write, _) in zip(directories, HOSTILE, strict=True):
        write(directory / name)
    for (name, write, code), (said, peak, seconds) in zip(HOSTILE, read_apart(directories), strict=True):
        assert (said, write.__name__) == ([[name, code]], write.__name__)
        assert (peak < 250, seconds < 20, write.__name__) == (True, True, write.__name__)


def test_fifty_thousand_contacts_are_read_in_little_memory(tmp_path: Path) -> None:
    rows = [HEADER, *([str(cell) for cell in contact(number)] for number in range(50_000))]
    (text, book) = (tmp_path / "text", tmp_path / "book")
    text.mkdir()
    book.mkdir()
    (text / "contacts.csv").write_text("\n".join(",".join(row) for row in rows))
    write_raw_book(book / "contacts.xlsx", (xml_row(n, row).encode() for n, row in enumerate(rows, start=1)))
    for said, peak, _ in read_apart([text, book]):
        assert said == [["contacts", 50_000]]
        assert peak < 110


@pytest.fixture(scope="module")
def workbooks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    directory = tmp_path_factory.mktemp("workbooks")
    write_book(directory / "contacts.xlsx", {"contacts": contacts("2025-03-09")})
    write_ods(directory / "contacts.ods", {"contacts": map(ods_row, contacts("2025-03-09"))})
    whole = {path.name: path.read_bytes() for path in directory.iterdir()}
    return whole | {"contacts.xls": (FILES / "contacts.xls").read_bytes()}


@settings(max_examples=examples(60), deadline=None)
@given(
    name=st.sampled_from(["contacts.xlsx", "contacts.ods", "contacts.xls"]),
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)), max_size=6
    ),
    kept=st.floats(0.5, 1),
)
def test_a_damaged_workbook_is_read_or_refused(
    workbooks: dict[str, bytes],
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    changes: list[tuple[float, bytes]],
    kept: float,
) -> None:
    content = bytearray(workbooks[name])
    for place, change in changes:
        at = int(place * len(content))
        content[at : at + len(change)] = change
    directory = tmp_path_factory.mktemp("damaged")
    (directory / name).write_bytes(content[: int(kept * len(content))] if kept < 0.9 else content)
    try:
        assert read_directory(directory, COLUMNS, DAYS).sheets
    except SheetsRefusedError as refusal:
        assert refusal.problems
