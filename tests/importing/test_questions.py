"""Days that hardly anybody can mean: refused under a code, or taken where somebody accepted it by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.importing import ImportReport, UnknownQuestionError
from scp_events.importing.questions import QUESTIONS
from tests.conftest import database
from tests.importing.test_import import (
    GROUNDS,
    ROWS,
    Cells,
    Sheets,
    changed,
    counts,
    row,
    run_import,
    small_case,
    write,
)
from tests.opened import opened_reader


@pytest.fixture(scope="module")
def empty_log(postgres_server: str, log_template: str) -> Iterator[LogReader]:
    with database(postgres_server, log_template) as conninfo, opened_reader(conninfo) as log:
        yield log


def tried(log: LogReader, sheets: Sheets, directory: Path, *accepted: str) -> ImportReport:
    return run_import(log, None, write(directory / "sheets", sheets), directory / "no", accepted=accepted)


def said(report: ImportReport) -> set[tuple[str | None, str | None, str]]:
    return {(each.row, each.column, each.code) for each in report.problems}


def test_the_small_case_raises_no_question(empty_log: LogReader, tmp_path: Path) -> None:
    assert counts(tried(empty_log, small_case(), tmp_path)) == (ROWS, 0, 0)


ASKED = [
    ("contacts", "C-1", {"happened_on": "1900-01-01"}, "happened_on", "day-of-1900"),
    ("contacts", "C-1", {"happened_on": "1904-02-14"}, "happened_on", "day-of-1900"),
    ("contacts", "C-1", {"happened_on": "1905-03-09"}, "happened_on", "decades-ago"),
    ("plans", "L-3", {"due_on": "1905-06-01"}, "due_on", "decades-ago"),
    ("contacts", "C-1", {"happened_on": "2009-11-22"}, "happened_on", "before-birth"),
    ("contacts", "C-1", {"happened_on": "2025-03-02"}, "happened_on", "before-the-referral"),
    ("people", "P-1", {"happened_on": "2025-03-02"}, "happened_on", "before-the-referral"),
    ("consents", "S-1", {"happened_on": "2025-03-02"}, "happened_on", "consent-before-known"),
    ("referrals", "R-1", {"received_on": "2025-03-04"}, "received_on", "received-after-entry"),
    ("people", "P-1", {"date_of_birth": "2024-11-23"}, "date_of_birth", "unlikely-age"),
    ("people", "P-1", {"date_of_birth": "1979-11-23"}, "date_of_birth", "unlikely-age"),
]


@pytest.mark.parametrize(("sheet", "row_id", "cells", "column", "code"), ASKED)
def test_a_day_nobody_can_mean_is_refused_and_accepted_by_its_name(  # noqa: PLR0913, PLR0917 - a table
    empty_log: LogReader, tmp_path: Path, sheet: str, row_id: str, cells: Cells, column: str, code: str
) -> None:
    sheets = changed(sheet, row_id, **cells)
    refused = tried(empty_log, sheets, tmp_path)
    assert (row_id, column, code) in said(refused)
    [problem] = [each for each in refused.problems if each.row == row_id]
    assert f"--accept {code}" in problem.fix
    accepted = tried(empty_log, sheets, tmp_path, code)
    assert (row_id, column, code) not in said(accepted)
    assert accepted.accepted == (code,)


def test_every_question_is_asked_by_a_test() -> None:
    assert {code for *_, code in ASKED} == {question.code for question in QUESTIONS}


def test_the_day_before_is_a_question_and_the_day_itself_is_none(
    empty_log: LogReader, tmp_path: Path
) -> None:
    for sheet, row_id in (("contacts", "C-1"), ("people", "P-1")):
        on_the_day = tried(empty_log, changed(sheet, row_id, happened_on="2025-03-03"), tmp_path)
        assert "before-the-referral" not in {each.code for each in on_the_day.problems}


def test_another_code_accepts_nothing(empty_log: LogReader, tmp_path: Path) -> None:
    sheets = changed("contacts", "C-1", happened_on="1905-03-09")
    assert ("C-1", "happened_on", "decades-ago") in said(tried(empty_log, sheets, tmp_path, "before-birth"))


def test_what_was_accepted_is_kept_in_the_report(
    log: LogReader, handler: BlockingCommandHandler, tmp_path: Path
) -> None:
    directory = write(tmp_path / "sheets", changed("plans", "L-3", due_on="2009-03-01"))
    report = run_import(log, handler, directory, tmp_path / "no", accepted=["before-birth"])
    assert report.remarks == []
    directory = write(tmp_path / "more", {**small_case(), **registered("P-7", "SC-2025-007", "1990-01-01")})
    report = run_import(log, handler, directory, tmp_path / "no", accepted=["unlikely-age"])
    assert ("P-7", "date_of_birth", "unlikely-age") in {
        (each.row, each.column, each.code) for each in report.remarks
    }
    assert log.case_of("SC-2025-007") is not None


def registered(row_id: str, case: str, born: str) -> Sheets:
    """Return the small case's people, and one more who came by themselves."""
    people = small_case()["people"]
    other = {"case": case, "referral": "", "date_of_birth": born, "name": "Somebody Else"}
    return {"people": [*people, people[0] | row(row_id, 5) | other]}


