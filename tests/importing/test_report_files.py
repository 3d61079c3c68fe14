"""The report of an import as files: by kind with counts, then row by row, whole or not there at all."""

from __future__ import annotations

import json
import os
import resource
import stat
import subprocess
import tracemalloc
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from scp_events.event_log import LogReader
from scp_events.importing import FileProblem, ImportReport, RowProblem
from scp_events.importing.report import Standing, Wrong, kinds
from scp_events.importing.report_files import FORMS, as_html, as_json, as_xlsx, write_reports
from scp_events.privacy import copies
from tests.importing.test_import import ROWS, changed, counts, run_import, small_case, tells_no_secret, write
from tests.needs import need
from tests.opened import opened_handler


def problem(
    line: int, *, sheet: str = "contacts.csv", column: str | None = "happened_on", code: str = "x"
) -> RowProblem:
    return RowProblem(sheet, line, f"C-{line}", column, code, "is wrong", "put it right")


def some_report() -> ImportReport:
    return ImportReport(
        dry_run=False,
        read=40,
        recorded=20,
        rejected=20,
        problems=[
            problem(2, code="not-a-date"),
            *(problem(line, code="dates-out-of-order") for line in range(3, 20)),
            problem(3, code="dates-out-of-order"),
            RowProblem(
                "people.csv", 5, None, "staff", "unknown-staff", "is not in staff", "add it", "kw-ash"
            ),
        ],
        remarks=[problem(31, code="row-twice")],
        accepted=("decades-ago",),
    )


def test_kinds_come_with_how_many_rows_they_are_the_most_first() -> None:
    found = [
        (kind.rows, kind.standing, kind.sheet, kind.column, kind.code)
        for kind in kinds(some_report().entries())
    ]
    assert found == [
        (17, Standing.REJECTED, "contacts.csv", "happened_on", "dates-out-of-order"),
        (1, Standing.REJECTED, "contacts.csv", "happened_on", "not-a-date"),
        (1, Standing.REJECTED, "people.csv", "staff", "unknown-staff"),
        (1, Standing.REMARK, "contacts.csv", "happened_on", "row-twice"),
    ]


def test_the_json_has_counts_first_then_kinds_then_rows() -> None:
    said = json.loads(as_json(some_report()))
    counts = ["read", "recorded", "already_there", "rejected", "not_come_to"]
    assert [*said][:7] == ["dry_run", *counts, "accepted"]
    assert said["kinds"][0] | {"message": "", "fix": ""} == {
        "rows": 17,
        "standing": "rejected",
        "sheet": "contacts.csv",
        "column": "happened_on",
        "code": "dates-out-of-order",
        "message": "",
        "fix": "",
    }
    [staff] = [each for each in said["rows"] if each["code"] == "unknown-staff"]
    assert (staff["line"], staff["row"], staff["suggestion"]) == (5, None, "kw-ash")


# --- HTML -------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a page is made of, and whether every tag is closed in order."""

    VOID = ("meta",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"td", "th"}:
            self.rows[-1][-1] += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_page_can_be_heard_and_needs_nothing_else() -> None:
    text = as_html(some_report()).decode()
    page = Page(text)
    assert page.named("html") == [{"lang": "en"}]
    assert len(page.named("title")) == len(page.named("h1")) == len(page.named("main")) == 1
    assert len(page.named("caption")) == len(page.named("table")) == 2
    assert {each["scope"] for each in page.named("th")} == {"col", "row"}
    assert {len(row) for row in page.rows} == {7, 9}, "every row has a cell for each heading"
    assert not page.named("script") + page.named("img") + page.named("link") + page.named("a")
    assert "url(" not in text
    assert "http://" not in text
    assert "https://" not in text
    assert "@media print" in text


def test_the_page_says_the_counts_and_every_row() -> None:
    page = Page(as_html(some_report()).decode())
    assert page.rows[1][0] == "17"
    assert "40 rows read, 20 recorded, 0 already there, 20 rejected." in as_html(some_report()).decode()
    assert ["rejected", "people.csv", "5", "", "staff", "unknown-staff"] in [row[:6] for row in page.rows]
    assert "decades-ago" in as_html(some_report()).decode()


ODD_NAME = '=HYPERLINK("http://x")<script>&\udce9.csv'
"""The name of a file, which may be anything but a slash, and no text at all."""


def refused_with_an_odd_name() -> ImportReport:
    wrong = Wrong("unknown-sheet", "is not a sheet this import knows", "move it away")
    return ImportReport(dry_run=False, refused=[FileProblem(ODD_NAME, wrong)])


def test_nothing_in_the_page_is_taken_for_markup() -> None:
    page = Page(as_html(refused_with_an_odd_name()).decode())
    assert page.named("script") == []
    assert [row[2] for row in page.rows[1:2]] == ['=HYPERLINK("http://x")<script>&\\udce9.csv']


# --- XLSX -------------------------------------------------------------------------------------------------


def pages_of(content: bytes, path: Path) -> dict[str, list[list[object]]]:
    path.write_bytes(content)
    with CalamineWorkbook.from_path(path) as workbook:
        return {name: workbook.get_sheet_by_name(name).to_python() for name in workbook.sheet_names}


