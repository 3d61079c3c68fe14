"""Sheets that follow from the commands of an aggregate, imported into a log with everything around them.

One young person on a programme of sessions, with a sanction, with help, and with a mentor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from scp_events.aggregates.enrolment.events import AttendanceRecorded, ProgrammeCompleted
from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.importing import ImportReport
from tests.importing.test_import import CASE, GROUNDS, Cells, Sheets, row, run_import, small_case, write

DECIDED = {name: said for name, said in GROUNDS.items() if name != "views"} | {"no_views_because": "Absent."}


def of_no_case(row_id: str, day: int, name: str, event: str, **cells: str) -> Cells:
    """Return a row about what belongs to no case."""
    said = row(row_id, day, event=event, **cells)
    return {"row": said.pop("row"), "name": name, **{k: v for k, v in said.items() if k != "case"}}


def everything() -> Sheets:
    """Return the small case with a programme, a sanction, help and a mentor, in sheets."""
    by, rowan = {"staff": "kw-juniper"}, {"staff": "sv-rowan"}
    held = {"medium": "in-person", "venue_kind": "hall", "facilitators": "kw-juniper; kw-marigold"}
    planned = {"planned_at": "17:30", "planned_minutes": "150"}
    return small_case() | {
        "organisations": [
            of_no_case("O-1", 1, "sc", "registered", **rowan, title="Second Chance", kind="non-profit",
                       services="housing; debt advice"),
        ],
        "programmes": [
            of_no_case(
                "G-1", 1, "resocialisation", "defined", **rowan, template_version="2025.1", title="Way back",
                variants="code=minors; of_age=minors; session_count=2; session_minutes=150;"
                " total_minutes=300; phases=start,end\n"
                "code=adults; of_age=adults; session_count=2; session_minutes=120; total_minutes=240;"
                " short_sessions_count=no",
                modules='code=rights; "title=Rights; and duties"',
            ),
        ],
        "sessions": [
            of_no_case("T-1", 2, "s-1", "scheduled", **by, **held, **planned, planned_on="2025-04-01",
                       programme="resocialisation", group="g-1", module="rights"),
            of_no_case("T-2", 2, "s-2", "scheduled", **by, **held, **planned, planned_on="2025-04-08",
                       programme="resocialisation", group="g-1"),
            of_no_case("T-3", 30, "s-1", "held", **by, **held, actual_minutes="150"),
            of_no_case("T-4", 37, "s-2", "held", **by, **held, actual_minutes="150"),
            of_no_case("T-5", 37, "s-2", "cost recorded", **by, cost_kind="room-hire", amount="12.50",
                       currency="XCD"),
        ],
        "mentors": [
            of_no_case("N-1", 1, "m-clover", "applied", **rowan, mentor_name="Clover Hale", area="north",
                       capabilities="listening", languages="en", capacity="2"),
            of_no_case("N-2", 2, "m-clover", "screening-begun", **rowan),
            of_no_case("N-3", 3, "m-clover", "background-check-recorded", **DECIDED, result="clear",
                       valid_until="2027-01-01"),
            of_no_case("N-4", 4, "m-clover", "training-completed", **rowan, course="mentor-induction"),
            of_no_case("N-5", 5, "m-clover", "approved", **DECIDED, relied_on="N-3; N-4"),
        ],
        "sanctions": [
            row("X-1", 1, **rowan, event="imposed", kind="alternative-punishment", instrument="service-order",
                imposed_by="court", imposed_as="magistrate", to_be_done="Forty hours in the park."),
            row("X-2", 20, **rowan, event="serving-started", of="X-1"),
            row("X-3", 80, **DECIDED, event="discharged", of="X-1", outcome="successfully"),
        ],
        "support-episodes": [
            row("U-1", 20, **by, event="requested", kind="debt", areas="debts", request="Too many bills.",
                need="L-2"),
            row("U-2", 21, **DECIDED, event="opened", of="U-1"),
            row("U-3", 22, **by, event="debt-position-recorded", of="U-1", currency="XCD", owed="1200.50",
                means="debt-reduced; instalment-calendar"),
        ],
        "enrolments": [
            row("E-1", 20, **by, event="offered", programme="resocialisation", group="g-1"),
            row("E-2", 21, **DECIDED, event="enrolled", of="E-1", programme="resocialisation",
                variant="minors", referral_id="R-1"),
            row("E-3", 30, **by, event="attendance-recorded", of="E-1", session="s-1", arrived_minutes="0",
                left_minutes="150"),
            row("E-4", 37, **by, event="attendance recorded", of="E-1", session="s-2", arrived_minutes="0",
                left_minutes="100"),
            row("E-5", 39, **by, event="catch-up-credited", of="E-1", session="s-2", minutes="50",
                means="individual-session"),
            row("E-6", 40, **DECIDED, event="programme-completed", of="E-1", relied_on="E-3; A-1"),
        ],
        "matches": [
            row("Y-1", 40, **by, event="candidates-ranked", algorithm="by-hand", algorithm_version="2025.1",
                candidates="mentor=m-clover; score=7; factors=factor:interests score:7 weight:1"),
            row("Y-2", 41, **DECIDED, event="proposed", of="Y-1", mentor="m-clover", ranking="Y-1"),
            row("Y-3", 42, **by, event="accepted-by-participant", of="Y-1"),
            row("Y-4", 42, **by, event="accepted-by-mentor", of="Y-1"),
            row("Y-5", 43, **DECIDED, event="started", of="Y-1", mentor="m-clover",
                next_review_on="2025-06-01"),
        ],
        "observation": [row("B-1", 90, **by, event="residence-changed", area="south",
                            moved="out-of-area-observed")],
        "offences": [
            row("F-1", 70, **rowan, event="alleged", offence_code="theft", severity="minor", recordable="no",
                source_name="police-log", source_latency_days="30", committed_on="2025-05-01"),
        ],
        "feedback": [row("Q-1", 91, **by, event="testimony-given", words="It helped.")],
    }  # fmt: skip


ROWS = sum(len(rows) for name, rows in everything().items() if name not in {"staff", "legal-bases"})


@pytest.fixture
def imported(log: LogReader, handler: BlockingCommandHandler, tmp_path: Path) -> Callable[..., ImportReport]:
    """Return a function that imports sheets."""

    def run(sheets: Sheets, *, dry_run: bool = False) -> ImportReport:
        directory = write(tmp_path / "sheets", sheets)
        return run_import(log, None if dry_run else handler, directory, tmp_path / "rejected")

    return run


def test_a_whole_programme_is_imported_once_with_all_that_it_rests_on(
    imported: Callable[..., ImportReport], log: LogReader
) -> None:
    tried = imported(everything(), dry_run=True)
    assert (tried.recorded, tried.problems) == (ROWS, [])
    report = imported(everything())
    assert (report.recorded, report.problems) == (ROWS, [])
    again = imported(everything())
    assert (again.recorded, again.already_there, again.problems) == (0, ROWS, [])
    case_id = log.case_of(CASE)
    assert case_id is not None
    told = Counter(type(each.event) for each in log.case_history(case_id))
    assert (told[AttendanceRecorded], told[ProgrammeCompleted]) == (2, 1)
