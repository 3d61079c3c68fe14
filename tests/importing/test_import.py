"""Importing spreadsheets: every row ends in one of three ways, whatever is in the sheets.

The small case of these tests is one young person from referral to review, a row or more of every sheet.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from scp_events.aggregates.engagement.events import ContactRecorded, KeyWorkerAssigned
from scp_events.event_log import BlockingCommandHandler, CommandHandler, CommandRequest, LogReader, Outcome
from scp_events.importing import (
    DayOrder,
    FileProblem,
    ImportReport,
    Progress,
    RowProblem,
    SheetsRefusedError,
    import_directory,
)
from scp_events.replay import replay
from scp_events.vocabulary import (
    Actor,
    Correction,
    DecisionEvent,
    OrganisationId,
    PersonId,
    Precision,
    Role,
)
from tests.conftest import database
from tests.examples import examples
from tests.opened import opened_reader

CLERK = Actor(id=PersonId("dc-yarrow"), role=Role.DATA_CLERK, organisation=OrganisationId("second-chance"))
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
CASE = "SC-2025-001"
SECRETS = {
    "name": "Pepper Willowbrook",
    "date_of_birth": "2009-11-23",
    "guardian": "Aunt Persimmon",
    "circumstances": "CANARY broke a window",
    "note": "CANARY talked about home",
    "words": "CANARY their own words",
    "text": "CANARY what is needed",
    "reason": "CANARY why it was decided",
    "views": "CANARY what was said to it",
    "handover_note": "CANARY for the next one",
}
"""What no message may repeat."""

Cells = dict[str, str]
Sheets = dict[str, list[Cells]]

GROUNDS: Cells = {
    "decided_by": "sv-rowan",
    "reason_code": "meets-criteria",
    "reason": SECRETS["reason"],
    "legal_basis": "rules",
    "options": "proceed; no-action",
    "views": SECRETS["views"],
}


def row(row_id: str, day: int, **cells: str) -> Cells:
    """Return a row of the small case; day 1 is 3 March 2025, and it was entered the same day."""
    on = date.fromordinal(date(2025, 3, 2).toordinal() + day).isoformat()
    return {"row": row_id, "case": CASE, "happened_on": on, "entered_on": on} | cells


def small_case() -> Sheets:
    """Return one young person's case in sheets."""
    rowan, juniper = {"staff": "sv-rowan"}, {"staff": "kw-juniper"}
    plan = juniper | {"plan": "L-1"}
    contact = {"made_by": "kw-juniper", "medium": "In person", "outcome": "held", "minutes": "45"}
    return {
        "staff": [
            {
                "code": "kw-juniper",
                "role": "key-worker",
                "organisation": "sc",
                "credentials": "needs-assessment",
            },
            {"code": "kw-marigold", "role": "Key worker", "organisation": "sc", "credentials": ""},
            {"code": "sv-rowan", "role": "supervisor", "organisation": "sc", "credentials": ""},
            {"code": "po-thistle", "role": "police-officer", "organisation": "police", "credentials": ""},
        ],
        "legal-bases": [
            {
                "code": "rules",
                "instrument": "statute",
                "act": "Example Rules",
                "section": "r. 4",
                "valid_from": "2015-01-01",
                "valid_to": "",
            },
            {
                "code": "ended",
                "instrument": "statute",
                "act": "Example Pilot",
                "section": "s. 1",
                "valid_from": "2015-01-01",
                "valid_to": "2024-12-31",
            },
        ],
        "referrals": [
            row(
                "R-1",
                1,
                **GROUNDS,
                referred_by="po-thistle",
                programme="resocialisation",
                route="diversion",
                circumstances=SECRETS["circumstances"],
                received_on="2025-03-03",
                received_by="sv-rowan",
                corrects="",
            ),
        ],
        "referral-decisions": [
            row(
                "D-1",
                4,
                **GROUNDS,
                referral="R-1",
                outcome="accepted",
                eligible="yes",
                suitability="suitable",
            ),
        ],
        "people": [
            row(
                "P-1",
                5,
                **GROUNDS,
                registered_by="kw-juniper",
                referral="R-1",
                name=SECRETS["name"],
                date_of_birth=SECRETS["date_of_birth"],
                preferred_language="en",
                guardian=SECRETS["guardian"],
                corrects="",
            ),
        ],
        "consents": [
            row(
                "S-1",
                6,
                kind="given",
                scope="report",
                recipient="police",
                by_whom="guardian",
                capacity_noted="no",
                valid_until="2026-03-09",
                staff="kw-juniper",
            ),
        ],
        "key-workers": [
            row("K-1", 6, **GROUNDS, kind="assigned", key_worker="kw-juniper", handover_note=""),
            row(
                "K-2",
                70,
                **GROUNDS,
                kind="handed over",
                key_worker="kw-marigold",
                handover_note=SECRETS["handover_note"],
            ),
        ],
        "milestones": [
            row("M-1", 6, **GROUNDS, **juniper, kind="boundaries agreed", words=SECRETS["words"]),
            row("M-2", 10, **juniper, kind="story told", words=SECRETS["words"]),
            row("M-3", 12, **juniper, kind="story confirmed"),
        ],
        "contacts": [
            row("C-1", 7, **contact, time="14:30", note=SECRETS["note"], corrects=""),
            row("C-2", 8, **contact, note=SECRETS["note"], entered_on="2025-03-10"),
            row("C-3", 9, **contact | {"minutes": "4"}, note=SECRETS["note"]),
            row(
                "C-4", 9, **GROUNDS, **contact, corrects="C-3", entered_on="2025-03-20", note=SECRETS["note"]
            ),
        ],
        "assessments": [
            row(
                "A-1",
                11,
                assessed_by="kw-juniper",
                instrument="example",
                instrument_version="2",
                needs="work; peers",
                risk_level="medium",
                scores="work=2; peers=3.5",
            ),
        ],
        "plans": [
            row("L-1", 13, **juniper, kind="draft"),
            row(
                "L-2",
                13,
                **plan,
                kind="need",
                domain="work",
                priority="key",
                text=SECRETS["text"],
                evidence="A-1; M-2",
            ),
            row("L-3", 13, **plan, kind="goal", about="L-2", text=SECRETS["text"], due_on="2025-06-01"),
            row("L-4", 13, **plan, kind="step", about="L-3", text=SECRETS["text"], responsible="participant"),
            row("L-5", 14, **plan, kind="proposed"),
            row("L-6", 15, **plan, kind="agreed", text=SECRETS["text"]),
            row("L-7", 16, **plan, kind="started", due_on="2025-05-01"),
        ],
        "reviews": [
            row(
                "V-1",
                40,
                **juniper,
                plan="L-1",
                kind="progress",
                about="L-3",
                outcome="partial",
                text=SECRETS["text"],
            ),
            row("V-2", 60, **rowan, plan="L-1", kind="review started", outcome="due"),
            row(
                "V-3",
                61,
                **GROUNDS,
                **rowan,
                plan="L-1",
                kind="reviewed",
                outcome="kept",
                next_review_on="2025-09-01",
                relied_on="A-1",
            ),
        ],
    }