def test_the_workbook_has_a_worksheet_of_kinds_and_one_of_rows(tmp_path: Path) -> None:
    pages = pages_of(as_xlsx(some_report()), tmp_path / "r.xlsx")
    assert [*pages] == ["Kinds", "Rows"]
    headings = next(n for n, row in enumerate(pages["Kinds"]) if row[0] == "Rows")
    assert pages["Kinds"][headings + 1][:5] == [
        17,
        "rejected",
        "contacts.csv",
        "happened_on",
        "dates-out-of-order",
    ]
    assert len(pages["Rows"]) == 1 + len(list(some_report().entries()))
    assert pages["Rows"][1][:6] == ["rejected", "contacts.csv", 2, "C-2", "happened_on", "not-a-date"]


def test_what_a_spreadsheet_would_take_for_a_formula_or_an_address_is_text(tmp_path: Path) -> None:
    content = as_xlsx(refused_with_an_odd_name())
    [row] = pages_of(content, tmp_path / "r.xlsx")["Rows"][1:]
    assert row[1] == '=HYPERLINK("http://x")<script>&\\udce9.csv'
    subprocess.run(["unzip", "-q", "r.xlsx"], cwd=tmp_path, check=True)
    sheets = "".join(path.read_text() for path in (tmp_path / "xl" / "worksheets").glob("*.xml"))
    assert "<f>" not in sheets
    assert "<hyperlink" not in sheets.lower()


def test_more_rows_than_a_worksheet_holds_go_on_in_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scp_events.importing.report_files.workbook.MOST", 8)
    pages = pages_of(as_xlsx(some_report()), tmp_path / "r.xlsx")
    assert [*pages] == ["Kinds", "Rows", "Rows 2", "Rows 3"]
    assert sum(len(rows) - 1 for name, rows in pages.items() if name != "Kinds") == len(
        list(some_report().entries())
    )


def many_rejected(rows: int) -> ImportReport:
    report = ImportReport(dry_run=False, read=rows, rejected=rows)
    report.problems = [
        RowProblem("contacts.csv", line, f"C-{line}", "medium", "not-a-choice", "is no choice", "use another")
        for line in range(2, rows + 2)
    ]
    return report


def test_a_workbook_of_many_rows_takes_no_more_memory_than_its_bytes() -> None:
    report = many_rejected(20_000)
    tracemalloc.start()
    try:
        written = as_xlsx(report)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 * len(written)


def test_a_workbook_leaves_nothing_beside_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    as_xlsx(some_report())
    assert [*tmp_path.iterdir()] == []


def test_a_workbook_that_finds_no_room_on_its_way_is_said_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "not-there"))
    write_reports(report := some_report(), [tmp_path / "report.xlsx", tmp_path / "report.json"])
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    [said] = report.not_written
    assert said.path == tmp_path / "report.xlsx"


