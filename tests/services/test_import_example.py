"""The example organisation's spreadsheets: imported whole, twice, corrected, and through a kill -9."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.importing import ImportReport, import_directory
from scp_events.replay import Point, replay
from scp_events.vocabulary import Actor, OrganisationId, PersonId, Role
from tests.check_log import check_log
from tests.conftest import database
from tests.importing.stories import stories
from tests.opened import opened_handler, opened_reader

EXAMPLE = Path(__file__).parents[2] / "examples" / "second-chance"
REGISTERS = ("staff.csv", "legal-bases.csv")
DEMONSTRATION = "SC-2025-007"
CLERK = Actor(id=PersonId("dc-yarrow"), role=Role.DATA_CLERK, organisation=OrganisationId("second-chance"))
NOW = datetime(2026, 7, 31, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Opened:
    """A log to import into and to read."""

    reader: LogReader
    handler: BlockingCommandHandler


@contextmanager
def opened(conninfo: str) -> Iterator[Opened]:
    with opened_reader(conninfo) as reader, opened_handler(conninfo) as handler:
        yield Opened(reader, handler)
    check_log(conninfo)


@pytest.fixture
def log(log_database: str) -> Iterator[Opened]:
    with opened(log_database) as log:
        yield log


def run(log: Opened, directory: Path, rejected_to: Path) -> ImportReport:
    report = import_directory(log.reader, log.handler, directory, by=CLERK, rejected_to=rejected_to, now=NOW)
    assert report.read == report.recorded + report.already_there + report.rejected
    return report


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.read, report.recorded, report.already_there, report.rejected


def some_cases(to: Path, *cases: str) -> Path:
    """Copy the example's rows of some cases."""
    to.mkdir()
    for path in EXAMPLE.glob("*.csv"):
        with path.open(newline="") as file:
            first, *rest = csv.reader(file)
        with (to / path.name).open("w", newline="") as file:
            csv.writer(file).writerows([first, *(r for r in rest if path.name in REGISTERS or r[1] in cases)])
    table = CalamineWorkbook.from_path(EXAMPLE / "reviews.xlsx").get_sheet_by_index(0).to_python()
    with xlsxwriter.Workbook(to / "reviews.xlsx", {"default_date_format": "yyyy-mm-dd"}) as workbook:
        page = workbook.add_worksheet()
        for line, row in enumerate([table[0], *(row for row in table if row[1] in cases)]):
            page.write_row(line, 0, row)
    return to


def test_the_example_imports_twice_and_its_rejected_rows_come_right(log: Opened, tmp_path: Path) -> None:
    first = run(log, EXAMPLE, tmp_path / "rejected")
    assert counts(first) == (1604, 1601, 1, 2)
    assert [(p.sheet, p.row, p.column, p.code) for p in first.problems] == [
        ("consents.csv", "S-9001", "staff", "unknown-staff"),
        ("contacts.csv", "C-9001", "happened_on", "no-such-day"),
        ("contacts.csv", "C-9001", "minutes", "not-minutes"),
    ]
    assert [(p.sheet, p.row, p.code) for p in first.remarks] == [("contacts.csv", "C-0061", "row-twice")]
    assert len(log.reader.cases()) == 40
    for _, case_id in log.reader.cases():
        entered = [r.envelope.source_recorded_at for r in log.reader.case_history(case_id)]
        assert entered == sorted(entered, key=str), "a case has the order in which things were learned"

    head = log.reader.head()
    again = run(log, EXAMPLE, tmp_path / "rejected")
    assert counts(again) == (1604, 0, 1602, 2)
    assert log.reader.head() == head
    assert again.rejected_files == first.rejected_files

    correct(tmp_path / "rejected" / "consents.csv", {"kw-junipper": "kw-juniper"})
    correct(tmp_path / "rejected" / "contacts.csv", {"31/02/2025": "2025-07-01", "forty": "40"})
    assert counts(run(log, tmp_path / "rejected", tmp_path / "still-rejected")) == (2, 2, 0, 0)
    assert log.reader.head() == head + 2


def correct(file: Path, mistakes: dict[str, str]) -> None:
    text = file.read_text("utf-8-sig")
    for wrong, right in mistakes.items():
        assert wrong in text
        text = text.replace(wrong, right)
    file.write_text(text)


