"""Rows that look like others are pointed out, and recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.importing import ImportReport
from tests.importing.test_import import (
    ROWS,
    SECRETS,
    Sheets,
    changed,
    counts,
    row,
    run_import,
    small_case,
    write,
)


@pytest.fixture
def imported(log: LogReader, handler: BlockingCommandHandler, tmp_path: Path) -> Callable[..., ImportReport]:
    def run(sheets: Sheets) -> ImportReport:
        return run_import(log, handler, write(tmp_path / "sheets", sheets), tmp_path / "rejected")

    return run


def remarks(report: ImportReport) -> set[tuple[str | None, str]]:
    return {(each.row, each.code) for each in report.remarks}


def with_another_person(**cells: str) -> Sheets:
    sheets = small_case()
    other = row("P-2", 5, case="SC-2025-002", referral="") | cells
    sheets["people"].append(sheets["people"][0] | other)
    return sheets


@pytest.mark.parametrize("name", [SECRETS["name"], "  willowbrook, PEPPER", "Pépper Willowbrook"])
def test_one_person_under_two_cases_is_pointed_out_however_the_name_is_written(
    imported: Callable[..., ImportReport], name: str
) -> None:
    report = imported(with_another_person(name=name))
    assert counts(report) == (ROWS + 1, 0, 0)
    assert remarks(report) == {("P-2", "same-person")}
    assert "P-1" in report.remarks[0].message


@pytest.mark.parametrize("cells", [{"name": "Pepper Elderbrook"}, {"date_of_birth": "2009-11-24"}])
def test_another_name_or_birth_is_another_person(
    imported: Callable[..., ImportReport], cells: dict[str, str]
) -> None:
    assert remarks(imported(with_another_person(**cells))) == set()


def test_the_same_content_under_another_id_is_pointed_out_within_the_sheets(
    imported: Callable[..., ImportReport],
) -> None:
    sheets = small_case()
    sheets["contacts"].append(sheets["contacts"][0] | {"row": "C-9", "entered_on": "2025-03-12"})
    report = imported(sheets)
    assert counts(report) == (ROWS + 1, 0, 0)
    assert remarks(report) == {("C-9", "same-content")}
    assert "C-1 of contacts" in report.remarks[0].message


def test_a_plan_that_was_numbered_anew_is_pointed_out_whole(imported: Callable[..., ImportReport]) -> None:
    sheets = small_case()
    there = ("L-1", "L-2", "L-3", "L-4")
    sheets["plans"] += [
        {name: f"{cell}1" if cell in there else cell for name, cell in each.items()}
        for each in sheets["plans"]
        if each["row"] in there
    ]
    assert remarks(imported(sheets)) == {(f"{row_id}1", "same-content") for row_id in there}


def test_two_goals_of_one_wording_are_two(imported: Callable[..., ImportReport]) -> None:
    sheets = small_case()
    goal, step = sheets["plans"][2:4]
    sheets["plans"].insert(2, sheets["plans"][1] | {"row": "L-20", "text": "Another need."})
    sheets["plans"] += [goal | {"row": "L-30", "about": "L-20"}, step | {"row": "L-40", "about": "L-30"}]
    sheets["reviews"].append(sheets["reviews"][0] | {"row": "V-10", "about": "L-30"})
    for _ in range(2):
        assert remarks(imported(sheets)) == set()


@pytest.mark.parametrize("cells", [{"happened_on": "2025-03-08"}, {"minutes": "46"}, {"note": "Otherwise."}])
def test_other_content_is_not_pointed_out(
    imported: Callable[..., ImportReport], cells: dict[str, str]
) -> None:
    sheets = small_case()
    sheets["contacts"].append(sheets["contacts"][0] | {"row": "C-9"} | cells)
    assert remarks(imported(sheets)) == set()


def test_a_sheet_imported_again_under_other_ids_is_pointed_out_row_by_row(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    imported(small_case())
    sheets = small_case()
    for sheet in ("contacts", "assessments"):
        sheets[sheet] = [
            each | {"row": f"{each['row']}9"} for each in sheets[sheet] if not each.get("corrects")
        ]
    report = imported(sheets)
    assert report.recorded == 4
    assert remarks(report) == {(row_id, "same-content") for row_id in ("C-19", "C-29", "C-39", "A-19")}


def test_the_same_rows_again_are_not_pointed_out(imported: Callable[..., ImportReport]) -> None:
    imported(small_case())
    again = imported(small_case())
    assert (counts(again), remarks(again)) == ((0, ROWS, 0), set())


def test_a_changed_day_of_entry_is_noticed_as_such(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    imported(small_case())
    head = log.head()
    report = imported(changed("contacts", "C-1", entered_on="2025-03-12"))
    assert counts(report) == (0, ROWS, 0)
    assert [(each.row, each.column, each.code) for each in report.remarks] == [
        ("C-1", "entered_on", "entered-on-changed")
    ]
    assert log.head() == head


@pytest.mark.parametrize(("sheet", "row_id"), [("contacts", "C-4"), ("referrals", "R-1")])
def test_a_changed_day_of_entry_is_noticed_of_every_kind_of_row(
    imported: Callable[..., ImportReport], sheet: str, row_id: str
) -> None:
    imported(small_case())
    report = imported(changed(sheet, row_id, entered_on="2025-04-12"))
    assert counts(report) == (0, ROWS, 0)
    assert remarks(report) == {(row_id, "entered-on-changed")}


def test_another_day_of_entry_and_other_content_is_other_content(
    imported: Callable[..., ImportReport],
) -> None:
    imported(small_case())
    report = imported(changed("contacts", "C-1", entered_on="2025-03-12", minutes="50"))
    assert [(each.row, each.code) for each in report.problems] == [("C-1", "imported-with-other-content")]
