"""What stands in a folder: each entry is read, or named with why not; and each kind of file says the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from scp_events.importing import SheetsRefusedError
from scp_events.importing.lines import Form, Lines
from scp_events.importing.reading import Folder, Sheet, read_directory
from scp_events.importing.sheets import COLUMNS, DAYS
from tests.importing.office_files import (
    FILES,
    HEADER,
    contact,
    contacts,
    ods_row,
    write_book,
    write_ods,
    write_raw_book,
    xml_row,
)

CSV = "\n".join(",".join(str(cell) for cell in row) for row in contacts("2025-03-09", "2025-03-10")) + "\n"


def read(directory: Path) -> Folder:
    return read_directory(directory, COLUMNS, DAYS)


def the_sheet(directory: Path) -> Sheet:
    [sheet] = read(directory).sheets.values()
    return sheet


def refused(directory: Path) -> list[tuple[str, str]]:
    """Return why the files of a folder are refused."""
    with pytest.raises(SheetsRefusedError) as refusal:
        read(directory)
    assert all(problem.wrong.fix for problem in refusal.value.problems)
    return [(problem.file, problem.wrong.code) for problem in refusal.value.problems]


def noticed(directory: Path) -> list[tuple[str, str]]:
    return [(problem.file, problem.wrong.code) for problem in read(directory).noticed]


# --- the folder -------------------------------------------------------------------------------------------


def test_every_entry_of_a_folder_is_read_or_named(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text(CSV)
    (tmp_path / "Older").mkdir()
    for name in (
        ".DS_Store",
        ".~lock.contacts.csv#",
        "README.txt",
        "people.numbers",
        "plan.pdf",
        "~$contacts.xlsx",
    ):
        (tmp_path / name).write_text("not a sheet")
    (tmp_path / "letter.docx").symlink_to(tmp_path / "nowhere.docx")
    assert noticed(tmp_path) == [
        (".DS_Store", "hidden-file"),
        (".~lock.contacts.csv#", "lock-file"),
        ("Older", "sub-folder"),
        ("README.txt", "no-sheet"),
        ("letter.docx", "other-ending"),
        ("people.numbers", "other-ending"),
        ("plan.pdf", "other-ending"),
        ("~$contacts.xlsx", "lock-file"),
    ]


def test_a_sheet_that_cannot_be_reached_stops_the_import(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").symlink_to(tmp_path / "nowhere.csv")
    os.mkfifo(tmp_path / "plans.csv")
    (tmp_path / "kontakte.csv").write_text(CSV)
    assert refused(tmp_path) == [
        ("contacts.csv", "dangling-link"),
        ("kontakte.csv", "unknown-sheet"),
        ("plans.csv", "not-a-file"),
    ]


@pytest.mark.parametrize("name", ["Key workers.csv", "key_workers.CSV", "KEY-WORKERS.tsv"])
def test_a_sheet_is_known_by_its_name_however_it_is_spelled(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(",".join(sorted(COLUMNS["key-workers"].needed)))
    assert [*read(tmp_path).sheets] == ["key-workers"]


def test_two_files_of_one_sheet_are_refused(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text(CSV)
    write_ods(tmp_path / "contacts.ods", {"Sheet1": map(ods_row, contacts("2025-03-09"))})
    assert refused(tmp_path) == [("contacts.ods", "sheet-twice")]


def test_all_that_is_wrong_with_the_columns_is_said_at_once(tmp_path: Path) -> None:
    header = "row,case,happened_on,entered_on,Willowbrook,note,note,mood,medium\n"
    (tmp_path / "contacts.csv").write_text(header)
    with pytest.raises(SheetsRefusedError) as refusal:
        read(tmp_path)
    said = str(refusal.value)
    assert refused(tmp_path) == [
        ("contacts.csv", "unknown-column"),
        ("contacts.csv", "column-twice"),
        ("contacts.csv", "missing-column"),
    ]
    assert "number 5, 8" in said
    assert "`made_by`, `outcome`" in said
    assert "willowbrook" not in said.lower()


def test_a_column_without_a_name_may_be_there_as_long_as_it_says_nothing(tmp_path: Path) -> None:
    rows = [HEADER[:9], contact(1)[:9], contact(2)[:9]]
    text = "\n".join(",".join([*map(str, row[:3]), "", *map(str, row[3:])]) for row in rows)
    (tmp_path / "contacts.csv").write_text(
        text.replace("C-2,SC-2025-001,2025-03-09,", "C-2,SC-2025-001,2025-03-09,?")
    )
    assert [line.unnamed for line in the_sheet(tmp_path).lines] == [False, True]


# --- text files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["csv", "tsv", "txt"])
def test_text_is_read_in_every_form_office_programs_write(
    tmp_path: Path, encoding: str, delimiter: str, ending: str
) -> None:
    text = CSV.replace("Talked.", "Räksmörgås 雪 ✓").replace(",", delimiter).replace("\n", "\r\n")
    (tmp_path / f"contacts.{ending}").write_bytes(text.encode(encoding))
    lines = the_sheet(tmp_path).lines
    assert [(line.number, line.cells["row"], line.cells["note"]) for line in lines] == [
        (2, "C-1", "Räksmörgås 雪 ✓"),
        (3, "C-2", "Räksmörgås 雪 ✓"),
    ]


@pytest.mark.parametrize(
    ("encoding", "note"),
    [("cp1252", "h\xf6me"), ("cp850", "h\xf6me"), ("utf-16-le", "home"), ("utf-16-be", "home")],
)
def test_text_in_another_encoding_is_refused_with_a_remedy(tmp_path: Path, encoding: str, note: str) -> None:
    (tmp_path / "contacts.csv").write_bytes(CSV.replace("Talked.", note).encode(encoding))
    assert refused(tmp_path) == [("contacts.csv", "not-utf-8")]


def test_the_line_that_names_the_delimiter_for_excel_is_no_row(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("sep=;\n" + CSV.replace(",", ";"))
    assert [line.number for line in the_sheet(tmp_path).lines] == [3, 4]


def test_a_quoted_cell_may_hold_lines_and_delimiters(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text(CSV.replace("Talked.", '"One, ""two""\nthree"', 1), newline="")
    assert [(line.number, line.cells["note"]) for line in the_sheet(tmp_path).lines] == [
        (2, 'One, "two"\nthree'),
        (4, "Talked."),
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_on_any_machine(tmp_path: Path, newline: str) -> None:
    (tmp_path / "contacts.csv").write_text(CSV.replace("\n", newline), newline="")
    assert [line.cells["row"] for line in the_sheet(tmp_path).lines] == ["C-1", "C-2"]


def test_a_workbook_with_the_name_of_a_text_is_said_to_be_one(tmp_path: Path) -> None:
    write_book(tmp_path / "contacts.xlsx", {"a": contacts("2025-03-09")}).rename(tmp_path / "contacts.csv")
    assert refused(tmp_path) == [("contacts.csv", "a-workbook")]


@pytest.mark.parametrize(
    ("cell", "code"), [("x" * 200_000, "cell-too-long"), ('"' + "x\n" * 90_000, "cell-too-long")]
)
def test_a_cell_nobody_typed_is_refused(tmp_path: Path, cell: str, code: str) -> None:
    (tmp_path / "contacts.csv").write_text(CSV.replace("Talked.", cell, 1))
    assert refused(tmp_path) == [("contacts.csv", code)]


# --- workbooks --------------------------------------------------------------------------------------------

Write = Callable[[Path], Path]
TABLE = contacts(date(2025, 3, 9), date(2025, 3, 10))
TABLE[1][3] = time(14, 30)
KINDS: dict[str, Write] = {
    "contacts.xlsx": lambda path: write_book(path, {"Sheet1": TABLE}),
    "Contacts.XLSM": lambda path: write_book(path, {"Sheet1": TABLE}),
    "contacts.ods": lambda path: write_ods(path, {"Tabelle1": map(ods_row, TABLE)}),
    "contacts.xls": lambda path: write_book(path, {"Sheet1": TABLE}),
}


@pytest.mark.parametrize("name", KINDS)
def test_days_times_and_numbers_read_the_same_from_every_kind_of_workbook(tmp_path: Path, name: str) -> None:
    KINDS[name](tmp_path / name)
    one, two = the_sheet(tmp_path).lines
    assert one.cells == {
        "row": "C-1",
        "case": "SC-2025-001",
        "happened_on": "2025-03-09",
        "time": "14:30:00",
        "entered_on": "2025-03-20",
        "made_by": "kw-juniper",
        "medium": "in person",
        "outcome": "held",
        "minutes": "45",
        "note": "Talked.",
    }
    assert one.values[2:4] == (date(2025, 3, 9), time(14, 30))
    assert (two.number, two.cells["happened_on"]) == (3, "2025-03-10")


def test_a_legacy_workbook_is_read_with_its_errors_and_hidden_rows(tmp_path: Path) -> None:
    (tmp_path / "contacts.xls").write_bytes((FILES / "contacts.xls").read_bytes())
    first, _, third, fourth = the_sheet(tmp_path).lines
    assert (first.cells["happened_on"], first.cells["time"], first.cells["minutes"], first.cells["note"]) == (
        "2025-03-09",
        "14:30:00",
        "45",
        "Räksmörgås",
    )
    assert third.cells["note"] == "#N/A"
    assert fourth.cells["minutes"] == "#NOT-CALCULATED!"
    assert noticed(tmp_path) == [
        ("contacts.xls [worksheet 3]", "hidden-worksheet"),
        ("contacts.xls [worksheet 2]", "no-sheet"),
        ("contacts.xls", "hidden-rows"),
    ]


@pytest.mark.parametrize("since_1904", [False, True])
def test_days_are_the_same_in_both_ways_excel_counts_them(tmp_path: Path, since_1904: bool) -> None:  # noqa: FBT001 - a parameter of the test
    days = [date(1904, 1, 1), date(1904, 1, 2), date(1999, 12, 31), date(2000, 2, 29), date(2025, 3, 9)]
    write_book(tmp_path / "contacts.xlsx", {"a": contacts(*days)}, date_1904=since_1904)
    assert [line.cells["happened_on"] for line in the_sheet(tmp_path).lines] == [str(day) for day in days]


def test_every_worksheet_that_is_a_sheet_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    people = [["row", "case", "happened_on", "entered_on", "registered_by", "date_of_birth", "name"]]
    people[0].append("preferred_language")
    staff = [["code", "role", "organisation"], ["kw-juniper", "key-worker", "sc"]]
    write_book(
        tmp_path / "our records.xlsx",
        {
            "Contacts": contacts("2025-03-09"),
            "Young people": people,
            "Lists": [["medium"], ["in person"], ["by phone"]],
            "Team": staff,
            "Notes": [["Remember to call the office"]],
            "empty": [],
        },
    )
    folder = read(tmp_path)
    assert {name: sheet.file for name, sheet in folder.sheets.items()} == {
        "contacts": "our records.xlsx [contacts]",
        "people": "our records.xlsx [people]",
        "staff": "our records.xlsx [staff]",
    }
    assert noticed(tmp_path) == [
        ("our records.xlsx [worksheet 3]", "no-sheet"),
        ("our records.xlsx [worksheet 5]", "no-sheet"),
    ]


def test_a_worksheet_of_rows_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    outings = [["row", "case", "where to"], ["O-1", "SC-2025-001", "the sea"]]
    write_book(tmp_path / "contacts.xlsx", {"contacts": contacts("2025-03-09"), "outings": outings})
    assert refused(tmp_path) == [("contacts.xlsx", "unknown-worksheet")]


def test_two_worksheets_of_one_sheet_are_refused(tmp_path: Path) -> None:
    write_book(tmp_path / "all.xlsx", {"2024": contacts("2024-03-09"), "2025": contacts("2025-03-09")})
    assert refused(tmp_path) == [("all.xlsx [contacts]", "sheet-twice")]


def test_hidden_worksheets_rows_and_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "contacts.ods"
    rows = [ods_row(row) for row in contacts("2025-03-09")]
    hidden = ods_row(contact(2), 'table:visibility="filter"')
    columns = '<table:table-column table:number-columns-repeated="3"/>'
    collapsed = '<table:table-column table:visibility="collapse"/>'
    write_ods(path, {"Sheet1": [columns, collapsed, *rows, hidden], ".old": rows})
    assert noticed(tmp_path) == [
        ("contacts.ods [worksheet 2]", "hidden-worksheet"),
        ("contacts.ods", "hidden-rows"),
        ("contacts.ods", "hidden-columns"),
    ]
    assert [line.cells["row"] for line in the_sheet(tmp_path).lines] == ["C-1", "C-2"]


def test_hidden_rows_of_excel_are_read_and_named(tmp_path: Path) -> None:
    rows = "".join(
        xml_row(number, map(str, row), ' hidden="1"' if number == 3 else "")
        for number, row in enumerate(contacts("2025-03-09", "2025-03-10"), start=1)
    )
    write_raw_book(tmp_path / "contacts.xlsx", rows)
    assert noticed(tmp_path) == [("contacts.xlsx", "hidden-rows")]
    assert len(the_sheet(tmp_path).lines) == 2


TWO_ROWS = '<table:table-cell table:number-rows-spanned="2"><text:p>C-1</text:p></table:table-cell>'
MERGED: dict[str, Write] = {
    "contacts.xlsx": lambda path: write_raw_book(
        path,
        "".join(xml_row(n, map(str, row)) for n, row in enumerate(contacts("2025-03-09"), start=1)),
        after='<mergeCells><mergeCell ref="A2:A3"/></mergeCells>',
    ),
    "contacts.ods": lambda path: write_ods(
        path, {"a": [ods_row(HEADER), ods_row([TWO_ROWS, *contact(1)[1:]])]}
    ),
    "contacts.xls": lambda path: Path(path.write_bytes((FILES / "merged.xls").read_bytes()) and path),
}


@pytest.mark.parametrize("name", MERGED)
def test_merged_cells_are_refused_because_the_others_would_be_blank(tmp_path: Path, name: str) -> None:
    MERGED[name](tmp_path / name)
    assert refused(tmp_path) == [(name, "merged-cells")]


def test_errors_and_formulas_that_were_never_calculated_are_not_blank(tmp_path: Path) -> None:
    cells = {
        "<c><f>1+1</f><v>45</v></c>": "45",
        "<c><f>1+1</f></c>": "#NOT-CALCULATED!",
        "<c><f>1+1</f><v></v></c>": "#NOT-CALCULATED!",
        '<c t="e"><f>1/0</f><v>#DIV/0!</v></c>': "#DIV/0!",
        '<c t="e"><v>#REF!</v></c>': "#REF!",
        '<c t="str"><f>""</f><v></v></c>': None,
        '<c t="str"><f>A1</f><v>forty</v></c>': "forty",
        '<c t="b"><v>1</v></c>': "yes",
        '<c t="inlineStr"><is><r><t>for</t></r><r><t>ty</t></r><rPh><t>phonetic</t></rPh></is></c>': "forty",
    }
    rows = xml_row(1, HEADER) + "".join(
        f"{xml_row(number, map(str, contact(number)[:8])).removesuffix('</row>')}{cell}</row>"
        for number, cell in enumerate(cells, start=2)
    )
    write_raw_book(tmp_path / "contacts.xlsx", rows)
    assert [line.cells.get("minutes") for line in the_sheet(tmp_path).lines] == [*cells.values()]


def test_a_zero_that_stands_for_a_formula_nobody_calculated_is_no_zero(tmp_path: Path) -> None:
    """What xlsxwriter and others write; Excel would calculate it when it opens the file."""
    table = contacts("2025-03-09", "2025-03-10")
    write_book(tmp_path / "contacts.xlsx", {"a": table}, strings_to_formulas=True)
    table[1][8], table[2][8] = "=40+5", 0
    write_book(tmp_path / "contacts.xlsx", {"a": table}, strings_to_formulas=True)
    assert [line.cells["minutes"] for line in the_sheet(tmp_path).lines] == ["#NOT-CALCULATED!", "0"]


def test_errors_of_an_open_document_are_not_blank(tmp_path: Path) -> None:
    error = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value=""'
        ' calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    )
    uncalculated = '<table:table-cell table:formula="of:=1+1"/>'
    cells = {error: "#DIV/0!", uncalculated: "#NOT-CALCULATED!"}
    rows = [ods_row([*contact(number)[:8], cell]) for number, cell in enumerate(cells, start=1)]
    write_ods(tmp_path / "contacts.ods", {"a": [ods_row(HEADER), *rows]})
    assert [line.cells["minutes"] for line in the_sheet(tmp_path).lines] == [*cells.values()]


def test_what_an_open_document_says_once_for_many_cells_and_rows_is_read_for_each(tmp_path: Path) -> None:
    note = (
        '<table:table-cell office:value-type="string"><office:annotation><text:p>a comment</text:p>'
        "</office:annotation><text:p>one<text:s/>two</text:p><text:p>three</text:p></table:table-cell>"
    )
    twice = '<table:table-cell table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell>'
    blank = '<table:table-cell table:number-columns-repeated="16384"/>'
    rows = [
        ods_row(HEADER),
        ods_row([*contact(1)[:5], twice, *contact(1)[7:9], note], 'table:number-rows-repeated="3"'),
        ods_row([blank], 'table:number-rows-repeated="1048572"'),
    ]
    write_ods(tmp_path / "contacts.ods", {"a": rows})
    assert [
        (line.number, line.cells["made_by"], line.cells["medium"], line.cells["note"])
        for line in the_sheet(tmp_path).lines
    ] == [(number, "x", "x", "one two\nthree") for number in (2, 3, 4)]


LOCKED: dict[str, Write] = {
    "contacts.xlsx": lambda path: Path(path.write_bytes((FILES / "locked.xlsx").read_bytes()) and path),
    "contacts.ods": lambda path: write_ods(path, {"a": []}, manifest="<encryption-data/>"),
}


@pytest.mark.parametrize("name", LOCKED)
def test_a_workbook_with_a_password_is_said_to_have_one(tmp_path: Path, name: str) -> None:
    LOCKED[name](tmp_path / name)
    assert refused(tmp_path) == [(name, "locked-workbook")]


@pytest.mark.parametrize("name", ["contacts.xlsx", "contacts.ods", "contacts.xls"])
@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"PK\3\4", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 600]
)
def test_what_is_no_workbook_is_said_to_be_none(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert refused(tmp_path) == [(name, "not-a-workbook")]


def test_what_was_kept_of_a_line_is_what_was_read(tmp_path: Path) -> None:
    values = [
        True,
        1,
        -1.5,
        10**14,
        "",
        'said "so"\n\x1f雪',
        date(2025, 3, 9),
        time(1, 2, 3),
        timedelta(hours=30),
    ]
    lines = Lines(Form(tuple("abcdefghi")))
    lines.append(2, values)
    assert lines[0].values == tuple(values)
    assert [*map(type, lines[0].values)] == [*map(type, values)]