def test_nobody_in_the_example_is_named_in_a_message(log: Opened, tmp_path: Path) -> None:
    with (EXAMPLE / "people.csv").open() as file:
        people = list(csv.DictReader(file))
    said = str(run(log, some_cases(tmp_path / "sheets", "SC-2025-006"), tmp_path / "rejected"))
    assert "S-9001" in said
    told = {
        value for row in people for value in (row["name"], row["date_of_birth"], row["guardian"]) if value
    }
    assert not [value for value in told if value in said]


# --- the case the documentation walks through -------------------------------------------------------------


def known_on(log: Opened, day: date) -> tuple[str, list[str], list[int]]:
    """Return the plan's status, the risk levels and the contacts' minutes as they were known on a day."""
    case = log.reader.case_of(DEMONSTRATION)
    assert case is not None
    point = Point(known_at=datetime.combine(day, datetime.max.time(), UTC), trust_source=True)
    told = replay(log.reader, case, point)
    [plan] = (stream.state["status"] for stream in told.streams if stream.category == "irp")
    risk_levels = [s.state["risk_level"] for s in told.streams if s.category == "assessment"]
    minutes = [entry.says["held_minutes"] for entry in told.story if "held_minutes" in entry.says]
    return plan, risk_levels, minutes


def test_the_demonstration_shows_what_was_not_known_when_it_was_decided(log: Opened, tmp_path: Path) -> None:
    run(log, some_cases(tmp_path / "sheets", DEMONSTRATION), tmp_path / "rejected")
    on_agreement, *_ = known_on(log, date(2025, 5, 5))
    at_review = known_on(log, date(2025, 8, 2))
    before_entry, after_entry = known_on(log, date(2025, 8, 22)), known_on(log, date(2025, 8, 23))
    assert on_agreement == "agreed"
    assert at_review[1] == before_entry[1] == ["medium"], "so the plan was kept"
    assert after_entry[1] == ["medium", "high"], "although it had been so since 26 July"
    assert 25 not in known_on(log, date(2025, 6, 11))[2]
    assert 25 in known_on(log, date(2025, 6, 12))[2], "the call of 3 May, two days before the plan was agreed"


def test_the_demonstration_has_a_correction_and_a_hand_over(log: Opened, tmp_path: Path) -> None:
    run(log, some_cases(tmp_path / "sheets", DEMONSTRATION), tmp_path / "rejected")
    types = [r.event.type for r in log.reader.read_all()]
    assert types.count("engagement.contact-recorded.corrected") == 1
    assert types.count("participant.registered.corrected") == 1
    assert types.count("engagement.key-worker-changed") == 1


# --- killed in the middle ---------------------------------------------------------------------------------

PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from scp_events.event_log import BlockingCommandHandler, CommandHandler, LogReader
from scp_events.importing import import_directory
from scp_events.privacy import open_keyring
from scp_events.vocabulary import Actor
conninfo, directory, clerk, now = sys.argv[1:]
with (
    open_keyring(conninfo) as keyring,
    LogReader(conninfo, keyring) as reader,
    BlockingCommandHandler(CommandHandler(conninfo, keyring)) as handler,
):
    import_directory(
        reader, handler, Path(directory), rejected_to=Path(directory, "..", "rejected"),
        now=datetime.fromisoformat(now), by=Actor.model_validate_json(clerk),
        on_row=lambda progress: print(progress.done, flush=True),
    )
"""


def killed_after(rows: int, conninfo: str, directory: Path) -> None:
    """Import in a program of its own, and kill it once it has told of so many rows."""
    arguments = [conninfo, str(directory), CLERK.model_dump_json(), NOW.isoformat()]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        for _ in range(rows):
            assert program.stdout.readline()
        program.kill()
        program.stdout.read()
    assert program.returncode == -signal.SIGKILL


@pytest.mark.faults
def test_an_import_killed_in_the_middle_and_run_again_ends_as_if_nothing_had_been(
    log: Opened, postgres_server: str, log_template: str, tmp_path: Path
) -> None:
    sheets = some_cases(tmp_path / "sheets", DEMONSTRATION, "SC-2025-006", "SC-2025-008")
    with database(postgres_server, log_template) as conninfo:
        for rows in (1, 7, 40, 90):
            killed_after(rows, conninfo, sheets)
        with opened(conninfo) as interrupted:
            assert interrupted.reader.head() > 0
            finished = run(interrupted, sheets, tmp_path / "rejected")
            clean = run(log, sheets, tmp_path / "rejected")
            assert finished.recorded + finished.already_there == clean.recorded + clean.already_there
            assert stories(interrupted.reader) == stories(log.reader)