EVENTS_BESIDES = 4
"""A referral is three events, and so is the answer to it; every other row is one."""
ROWS = sum(len(rows) for name, rows in small_case().items() if name not in ("staff", "legal-bases"))

EVENTS = ROWS + EVENTS_BESIDES


def header(rows: list[Cells]) -> list[str]:
    """Return every column any row has."""
    return list(dict.fromkeys(name for cells in rows for name in cells))


def as_csv(rows: list[Cells], delimiter: str = ",") -> str:
    """Return a sheet as the text of a CSV file."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header(rows), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_xlsx(path: Path, table: list[list[Any]]) -> None:
    """Write a table of values as a workbook; dates become Excel's own."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        page = workbook.add_worksheet()
        formats = {"date": workbook.add_format({"num_format": "dd/mm/yyyy"})}
        for line, values in enumerate(table):
            for column, value in enumerate(values):
                if isinstance(value, date):
                    page.write_datetime(line, column, value, formats["date"])
                else:
                    page.write(line, column, value)


def write(directory: Path, sheets: Sheets) -> Path:
    """Write sheets as CSV files."""
    directory.mkdir(exist_ok=True)
    for name, rows in sheets.items():
        (directory / f"{name}.csv").write_text(as_csv(rows), encoding="utf-8", newline="")
    return directory


def changed(sheet: str, row_id: str, **cells: str) -> Sheets:
    """Return the small case with some cells of a row changed."""
    sheets = small_case()
    next(each for each in sheets[sheet] if each["row"] == row_id).update(cells)
    return sheets


@pytest.fixture
def imported(log: LogReader, handler: BlockingCommandHandler, tmp_path: Path) -> Callable[..., ImportReport]:
    """Return a function that imports sheets or a directory; `through` records in the place of the handler."""

    def run(
        sheets: Sheets | Path, *, dry_run: bool = False, through: Any = None, **options: Any
    ) -> ImportReport:
        directory = sheets if isinstance(sheets, Path) else write(tmp_path / "sheets", sheets)
        recording = None if dry_run else through or handler
        return run_import(log, recording, directory, tmp_path / "rejected", **options)

    return run


@pytest.fixture(scope="module")
def empty_log(postgres_server: str, log_template: str) -> Iterator[LogReader]:
    """Yield a log that stays empty: only dry runs use it."""
    with database(postgres_server, log_template) as conninfo, opened_reader(conninfo) as log:
        yield log
        assert log.head() == 0


@pytest.fixture
def tried(empty_log: LogReader, tmp_path: Path) -> Callable[..., ImportReport]:
    """Return a function that tries sheets or a directory out on an empty log."""

    def run(sheets: Sheets | Path) -> ImportReport:
        directory = sheets if isinstance(sheets, Path) else write(tmp_path / "sheets", sheets)
        return run_import(empty_log, None, directory, tmp_path / "rejected")

    return run


def run_import(
    log: LogReader, handler: BlockingCommandHandler | None, directory: Path, rejected_to: Path, **options: Any
) -> ImportReport:
    """Import, and check that no row is lost and no secret told."""
    report = import_directory(log, handler, directory, by=CLERK, rejected_to=rejected_to, now=NOW, **options)
    assert report.read == report.recorded + report.already_there + report.rejected
    assert (report.rejected > 0) == bool(report.problems)
    tells_no_secret(str(report))
    return report


def tells_no_secret(said: str) -> None:
    secrets = (*SECRETS.values(), "CANARY", "Willowbrook")
    assert not [secret for secret in secrets if secret.lower() in said.lower()]


def counts(report: ImportReport) -> tuple[int, int, int]:
    return report.recorded, report.already_there, report.rejected


# --- what a row becomes -----------------------------------------------------------------------------------