def test_a_row_that_was_accepted_and_recorded_is_not_asked_about_again(
    log: LogReader, handler: BlockingCommandHandler, tmp_path: Path
) -> None:
    sheets = {**small_case(), **registered("P-7", "SC-2025-007", "1990-01-01")}
    directory = write(tmp_path / "sheets", sheets)
    first = run_import(log, handler, directory, tmp_path / "no", accepted=["unlikely-age"])
    assert counts(first) == (ROWS + 1, 0, 0)
    assert counts(run_import(log, handler, directory, tmp_path / "no")) == (0, ROWS + 1, 0)


def test_what_was_accepted_is_kept_with_the_row_for_ever(
    log: LogReader, handler: BlockingCommandHandler, tmp_path: Path
) -> None:
    sheets = {**small_case(), **registered("P-7", "SC-2025-007", "1990-01-01")}
    directory = write(tmp_path / "sheets", sheets)
    run_import(log, handler, directory, tmp_path / "no", accepted=["unlikely-age", "before-birth"])
    rows = [recorded.envelope.source_row for recorded in log.read_all()]
    assert {row.row: row.accepted for row in rows if row and row.accepted} == {"P-7": ("unlikely-age",)}
    assert {row.mapping_sha256 for row in rows if row} == {None}


def test_a_row_that_another_corrects_is_not_asked_about(empty_log: LogReader, tmp_path: Path) -> None:
    """Somebody noticed already, and both rows are history."""
    sheets = changed("people", "P-1", date_of_birth="1979-11-23")
    right = {"date_of_birth": "2009-11-23", "corrects": "P-1", "entered_on": "2025-04-01"}
    sheets["people"].append(sheets["people"][0] | GROUNDS | {"row": "P-2"} | right)
    assert counts(tried(empty_log, sheets, tmp_path)) == (ROWS + 1, 0, 0)


def test_what_the_log_knows_of_a_case_is_known_of_rows_that_come_later(
    log: LogReader, handler: BlockingCommandHandler, tmp_path: Path
) -> None:
    run_import(log, handler, write(tmp_path / "first", small_case()), tmp_path / "no")
    contact = small_case()["contacts"][1]
    early = {"entered_on": "2025-05-01"}
    later = {name: small_case()[name] for name in ("staff", "legal-bases")} | {
        "contacts": [
            contact | early | {"row": "C-11", "happened_on": "2009-11-22"},
            contact | early | {"row": "C-12", "happened_on": "2025-03-02"},
            contact | early | {"row": "C-13", "happened_on": "2025-03-20"},
        ]
    }
    report = run_import(log, handler, write(tmp_path / "later", later), tmp_path / "no")
    assert said(report) == {
        ("C-11", "happened_on", "before-birth"),
        ("C-12", "happened_on", "before-the-referral"),
    }


def test_a_birth_that_was_corrected_in_the_log_is_known_as_corrected(
    log: LogReader, handler: BlockingCommandHandler, tmp_path: Path
) -> None:
    sheets = small_case()
    right = {"row": "P-2", "corrects": "P-1", "date_of_birth": "2007-11-23", "entered_on": "2025-04-01"}
    sheets["people"].append(sheets["people"][0] | right)
    assert counts(run_import(log, handler, write(tmp_path / "first", sheets), tmp_path / "no")) == (
        ROWS + 1,
        0,
        0,
    )
    contact = small_case()["contacts"][1] | {"entered_on": "2025-05-01"}
    later = {name: small_case()[name] for name in ("staff", "legal-bases")} | {
        "contacts": [
            contact | {"row": "C-11", "happened_on": "2008-11-22"},
            contact | {"row": "C-12", "happened_on": "2007-11-22"},
        ]
    }
    report = run_import(log, handler, write(tmp_path / "later", later), tmp_path / "no")
    assert said(report) == {
        ("C-11", "happened_on", "before-the-referral"),
        ("C-12", "happened_on", "before-birth"),
    }


def test_whoever_came_by_themselves_was_met_before_they_were_referred(
    empty_log: LogReader, tmp_path: Path
) -> None:
    sheets = changed("people", "P-1", referral="", happened_on="2025-03-01", entered_on="2025-03-01")
    assert "before-the-referral" not in {each.code for each in tried(empty_log, sheets, tmp_path).problems}


def test_a_birth_after_the_registration_makes_no_other_row_questionable(
    empty_log: LogReader, tmp_path: Path
) -> None:
    sheets = changed("people", "P-1", date_of_birth=date(2025, 12, 1).isoformat())
    codes = {each.code for each in tried(empty_log, sheets, tmp_path).problems}
    assert "date-out-of-bounds" in codes
    assert "before-birth" not in codes


def test_only_questions_can_be_accepted(empty_log: LogReader, tmp_path: Path) -> None:
    with pytest.raises(UnknownQuestionError) as refused:
        tried(empty_log, small_case(), tmp_path, "not-a-date")
    assert all(question.code in str(refused.value) for question in QUESTIONS)
