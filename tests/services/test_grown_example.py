"""`examples/harbour-lights`: made by a generator, the same every time, and everything in it happens.

No wheel has examples: nothing here can come out otherwise there.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from examples.generate.__main__ import HERE
from examples.generate.writing import told, write
from scp_cli.tour import CLERK
from scp_events.aggregates import ALL
from scp_events.importing import import_directory
from scp_events.vocabulary import stored_type
from tests.opened import opened_handler, opened_reader

pytestmark = pytest.mark.once

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
REFUSED = {
    ("contacts", "no-such-day"): 1,
    ("contacts", "not-minutes"): 1,
    ("consents", "unknown-staff"): 1,
    ("sessions", "not-scheduled"): 1,
    ("sanctions", "unknown-row"): 1,
    ("offences", "dates-out-of-order"): 1,
    ("matches", "not-a-choice"): 1,
    ("support-episodes", "instalment-beyond-the-debt"): 1,
    ("feedback", "score-off-the-scale"): 1,
    ("enrolments", "session-not-held"): 1,
    ("enrolments", "dates-out-of-order"): 1,
    ("enrolments", "more-than-was-missed"): 1,
    ("enrolments", "missing"): 2,
}
"""What is refused, and why: 12 rows, two of them for two reasons."""
NOT_THERE = {
    "restricted, so that it is told at a door": {"concern.raised", "concern.escalated", "concern.closed"},
    "an act: it takes effect by being recorded, and has no past to import": {
        "feedback.testimony-published",
        "feedback.testimony-taken-down",
        "jurisdiction.defined",
        "jurisdiction.policy-adopted",
        "jurisdiction.profile-changed",
        "participant.identity-link-proposed",
        "participant.identity-linked",
        "participant.identity-unlink-proposed",
        "participant.identity-unlinked",
        "record.erasure-approved",
        "record.erasure-begun",
        "record.erasure-refused",
        "record.erasure-requested",
        "record.legal-hold-placed",
        "record.legal-hold-released",
        "record.personal-data-erased",
    },
    "the sheets that are written by hand have no column for it": {
        "assessment.override-withdrawn",
        "assessment.risk-level-overridden",
        "irp.goal-removed",
        "participant.died",
        "referral.closed",
        "referral.information-provided",
        "referral.information-requested",
        "referral.linked-to-enrolment",
    },
    "nobody there has a second plan": {"irp.superseded"},
}
"""Events of which there is none, by the reason."""


def test_generated_again_it_is_the_same_to_the_byte(tmp_path: Path) -> None:
    write(tmp_path, told())
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in HERE.iterdir() if path.name != "README.md"}
    assert written.keys() == kept.keys()
    assert [name for name, content in written.items() if kept[name] != content] == []


def test_it_has_120_people_in_three_programmes() -> None:
    book = told()
    cases = {str(row["case"]).strip() for row in book.sheets["referrals"]}
    walked_in = {str(row["case"]) for row in book.sheets["people"] if row["referral"] is None}
    assert len(cases | walked_in) == 121, "one of them stands there twice, under two spellings"
    offered = {row["programme"] for row in book.sheets["enrolments"] if row["event"] == "offered"}
    assert offered == {"resocialisation", "weekly-themes", "boatyard"}


def test_imported_it_says_what_is_wrong_and_holds_every_event_that_sheets_can_say(
    log_database: str, tmp_path: Path
) -> None:
    with opened_reader(log_database) as log, opened_handler(log_database) as handler:
        report = import_directory(log, handler, HERE, by=CLERK, rejected_to=tmp_path, now=NOW)
        recorded = Counter(each.event.type for each in log.read_all())
    assert (report.rejected, report.already_there) == (12, 3)
    assert Counter((each.sheet.partition(".")[0], each.code) for each in report.problems) == REFUSED
    assert Counter(each.code for each in report.remarks) == {"row-twice": 3, "same-person": 1}
    assert 14_000 < recorded.total() < 17_000
    every = {stored_type(event) for aggregate in ALL for event in aggregate.EVENTS}
    assert every - recorded.keys() == {name for names in NOT_THERE.values() for name in names}