# --- on the disk ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", FORMS)
def test_a_report_is_its_owners_alone_and_replaces_the_one_before(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"report{ending}"
    path.write_text("an earlier one")
    path.chmod(0o644)
    write_reports(report := some_report(), [path])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == FORMS[ending](some_report())
    assert report.not_written == []
    assert [*tmp_path.iterdir()] == [path]


TO_MOUNT = "to mount a file system", "be root, in a container with CAP_SYS_ADMIN"


def mounts(place: Path, how: str) -> bool:
    """Whether a file system in memory could be mounted at a place."""
    mount = ["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(place)]
    return subprocess.run(mount, capture_output=True, check=False).returncode == 0


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a directory on a disk with some 16 KiB left."""
    place = tmp_path / "full"
    place.mkdir()
    need(os.geteuid() == 0 and mounts(place, "size=64k"), *TO_MOUNT)
    try:
        (place / "ballast").write_bytes(bytes(48 * 1024))
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.mark.faults
def test_a_full_disk_leaves_no_half_file_and_the_earlier_one(full_disk: Path) -> None:
    path = full_disk / "report.html"
    path.write_text("an earlier one")
    report = some_report()
    report.problems *= 100
    write_reports(report, [path])
    assert [each.path for each in report.not_written] == [path]
    assert "No space left" in str(report.not_written[0])
    assert path.read_text() == "an earlier one"
    assert sorted(each.name for each in full_disk.iterdir()) == ["ballast", "report.html"]


@pytest.fixture
def import_to(log: LogReader, tmp_path: Path) -> Iterator[Callable[[Path], ImportReport]]:
    """Return a function that imports a case with mistakes, and has the rejected rows written to a place."""
    with opened_handler(log.conninfo) as handler:

        def run(place: Path) -> ImportReport:
            sheets = changed("contacts", "C-1", minutes="forty")
            sheets["contacts"] += [
                sheets["contacts"][0] | {"row": f"C-{n}", "note": "x" * 3000} for n in range(10, 30)
            ]
            return run_import(log, handler, write(tmp_path / "sheets", sheets), place)

        yield run


@pytest.mark.faults
def test_a_full_disk_loses_no_outcome_and_the_same_import_again_writes_what_was_missing(
    import_to: Callable[[Path], ImportReport], full_disk: Path, log: LogReader, tmp_path: Path
) -> None:
    report = import_to(full_disk / "rejected")
    assert counts(report) == (ROWS - 1, 0, 21)
    assert len(report.problems) == 21
    assert (report.rejected_files, [each.what for each in report.not_written]) == ([], ["the rejected rows"])
    assert [each.name for each in full_disk.iterdir()] == ["ballast"], "no half file, no half directory"
    assert copies.written_here(log.conninfo) == []
    again = import_to(tmp_path / "rejected")
    assert counts(again) == (0, ROWS - 1, 21)
    assert again.not_written == []
    assert [path.name for path in again.rejected_files] == ["contacts.csv", "legal-bases.csv", "staff.csv"]


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """Yield a directory that cannot be written to: no mode keeps a superuser out, a mount does."""
    place = tmp_path / "read-only"
    place.mkdir(mode=0o500)
    mounted = os.geteuid() == 0
    need(not mounted or mounts(place, "ro"), *TO_MOUNT)
    try:
        yield place
    finally:
        if mounted:
            subprocess.run(["umount", place], check=True)


@pytest.mark.faults
def test_a_read_only_directory_loses_no_outcome(
    import_to: Callable[[Path], ImportReport], read_only: Path
) -> None:
    report = import_to(read_only / "rejected")
    assert counts(report) == (ROWS - 1, 0, 21)
    [unwritten] = report.not_written
    assert (unwritten.what, unwritten.path) == ("the rejected rows", read_only / "rejected")
    assert "name another place" in unwritten.fix
    write_reports(report, [read_only / "report.html"])
    assert [each.what for each in report.not_written] == ["the rejected rows", "the report"]


@pytest.mark.faults
def test_a_place_whose_parent_is_a_file_loses_no_outcome(
    import_to: Callable[[Path], ImportReport], tmp_path: Path
) -> None:
    (tmp_path / "there").write_text("somebody's")
    report = import_to(tmp_path / "there" / "rejected")
    assert counts(report) == (ROWS - 1, 0, 21)
    assert [each.what for each in report.not_written] == ["the rejected rows"]


@pytest.mark.faults
def test_a_file_that_would_be_larger_than_allowed_is_not_begun(tmp_path: Path) -> None:
    report = some_report()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        write_reports(report, [tmp_path / "report.html"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "File too large" in str(report.not_written[0])
    assert [*tmp_path.iterdir()] == []


@pytest.mark.faults
def test_a_disk_that_is_full_half_way_takes_back_the_files_before(
    import_to: Callable[[Path], ImportReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The registers fit, or the rows do, but not both: the directory could not be imported."""
    real = copies.write_copy

    def full_at_the_second(*arguments: object) -> None:
        if any((tmp_path / "rejected").iterdir()):
            raise OSError(28, "No space left on device")
        real(*arguments)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr("scp_events.importing.rejected.write_copy", full_at_the_second)
    assert import_to(tmp_path / "rejected").rejected_files == []
    assert not (tmp_path / "rejected").exists()


def test_no_report_file_repeats_what_a_cell_says(log: LogReader, tmp_path: Path) -> None:
    sheets = small_case()
    for rows in (sheets["contacts"], sheets["people"], sheets["milestones"]):
        for each in rows:
            each["happened_on"] = "CANARY Pepper Willowbrook"
    report = run_import(log, None, write(tmp_path / "sheets", sheets), tmp_path / "no")
    assert report.rejected
    tells_no_secret(as_html(report).decode() + as_json(report).decode())
    tells_no_secret(str(pages_of(as_xlsx(report), tmp_path / "r.xlsx")))


# --- suggestions ------------------------------------------------------------------------------------------

SUGGESTED = [
    ("contacts", "C-1", {"made_by": "kw-junipper"}, "kw-juniper"),
    ("contacts", "C-1", {"made_by": "KW Juniper "}, "kw-juniper"),
    ("contacts", "C-1", {"medium": "Fone"}, "phone"),
    ("contacts", "C-1", {"outcome": "did not atend"}, "did-not-attend"),
    ("contacts", "C-1", {"outcome": "never wass"}, "never-was"),
    ("contacts", "C-4", {"legal_basis": "rule"}, "rules"),
    ("reviews", "V-1", {"outcome": "partal"}, "partial"),
    ("contacts", "C-1", {"made_by": "CANARY Pepper"}, None),
    ("contacts", "C-1", {"medium": "CANARY carrier pigeon"}, None),
]


@pytest.mark.parametrize(("sheet", "row_id", "cells", "suggestion"), SUGGESTED)
def test_the_word_that_was_probably_meant_is_suggested_and_no_other(  # noqa: PLR0913, PLR0917 - a table
    log: LogReader, tmp_path: Path, sheet: str, row_id: str, cells: dict[str, str], suggestion: str | None
) -> None:
    report = run_import(log, None, write(tmp_path / "sheets", changed(sheet, row_id, **cells)), tmp_path)
    [found] = [each for each in report.problems if each.row == row_id]
    assert found.suggestion == suggestion
