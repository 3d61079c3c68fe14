"""Many cases are imported at the same time, and it comes to what it would one after the other."""

from __future__ import annotations

import re
import threading
import time
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.importing import ImportReport, ImportUnderWayError, run
from scp_events.importing.order import Waiting
from scp_events.importing.turns import alone
from scp_events.replay import replay
from tests.check_log import check_log
from tests.conftest import database
from tests.event_log.asking import contact, engaged
from tests.examples import examples
from tests.importing.stories import stories
from tests.importing.test_import import ROWS, Sheets, counts, run_import, small_case, write
from tests.opened import opened_handler, opened_reader
from tests.waiting import until

REGISTERS = ("staff", "legal-bases")
NAMING = ("referral", "corrects", "plan", "about", "evidence", "relied_on")
"""Columns that name rows."""
DAYS = ("happened_on", "entered_on", "received_on", "due_on", "valid_until", "next_review_on")
CASES = 3
ONE_AND_OTHER = ("SC-2025-000", "SC-2025-001")


def office(cases: int) -> Sheets:
    """Return the small case so many times, each of another young person, begun on another day."""
    sheets: Sheets = {name: [dict(row) for row in small_case()[name]] for name in REGISTERS}
    for number in range(cases):
        for name, rows in small_case().items():
            if name not in REGISTERS:
                sheets.setdefault(name, []).extend(_moved(row, number) for row in rows)
    return sheets


def _moved(row: dict[str, str], number: int) -> dict[str, str]:
    """Return a row of another case: of later days, with ids of its own."""
    moved = {
        name: re.sub(r"\b([A-Z])-(\d+)", rf"\1-{number}0\2", cell) if name in {"row", *NAMING} else cell
        for name, cell in row.items()
    }
    for name in DAYS:
        if moved.get(name):
            moved[name] = (date.fromisoformat(moved[name]) + timedelta(days=3 * number)).isoformat()
    return moved | {"case": f"SC-2025-{number:03}"}


Cut = tuple[str, int, str, str]
"""A sheet, a row of it, and what is done to that, with what."""


@st.composite
def cuts(draw: st.DrawFn) -> Cut:
    """Draw something that offices do to their sheets."""
    sheets = office(CASES)
    sheet = draw(st.sampled_from([name for name in sheets if name not in REGISTERS]))
    row = draw(st.integers(0, len(sheets[sheet]) - 1))
    what = draw(st.sampled_from(["leave out", "write twice", "enter on", "id of", "name", "change"]))
    of = draw(st.sampled_from([each["row"] for each in sheets[sheet]]))
    day = draw(st.dates(date(2025, 3, 1), date(2025, 8, 1))).isoformat()
    column = draw(st.sampled_from(sorted(sheets[sheet][row])))
    return sheet, row, what, {"enter on": day, "change": column}.get(what, of)


def cut(sheets: Sheets, made: list[Cut]) -> Sheets:
    """Return sheets as they are after all of it."""
    for sheet, number, what, with_what in made:
        rows = sheets[sheet]
        row = rows[number % len(rows)] if rows else {}
        match what:
            case "leave out" if len(rows) > 1:
                rows.remove(row)
            case "write twice":
                rows.append(dict(row))
            case "enter on":
                row["entered_on"] = with_what
            case "id of":
                row["row"] = with_what
            case "name":
                row.update({name: with_what for name in NAMING if row.get(name)})
            case "change" if with_what in row:
                row[with_what] = "x"
    return sheets


@pytest.fixture(scope="module")
def servers(postgres_server: str, log_template: str) -> tuple[str, str]:
    return postgres_server, log_template


@settings(max_examples=examples(3), deadline=None, suppress_health_check=[*HealthCheck])
@given(made=st.lists(cuts(), max_size=8))
def test_cases_at_the_same_time_come_to_what_they_do_one_after_the_other_in_any_order(
    servers: tuple[str, str], made: list[Cut]
) -> None:
    sheets = cut(office(CASES), made)
    with TemporaryDirectory() as place:
        directory = write(Path(place, "sheets"), sheets)
        together = imported_anew(servers, directory, at_the_same_time=CASES)
        one_by_one = imported_anew(servers, directory, at_the_same_time=1, last_first=True)
    assert together == one_by_one
    assert together.tried == together.came, "a dry run says the same"


Came = tuple[tuple[int, int, int], list[tuple[str, int, str | None, str]]]


class Imported(NamedTuple):
    """What came of it: in a dry run before, in the import, in the log, and in a second import."""

    tried: Came
    came: Came
    told: dict[str, list[str]]
    again: Came


def came_to(report: ImportReport) -> Came:
    return counts(report), [(p.sheet, p.line, p.column, p.code) for p in report.problems + report.remarks]


def imported_anew(
    servers: tuple[str, str], directory: Path, *, at_the_same_time: int, last_first: bool = False
) -> Imported:
    """Import into a new log, tried out before and once more after."""
    with pytest.MonkeyPatch.context() as patch, database(*servers) as conninfo:
        patch.setattr(run, "AT_THE_SAME_TIME", at_the_same_time)
        if last_first:
            in_order = Waiting.cases
            patch.setattr(Waiting, "cases", lambda waiting: in_order(waiting)[::-1])
        with opened_reader(conninfo) as log, opened_handler(conninfo) as handler:
            rejected = directory.with_name(f"rejected-{at_the_same_time}")
            tried = came_to(run_import(log, None, directory, rejected))
            came = came_to(run_import(log, handler, directory, rejected))
            told = stories(log)
            again = came_to(run_import(log, handler, directory, rejected))
        check_log(conninfo)
    return Imported(tried, came, told, again)