def test_every_row_of_the_small_case_is_recorded_and_the_second_time_is_there(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    assert counts(imported(small_case())) == (ROWS, 0, 0)
    head = log.head()
    assert counts(imported(small_case())) == (0, ROWS, 0)
    assert log.head() == head


def test_who_typed_it_in_and_who_decided_are_two_people(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    imported(small_case())
    recorded = list(log.read_all())
    assert {r.envelope.actor for r in recorded} == {CLERK}
    assert all(r.envelope.on_behalf_of for r in recorded)
    (assigned,) = (r for r in recorded if isinstance(r.event, KeyWorkerAssigned))
    assert assigned.event.decision.by.id == "sv-rowan"
    assert "dc-yarrow" not in {r.event.decision.by.id for r in recorded if isinstance(r.event, DecisionEvent)}


def test_a_row_without_a_time_is_of_that_day_and_claims_no_noon(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    imported(small_case())
    first, second, _ = (r for r in log.read_all() if isinstance(r.event, ContactRecorded))
    assert (first.when.at, first.when.precision) == (
        datetime(2025, 3, 9, 14, 30, tzinfo=UTC),
        Precision.MINUTE,
    )
    assert (second.when.day, second.when.precision) == (date(2025, 3, 10), Precision.DAY)
    assert second.envelope.source_system == "spreadsheet"
    assert second.envelope.source_recorded_at == datetime(2025, 3, 10, 23, 59, 59, tzinfo=UTC)


def test_rows_are_recorded_in_the_order_in_which_they_were_entered(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    imported(changed("contacts", "C-2", entered_on="2025-05-30"))
    entered = [r.envelope.source_recorded_at for r in log.read_all()]
    assert entered == sorted(entered, key=str)
    late = max(log.read_all(), key=lambda r: r.position)
    assert isinstance(late.event, ContactRecorded)


def test_recorded_at_is_the_databases_clock(imported: Callable[..., ImportReport], log: LogReader) -> None:
    before = datetime.now(UTC)
    imported(small_case())
    assert all(abs(r.recorded_at - before).total_seconds() < 600 for r in log.read_all())


def test_a_correction_names_the_event_of_the_row_it_corrects(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    imported(small_case())
    corrections = [r for r in log.read_all() if isinstance(r.event, Correction)]
    wrong = [r for r in log.read_all() if r.envelope.event_id == corrections[0].event.corrects]
    assert [r.event.held_minutes for r in wrong] == [4]
    assert [r.event.fact.held_minutes for r in corrections] == [45]
    assert corrections[0].when == wrong[0].when


def test_a_correction_can_say_that_it_was_another_day(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    imported(changed("contacts", "C-4", happened_on="2025-03-12"))
    (correction,) = (r for r in log.read_all() if isinstance(r.event, Correction))
    assert correction.when.day == date(2025, 3, 12)


def test_a_cell_that_says_something_was_erased_is_somebodys_words(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    said = '{"erased": true, "key_id": "11111111-1111-4111-8111-111111111111", "at": "2025-03-03T00:00:00Z"}'
    imported(changed("contacts", "C-2", note=said))
    assert said in [r.event.note for r in log.read_all() if isinstance(r.event, ContactRecorded)]


def test_a_contact_that_never_was_is_taken_back(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    imported(changed("contacts", "C-4", outcome="never was", minutes=""))
    case = log.case_of(CASE)
    assert case is not None
    [engagement] = (s for s in replay(log, case).streams if s.category == "engagement")
    assert len(engagement.state["contacts"]) == 2


def test_a_later_decision_on_a_waiting_referral_is_a_row_of_its_own(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    sheets = small_case()
    waiting = dict(sheets["referral-decisions"][0]) | row("D-0", 3) | {"outcome": "waitlisted"}
    sheets["referral-decisions"].append(waiting)
    assert counts(imported(sheets)) == (ROWS + 1, 0, 0)
    head = log.head()
    assert counts(imported(sheets)) == (0, ROWS + 1, 0), (
        "steps that decided nothing new are not decided later"
    )
    assert log.head() == head


def test_progress_is_told_row_by_row(imported: Callable[..., ImportReport]) -> None:
    seen: list[Progress] = []
    imported(small_case(), on_row=seen.append)
    assert [progress.done for progress in seen] == list(range(1, ROWS + 1))
    assert {progress.total for progress in seen} == {ROWS}
    assert [progress.there for progress in seen] == list(range(1, ROWS + 1))


# --- rows that are refused --------------------------------------------------------------------------------

MISTAKES = [
    ("contacts", "C-1", {"happened_on": "31/02/2025"}, "happened_on", "no-such-day"),
    ("contacts", "C-1", {"happened_on": "0025-03-09"}, "happened_on", "no-such-day"),
    ("contacts", "C-1", {"happened_on": "last Monday"}, "happened_on", "not-a-date"),
    ("contacts", "C-1", {"happened_on": ""}, "happened_on", "missing"),
    ("contacts", "C-1", {"entered_on": "2025-03-01"}, "entered_on", "dates-out-of-order"),
    ("contacts", "C-1", {"entered_on": "2052-03-10"}, "entered_on", "in-the-future"),
    ("contacts", "C-1", {"time": "half past two"}, "time", "not-a-time"),
    ("contacts", "C-1", {"time": "25:00"}, "time", "not-a-time"),
    ("contacts", "C-1", {"minutes": "forty"}, "minutes", "not-minutes"),
    ("contacts", "C-1", {"minutes": "1441"}, "minutes", "not-minutes"),
    ("contacts", "C-1", {"minutes": "-5"}, "minutes", "not-minutes"),
    ("contacts", "C-1", {"made_by": "kw-junipper"}, "made_by", "unknown-staff"),
    ("contacts", "C-1", {"medium": "carrier pigeon"}, "medium", "not-a-choice"),
    ("contacts", "C-1", {"note": "x" * 4001}, "note", "too-long"),
    ("contacts", "C-1", {"note": "NUL \0 inside"}, "note", "unreadable-character"),
    ("contacts", "C-1", {"row": "first"}, "row", "not-a-row-id"),
    ("contacts", "C-1", {"case": "Pepper"}, "case", "not-a-case"),
    ("contacts", "C-1", {"case": "SC-1999-001"}, "case", "unknown-case"),
    ("contacts", "C-1", {"outcome": "never was"}, "outcome", "only-a-correction"),
    ("contacts", "C-1", {"minutes": "0"}, None, "minutes-of-a-held-contact"),
    ("contacts", "C-4", {"corrects": "C-99"}, "corrects", "unknown-row"),
    ("contacts", "C-4", {"decided_by": ""}, "decided_by", "missing"),
    ("contacts", "C-4", {"legal_basis": "folklore"}, "legal_basis", "unknown-legal-basis"),
    ("contacts", "C-4", {"legal_basis": "ended"}, None, "legal-basis-not-in-force"),
    ("contacts", "C-4", {"options": "proceed"}, "options", "options-not-weighed"),
    ("contacts", "C-4", {"views": ""}, "views", "views-or-why-not"),
    ("people", "P-1", {"date_of_birth": "2025-12-01"}, None, "date-out-of-bounds"),
    ("people", "P-1", {"preferred_language": "eng/lish"}, "preferred_language", "not-a-code"),
    ("consents", "S-1", {"capacity_noted": "perhaps"}, "capacity_noted", "not-yes-or-no"),
    ("assessments", "A-1", {"scores": "work is 2"}, "scores", "not-scores"),
    ("assessments", "A-1", {"scores": "work=2; work=3"}, None, "domain-scored-twice"),
    ("assessments", "A-1", {"assessed_by": "kw-marigold"}, None, "credential-missing"),
    ("milestones", "M-2", {"words": ""}, "words", "missing"),
    ("milestones", "M-2", {**GROUNDS, "corrects": "M-1"}, None, "another-fact"),
    ("contacts", "C-1", {"time": "09:30:75"}, "time", "not-a-time"),
    ("key-workers", "K-2", {"handover_note": ""}, "handover_note", "missing"),
    ("plans", "L-2", {"evidence": "A-1; A-99"}, "evidence", "unknown-row"),
    ("plans", "L-3", {"about": "L-1"}, "about", "another-kind-of-row"),
    ("reviews", "V-1", {"outcome": "kept"}, "outcome", "not-a-choice"),
    ("reviews", "V-3", {"relied_on": "A-99"}, "relied_on", "unknown-row"),
    ("referral-decisions", "D-1", {"outcome": "redirected"}, "redirected_to", "missing"),
    ("referral-decisions", "D-1", {"suitability": "not suitable"}, None, "not-suitable"),
    ("referrals", "R-1", {"received_on": "2025-03-01"}, "received_on", "dates-out-of-order"),
]


@pytest.mark.parametrize(("sheet", "row_id", "cells", "column", "code"), MISTAKES)
def test_a_mistake_is_named_with_its_place_and_its_remedy(  # noqa: PLR0913, PLR0917 - a table of mistakes
    tried: Callable[..., ImportReport],
    sheet: str,
    row_id: str,
    cells: Cells,
    column: str | None,
    code: str,
) -> None:
    sheets = changed(sheet, row_id, **cells)
    line = next(
        n for n, each in enumerate(sheets[sheet], start=2) if each["row"] in (row_id, cells.get("row"))
    )
    report = tried(sheets)
    problem = next(p for p in report.problems if (p.sheet, p.line) == (f"{sheet}.csv", line))
    assert (problem.column, problem.code) == (column, code)
    assert problem.message
    assert problem.fix


def test_every_mistake_of_a_row_is_named_at_once(tried: Callable[..., ImportReport]) -> None:
    report = tried(changed("contacts", "C-1", happened_on="31/02/2025", minutes="forty"))
    assert [p.column for p in report.problems] == ["happened_on", "minutes"]
    assert report.rejected == 1


def test_a_row_of_another_case_cannot_be_named(imported: Callable[..., ImportReport]) -> None:
    sheets = small_case()
    sheets["people"].append(dict(sheets["people"][0]) | row("P-2", 5, case="SC-2025-002", referral=""))
    sheets["plans"].append(
        row("L-9", 20, case="SC-2025-002", kind="proposed", staff="kw-juniper", plan="L-1")
    )
    report = imported(sheets)
    assert [(p.row, p.column, p.code) for p in report.problems] == [("L-9", "plan", "unknown-row")]


def test_rows_that_need_a_rejected_one_are_rejected_with_it(
    imported: Callable[..., ImportReport], log: LogReader, tmp_path: Path
) -> None:
    first = imported(changed("plans", "L-1", staff="kw-junipper"))
    assert {p.row for p in first.problems} >= {"L-1", "L-2", "L-3", "L-4", "L-5", "L-6", "L-7", "V-1"}
    file = tmp_path / "rejected" / "plans.csv"
    file.write_text(file.read_text("utf-8-sig").replace("kw-junipper", "kw-juniper"))
    second = imported(tmp_path / "rejected")
    assert counts(second) == (first.rejected, 0, 0)
    assert first.recorded + second.recorded == ROWS
    assert second.rejected_files == []


def test_a_refused_row_leaves_nothing_of_itself(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    imported(changed("referral-decisions", "D-1", suitability="not suitable"))
    assert "referral.eligibility-determined" not in {r.event.type for r in log.read_all()}


def test_a_row_that_changes_nothing_is_not_lost_without_a_word(imported: Callable[..., ImportReport]) -> None:
    sheets = small_case()
    sheets["consents"].append(dict(sheets["consents"][0]) | row("S-2", 7))
    report = imported(sheets)
    assert [(p.row, p.code) for p in report.problems] == [("S-2", "says-nothing-new")]


# --- the same row again -----------------------------------------------------------------------------------


def test_a_row_that_stands_twice_is_recorded_once_and_remarked_on(
    imported: Callable[..., ImportReport],
) -> None:
    sheets = small_case()
    sheets["contacts"].append(dict(sheets["contacts"][0]))
    report = imported(sheets)
    assert counts(report) == (ROWS, 1, 0)
    assert [(p.sheet, p.line, p.code) for p in report.remarks] == [("contacts.csv", 6, "row-twice")]


@pytest.mark.parametrize(
    ("sheet", "row_id", "cells"),
    [
        ("contacts", "C-1", {"minutes": "50"}),
        ("contacts", "C-1", {"note": "Otherwise."}),
        ("contacts", "C-1", {"happened_on": "2025-03-08"}),
        ("contacts", "C-1", {"made_by": "kw-marigold"}),
        ("referrals", "R-1", {"circumstances": "Otherwise."}),
        ("referrals", "R-1", {"reason": "Otherwise."}),
        ("referral-decisions", "D-1", {"reason_code": "otherwise"}),
        ("people", "P-1", {"guardian": "Otherwise"}),
        ("plans", "L-3", {"text": "Otherwise."}),
    ],
)
def test_a_row_that_says_something_else_now_is_refused_and_a_correction_advised(
    imported: Callable[..., ImportReport], log: LogReader, sheet: str, row_id: str, cells: Cells
) -> None:
    imported(small_case())
    head = log.head()
    report = imported(changed(sheet, row_id, **cells))
    assert [(p.row, p.code) for p in report.problems] == [(row_id, "imported-with-other-content")]
    assert "correction row" in report.problems[0].fix
    assert log.head() == head


def test_a_credential_or_a_law_that_ended_does_not_change_earlier_rows(
    imported: Callable[..., ImportReport],
) -> None:
    imported(small_case())
    sheets = small_case()
    sheets["staff"][0]["credentials"] = "needs-assessment; crisis-intervention"
    sheets["legal-bases"][0]["valid_to"] = "2026-01-01"
    assert counts(imported(sheets)) == (0, ROWS, 0)


class DiedError(Exception):
    """The end of an import, in the middle of a row or not."""


class Dying(CommandHandler):
    """Records so many commands, and dies with the next."""

    left = 0

    async def handle(self, request: CommandRequest) -> Outcome:
        if self.left == 0:
            raise DiedError
        self.left -= 1
        return await super().handle(request)


def dying_after(commands: int, imported: Callable[..., ImportReport], log: LogReader) -> None:
    """Import the small case, and die after so many commands."""
    dying = Dying(log.conninfo, log.keyring)
    dying.left = commands
    with BlockingCommandHandler(dying) as handler, pytest.raises(DiedError):
        imported(small_case(), through=handler)


@pytest.mark.parametrize("commands", range(1, 8))
def test_a_row_that_was_interrupted_is_completed(
    imported: Callable[..., ImportReport], log: LogReader, commands: int
) -> None:
    dying_after(commands, imported, log)
    assert log.head() == commands
    report = imported(small_case())
    assert report.rejected == 0
    assert report.recorded + report.already_there == ROWS
    assert log.head() == EVENTS


def test_a_half_recorded_row_whose_missing_part_was_corrected_is_completed(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    dying_after(2, imported, log)
    assert counts(imported(changed("referrals", "R-1", received_by="kw-juniper"))) == (ROWS, 0, 0)
    assert log.head() == EVENTS


def test_a_half_recorded_row_whose_recorded_part_was_changed_is_refused(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    dying_after(2, imported, log)
    report = imported(changed("referrals", "R-1", circumstances="Otherwise."))
    assert (report.problems[0].row, report.problems[0].code) == ("R-1", "imported-with-other-content")
    of_the_referral = [r.event.type for r in log.read_all() if r.stream.category == "referral"]
    assert of_the_referral == ["referral.drafted", "referral.submitted"]


# --- rejected rows ----------------------------------------------------------------------------------------


def test_rejected_rows_come_back_with_their_columns_and_the_registers(
    imported: Callable[..., ImportReport], tmp_path: Path
) -> None:
    report = imported(changed("contacts", "C-4", minutes="forty"))
    assert [path.name for path in report.rejected_files] == ["contacts.csv", "legal-bases.csv", "staff.csv"]
    text = (tmp_path / "rejected" / "contacts.csv").read_text("utf-8-sig")
    (line,) = csv.DictReader(io.StringIO(text))
    assert list(line) == ["why", "fix", *header(small_case()["contacts"])]
    assert line["minutes"] == "forty"
    assert line["note"] == SECRETS["note"], "the row itself is kept whole"
    assert "minutes" in line["why"]
    tells_no_secret(line["why"] + line["fix"])


def test_a_corrected_row_is_recorded_and_its_remarks_are_ignored(
    imported: Callable[..., ImportReport], tmp_path: Path
) -> None:
    imported(changed("contacts", "C-4", minutes="forty"))
    file = tmp_path / "rejected" / "contacts.csv"
    file.write_text(file.read_text("utf-8-sig").replace("forty", "40"))
    assert counts(imported(tmp_path / "rejected")) == (1, 0, 0)
    assert counts(imported(tmp_path / "rejected")) == (0, 1, 0)


def test_what_somebody_is_correcting_is_not_overwritten(
    imported: Callable[..., ImportReport], tmp_path: Path
) -> None:
    imported(changed("contacts", "C-4", minutes="forty"))
    file = tmp_path / "rejected" / "contacts.csv"
    file.write_text("half corrected")
    report = imported(changed("contacts", "C-4", minutes="forty"))
    assert file.read_text() == "half corrected"
    assert report.rejected_files[0].parent == tmp_path / "rejected-2"
    again = imported(changed("contacts", "C-4", minutes="forty"))
    assert again.rejected_files == report.rejected_files, "the same rejected rows are not piled up"


def test_a_rejected_workbook_is_a_workbook_with_its_own_dates(
    imported: Callable[..., ImportReport], tmp_path: Path
) -> None:
    directory = tmp_path / "sheets"
    with_workbook(directory, changed("contacts", "C-3", minutes="forty"), "contacts")
    first = imported(directory)
    assert [path.name for path in first.rejected_files] == ["contacts.xlsx", "legal-bases.csv", "staff.csv"]
    table = CalamineWorkbook.from_path(first.rejected_files[0]).get_sheet_by_index(0).to_python()
    assert table[0][:4] == ["why", "fix", "row", "case"]
    assert table[1][4] == date(2025, 3, 11)
    table[1][table[0].index("minutes")] = 4
    write_xlsx(first.rejected_files[0], table)
    second = imported(tmp_path / "rejected")
    assert counts(second) == (2, 0, 0), "the row, and the correction that names it"


def with_workbook(directory: Path, sheets: Sheets, name: str) -> None:
    """Write sheets with one of them as a workbook, with Excel's dates and numbers."""
    write(directory, {other: rows for other, rows in sheets.items() if other != name})
    names = header(sheets[name])
    table = [[excel(each.get(column, "")) for column in names] for each in sheets[name]]
    write_xlsx(directory / f"{name}.xlsx", [names, *table])


def excel(cell: str) -> Any:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
        return date.fromisoformat(cell)
    return float(cell) if re.fullmatch(r"\d+", cell) else cell


@pytest.mark.parametrize("sheet", [name for name in small_case() if name != "people"])
def test_any_sheet_may_be_a_workbook(tried: Callable[..., ImportReport], tmp_path: Path, sheet: str) -> None:
    with_workbook(tmp_path / "sheets", small_case(), sheet)
    assert counts(tried(tmp_path / "sheets")) == (ROWS, 0, 0)


# --- files ------------------------------------------------------------------------------------------------


def refused(imported: Callable[..., ImportReport], directory: Path) -> list[FileProblem]:
    """Return why the files of a directory were refused."""
    with pytest.raises(SheetsRefusedError) as refusal:
        imported(directory)
    tells_no_secret(str(refusal.value))
    return refusal.value.problems


FILES: list[tuple[str, bytes, str]] = [
    ("contacts.csv", b"", "empty-file"),
    ("contacts.csv", b"\n\n,,\n", "empty-file"),
    (
        "contacts.csv",
        as_csv(small_case()["contacts"]).replace("home", "h\xf6me").encode("latin-1"),
        "not-utf-8",
    ),
    ("contacts.csv", as_csv(small_case()["contacts"]).encode("utf-16-le"), "not-utf-8"),
    (
        "contacts.csv",
        as_csv(small_case()["contacts"]).replace(",minutes", ",willowbrook").encode(),
        "unknown-column",
    ),
    ("contacts.csv", as_csv(small_case()["contacts"]).replace(",minutes", ",note").encode(), "column-twice"),
    ("contacts.csv", b"row,case,happened_on,entered_on,made_by,outcome\n", "missing-column"),
    (
        "contacts.csv",
        b'row,case,happened_on,entered_on,made_by,medium,outcome,note\nC-1,"x\n',
        "broken-quotes",
    ),
    ("contacts.xlsx", b"not a workbook", "not-a-workbook"),
    ("contact.csv", b"row\n", "unknown-sheet"),
    ("staff.csv", b"code,role,organisation\nkw-a,wizard,sc\n", "not-a-choice"),
    (
        "legal-bases.csv",
        b"code,instrument,act,section,valid_from\n" + b"a,statute,CANARY,s. 1,2015-01-01\n" * 2,
        "code-twice",
    ),
]


@pytest.mark.parametrize(("name", "content", "code"), FILES)
def test_a_file_that_cannot_be_read_stops_the_import_before_anything_is_recorded(  # noqa: PLR0913, PLR0917 - a table
    imported: Callable[..., ImportReport],
    log: LogReader,
    tmp_path: Path,
    name: str,
    content: bytes,
    code: str,
) -> None:
    directory = write(tmp_path / "sheets", small_case())
    (directory / "contacts.csv").unlink()
    (directory / name).write_bytes(content)
    problems = refused(imported, directory)
    assert [(p.file, p.wrong.code) for p in problems] == [(name, code)]
    assert problems[0].wrong.fix
    assert log.head() == 0


def test_a_missing_column_is_named(imported: Callable[..., ImportReport], tmp_path: Path) -> None:
    directory = write(tmp_path / "sheets", small_case())
    (directory / "contacts.csv").write_text("row,case,happened_on,entered_on,made_by,outcome\n")
    (problem,) = refused(imported, directory)
    assert problem.wrong.column == "medium"
    assert str(problem).startswith("contacts.csv, column medium: ")


def test_every_file_that_is_wrong_is_named_at_once(
    imported: Callable[..., ImportReport], tmp_path: Path
) -> None:
    directory = write(tmp_path / "sheets", small_case())
    (directory / "contacts.csv").write_bytes(b"")
    (directory / "plans.csv").write_bytes(b"")
    assert [p.file for p in refused(imported, directory)] == ["contacts.csv", "plans.csv"]


def test_a_sheet_that_is_there_twice_is_refused(
    imported: Callable[..., ImportReport], tmp_path: Path
) -> None:
    directory = write(tmp_path / "sheets", small_case())
    write_xlsx(directory / "contacts.xlsx", [["row"]])
    assert [p.wrong.code for p in refused(imported, directory)] == ["sheet-twice"]


@pytest.mark.parametrize("missing", ["staff", "legal-bases"])
def test_the_registers_must_be_there(
    imported: Callable[..., ImportReport], tmp_path: Path, missing: str
) -> None:
    directory = write(tmp_path / "sheets", {k: v for k, v in small_case().items() if k != missing})
    assert [p.wrong.code for p in refused(imported, directory)] == ["missing-register"]


def test_a_directory_without_sheets_is_refused(imported: Callable[..., ImportReport], tmp_path: Path) -> None:
    for directory in (tmp_path / "nowhere", write(tmp_path / "empty", {})):
        assert [p.wrong.code for p in refused(imported, directory)] == ["no-sheets"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_is_read_as_any_office_program_writes_it(
    tried: Callable[..., ImportReport], tmp_path: Path, delimiter: str, mark: str
) -> None:
    directory = write(tmp_path / "sheets", small_case())
    for name, rows in small_case().items():
        text = as_csv(rows, delimiter).replace("happened_on", " Happened on ", 1)
        (directory / f"{name}.csv").write_text(mark + text, encoding="utf-8", newline="")
    (directory / "~$contacts.xlsx").write_bytes(b"an office program's lock")
    (directory / "README.md").write_text("Not a sheet.")
    assert counts(tried(directory)) == (ROWS, 0, 0)


def test_a_row_with_more_cells_than_columns_is_rejected_and_kept_whole(
    imported: Callable[..., ImportReport], tmp_path: Path
) -> None:
    directory = write(tmp_path / "sheets", small_case())
    file = directory / "contacts.csv"
    file.write_text(file.read_text().replace("C-1,", "C-1,").rstrip() + ",and more\r\n", newline="")
    report = imported(directory)
    assert [(p.line, p.code) for p in report.problems] == [(5, "beyond-the-columns")]
    assert report.rejected_files[0].read_text("utf-8-sig").rstrip().endswith(",and more")


def test_lines_are_counted_as_an_editor_counts_them(
    tried: Callable[..., ImportReport], tmp_path: Path
) -> None:
    sheets = changed("contacts", "C-1", note="Two\nlines")
    sheets["contacts"][2]["minutes"] = "forty"
    directory = write(tmp_path / "sheets", sheets)
    assert [p.line for p in tried(directory).problems][:1] == [5]


# --- what a sheet does not say, and what nobody sees of it ------------------------------------------------


def test_a_cell_with_an_error_rejects_its_row_whatever_the_column(tried: Callable[..., ImportReport]) -> None:
    sheets = changed("contacts", "C-1", note="#REF!", minutes="#N/A")
    sheets["contacts"][1]["note"] = "Err:502"
    sheets["contacts"][2]["note"] = "We said #REF! aloud."
    errors = [p for p in tried(sheets).problems if p.code == "cell-error"]
    assert [(p.line, p.column, p.code) for p in errors] == [
        (2, "minutes", "cell-error"),
        (2, "note", "cell-error"),
        (3, "note", "cell-error"),
    ]


def month_first(sheets: Sheets) -> Sheets:
    """Return sheets whose days are all in the first twelve of March, and the month is first."""
    for rows in sheets.values():
        for cells in rows:
            for column in ("happened_on", "entered_on"):
                if said := cells.get(column):
                    cells[column] = date.fromisoformat(said).strftime("%m/%d/%Y")
    return sheets


def test_a_month_first_sheet_is_recorded_on_no_day_that_nobody_named(
    imported: Callable[..., ImportReport], log: LogReader, tmp_path: Path
) -> None:
    directory = write(tmp_path / "sheets", month_first(small_case()))
    unclear = refused(imported, directory)
    assert {p.wrong.code for p in unclear} == {"dates-in-two-orders"}
    assert ("contacts.csv", "happened_on") in {(p.file, p.wrong.column) for p in unclear}
    assert log.head() == 0
    assert counts(imported(directory, dates=DayOrder.MDY)) == (ROWS, 0, 0)
    contacts = [r.when.day for r in log.read_all() if isinstance(r.event, ContactRecorded)]
    assert contacts == [date(2025, 3, 9), date(2025, 3, 10), date(2025, 3, 11)]
    assert counts(imported(small_case())) == (0, ROWS, 0), "the same days as when they are written year first"


def test_rejected_rows_keep_the_days_that_were_told(
    imported: Callable[..., ImportReport], tmp_path: Path
) -> None:
    sheets = month_first(changed("contacts", "C-4", minutes="forty"))
    imported(sheets, dates=DayOrder.MDY)
    file = tmp_path / "rejected" / "contacts.csv"
    (line,) = csv.DictReader(io.StringIO(file.read_text("utf-8-sig")))
    assert (line["happened_on"], line["entered_on"]) == ("2025-03-11", "2025-03-20")
    file.write_text(file.read_text("utf-8-sig").replace("forty", "40"))
    assert counts(imported(tmp_path / "rejected")) == (1, 0, 0)


def test_the_times_of_sheets_may_be_those_of_another_place(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    imported(small_case(), time_zone=ZoneInfo("America/New_York"))
    first, second, _ = (r for r in log.read_all() if isinstance(r.event, ContactRecorded))
    assert first.when.at == datetime(2025, 3, 9, 18, 30, tzinfo=UTC)
    assert (second.when.day, second.when.precision) == (date(2025, 3, 10), Precision.DAY)


def test_a_time_that_was_on_no_clock_is_refused(imported: Callable[..., ImportReport]) -> None:
    sheets = changed("contacts", "C-1", time="02:30")
    report = imported(sheets, time_zone=ZoneInfo("America/New_York"), dry_run=True)
    assert [(p.row, p.column, p.code) for p in report.problems] == [("C-1", "time", "no-such-time")]
    assert counts(imported(sheets)) == (ROWS, 0, 0)


def test_one_workbook_may_hold_every_sheet_and_its_rejected_rows_are_files_of_their_own(
    imported: Callable[..., ImportReport], tmp_path: Path
) -> None:
    sheets = changed("contacts", "C-4", minutes="forty")
    (tmp_path / "sheets").mkdir()
    with xlsxwriter.Workbook(tmp_path / "sheets" / "our records.xlsx") as workbook:
        for name, rows in sheets.items():
            page = workbook.add_worksheet(name)
            page.write_row(0, 0, header(rows))
            for line, cells in enumerate(rows, start=1):
                page.write_row(line, 0, [cells.get(column, "") for column in header(rows)])
        workbook.add_worksheet("Lists").write(0, 0, "in person")
    (tmp_path / "sheets" / "README.md").write_text("Not a sheet.")
    report = imported(tmp_path / "sheets")
    assert counts(report) == (ROWS - 1, 0, 1)
    assert [(p.sheet, p.line) for p in report.problems] == [("our records.xlsx [contacts]", 5)]
    assert [(p.file, p.wrong.code) for p in report.noticed] == [
        ("README.md", "other-ending"),
        ("our records.xlsx [worksheet 13]", "no-sheet"),
    ]
    assert [path.name for path in report.rejected_files] == [
        "contacts.xlsx",
        "legal-bases.xlsx",
        "staff.xlsx",
    ]
    rejected = report.rejected_files[0]
    table = CalamineWorkbook.from_path(rejected).get_sheet_by_index(0).to_python()
    table[1][table[0].index("minutes")] = 40
    write_xlsx(rejected, table)
    assert counts(imported(tmp_path / "rejected")) == (1, 0, 0)


# --- whatever is in a cell --------------------------------------------------------------------------------


def test_a_dry_run_decides_as_the_import_will_and_leaves_nothing(
    imported: Callable[..., ImportReport], log: LogReader, tmp_path: Path
) -> None:
    sheets = changed("contacts", "C-3", minutes="forty")
    nothing = rows_of_every_table(log.conninfo)
    dry = imported(sheets, dry_run=True)
    assert dry.dry_run
    assert rows_of_every_table(log.conninfo) == nothing, "no event, no case, no key"
    assert not (tmp_path / "rejected").exists()
    real = imported(sheets)
    assert (counts(dry), dry.problems) == (counts(real), real.problems)
    recorded = rows_of_every_table(log.conninfo)
    sheets["contacts"].append(dict(sheets["contacts"][0]) | row("C-9", 20))
    again = imported(sheets, dry_run=True)
    assert (again.recorded, again.already_there) == (1, real.recorded)
    assert rows_of_every_table(log.conninfo) == recorded


def rows_of_every_table(conninfo: str) -> dict[str, list[tuple[Any, ...]]]:
    with psycopg.connect(conninfo) as connection:
        names = connection.execute(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables"
            " WHERE table_type = 'BASE TABLE'"
            " AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=str)  # type: ignore[arg-type]  # noqa: S608 - names of ours
            for (name,) in names
        }


@pytest.mark.parametrize("place", range(max(len(header(rows)) for rows in small_case().values())))
def test_no_message_repeats_what_a_cell_says(tried: Callable[..., ImportReport], place: int) -> None:
    """One column of every sheet says a secret in every row; whatever is said to it, the secret is not."""
    sheets = small_case()
    for name in sheets.keys() - {"staff", "legal-bases"}:
        tell_a_secret(sheets[name], place)
    assert tried(sheets).rejected


@pytest.mark.parametrize("register", ["staff", "legal-bases"])
@pytest.mark.parametrize("place", range(6))
def test_no_message_repeats_what_a_register_says(
    tried: Callable[..., ImportReport], register: str, place: int
) -> None:
    sheets = small_case()
    tell_a_secret(sheets[register], place)
    try:
        tried(sheets)
    except SheetsRefusedError as refusal:
        tells_no_secret(str(refusal))


def tell_a_secret(rows: list[Cells], place: int) -> None:
    names = header(rows)
    for each in rows:
        each[names[place % len(names)]] = "CANARY Pepper Willowbrook, 2009-11-23"


PLACES = [
    (sheet, line, place)
    for sheet, rows in small_case().items()
    for line in range(len(rows) + 1)
    for place in range(len(header(rows)))
]
ODD = [
    "",
    " ",
    "=1+1",
    "31/12/9999",
    "0001-01-01",
    "1e400",
    "nan",
    "-0",
    "٣",
    "C-1",
    "L-1",
    "; ;",
    "{}",
    "%s",
    '"',
    "\r\n",
]


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[*HealthCheck])
@given(
    place=st.sampled_from(PLACES),
    text=st.one_of(st.sampled_from(ODD), st.text(max_size=30)),
    book=st.booleans(),
)
def test_whatever_one_cell_says_every_row_is_accounted_for(
    empty_log: LogReader,
    tmp_path_factory: pytest.TempPathFactory,
    place: tuple[str, int, int],
    text: str,
    book: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    sheet, line, column = place
    sheets = small_case()
    names = header(sheets[sheet])
    table = [names, *([each.get(name, "") for name in names] for each in sheets.pop(sheet))]
    table[line] = [text if n == column else cell for n, cell in enumerate(table[line])]
    directory = write(tmp_path_factory.mktemp("sheets"), sheets)
    if book:
        write_xlsx(directory / f"{sheet}.xlsx", table)
    else:
        written = io.StringIO(newline="")
        csv.writer(written).writerows(table)
        (directory / f"{sheet}.csv").write_bytes(written.getvalue().encode())
    try:
        run_import(empty_log, None, directory, directory / "rejected")
    except SheetsRefusedError as refusal:
        assert refusal.problems
    shutil.rmtree(directory)


def test_a_problem_can_be_shown_in_columns() -> None:
    assert list(RowProblem.__dataclass_fields__) == [
        "sheet",
        "line",
        "row",
        "column",
        "code",
        "message",
        "fix",
        "suggestion",
    ]