# --- where it came from -----------------------------------------------------------------------------------


def test_every_event_remembers_its_sheet_its_row_and_the_file_it_came_from(
    log: LogReader, handler: BlockingCommandHandler, tmp_path: Path
) -> None:
    sheets = write(tmp_path / "sheets", small_case())
    run_import(log, handler, sheets, tmp_path / "rejected")
    rows = [recorded.envelope.source_row for recorded in log.read_all()]
    assert all(rows)
    assert {(row.sheet, row.row) for row in rows if row} == {
        (name, row["row"]) for name, of in small_case().items() if name not in REGISTERS for row in of
    }
    digests = {row.file_sha256 for row in rows if row and row.sheet == "contacts"}
    assert digests == {sha256((sheets / "contacts.csv").read_bytes()).hexdigest()}


def test_replay_names_the_row_an_event_came_from(
    log: LogReader, handler: BlockingCommandHandler, tmp_path: Path
) -> None:
    run_import(log, handler, write(tmp_path / "sheets", small_case()), tmp_path / "rejected")
    case_id = log.case_of("SC-2025-001")
    assert case_id is not None
    rows = [entry.source_row.row for entry in replay(log, case_id).story if entry.source_row]
    assert {"R-1", "C-1", "V-3"} <= {*rows}


def test_a_row_imported_again_from_another_file_is_the_same_row(
    log: LogReader, handler: BlockingCommandHandler, tmp_path: Path
) -> None:
    run_import(log, handler, write(tmp_path / "sheets", small_case()), tmp_path / "rejected")
    sheets = small_case()
    sheets["contacts"].append(dict(sheets["contacts"][0]) | {"row": "C-9", "time": "15:30"})
    again = run_import(log, handler, write(tmp_path / "others", sheets), tmp_path / "rejected")
    assert counts(again) == (1, ROWS, 0)


@pytest.mark.parametrize("is_dry", [True, False])
def test_of_a_row_id_in_two_cases_the_row_learned_first_counts(
    log: LogReader,
    handler: BlockingCommandHandler,
    tmp_path: Path,
    is_dry: bool,  # noqa: FBT001 - a parameter
) -> None:
    sheets = office(2)
    first, other = (next(row for row in sheets["contacts"] if row["case"] == case) for case in ONE_AND_OTHER)
    other["row"] = first["row"]
    report = run_import(log, None if is_dry else handler, write(tmp_path / "sheets", sheets), tmp_path / "no")
    assert [(p.row, p.code) for p in report.problems] == [(first["row"], "imported-with-other-content")]
    assert report.problems[0].line == sheets["contacts"].index(other) + 2


# --- beside others ----------------------------------------------------------------------------------------


def test_a_second_import_says_that_another_is_at_work_and_records_nothing(
    log: LogReader, handler: BlockingCommandHandler, tmp_path: Path
) -> None:
    sheets, told = write(tmp_path / "sheets", small_case()), list[str]()
    with alone(log.conninfo, 0, told.append):
        with pytest.raises(ImportUnderWayError, match=r"another import \(begun \d\d:\d\d:\d\d\) records"):
            run_import(log, handler, sheets, tmp_path / "rejected", patience=0, on_waiting=told.append)
        assert log.head() == 0
        assert counts(run_import(log, None, sheets, tmp_path / "rejected")) == (ROWS, 0, 0)


def test_a_second_import_waits_for_the_first(
    log: LogReader, handler: BlockingCommandHandler, tmp_path: Path
) -> None:
    sheets, told = write(tmp_path / "sheets", small_case()), list[str]()
    is_begun, is_over = threading.Event(), threading.Event()

    def first() -> None:
        with alone(log.conninfo, 0, told.append):
            is_begun.set()
            until(lambda: told, "the second import is told to wait")
            time.sleep(0.1)
            is_over.set()

    thread = threading.Thread(target=first)
    thread.start()
    assert is_begun.wait(60)
    report = run_import(log, handler, sheets, tmp_path / "rejected", on_waiting=told.append)
    assert is_over.is_set()
    assert len(told) == 1
    thread.join()
    assert counts(report) == (ROWS, 0, 0)


def test_others_record_while_an_import_is_at_work(log: LogReader, tmp_path: Path) -> None:
    sheets = write(tmp_path / "sheets", office(60))
    with opened_handler(log.conninfo) as other, opened_handler(log.conninfo) as handler:
        case, done = engaged(other), threading.Event()
        waits: list[float] = []

        def record() -> None:
            while not done.is_set():
                began = time.monotonic()
                other.handle(case.request(contact()))
                waits.append(time.monotonic() - began)

        writer = threading.Thread(target=record)
        writer.start()
        report = run_import(log, handler, sheets, tmp_path / "rejected")
        done.set()
        writer.join()
    assert report.rejected == 0
    assert len(waits) > 10
    assert max(waits) < 5, "a machine with much else to do, and nobody waits for the import to end"
