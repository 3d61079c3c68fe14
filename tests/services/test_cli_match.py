"""`scp-events match suggest`: who is suggested for whom, and why somebody has nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scp_events.event_log import BlockingCommandHandler
from tests.aggregates.test_match import HAZEL, LARCH
from tests.asking import Case
from tests.check_log import check_log
from tests.event_log.test_mentors_places import recruited
from tests.examples.participant import REGISTER
from tests.opened import opened_handler
from tests.services.cli_run import Ran, scp
from tests.words import NOON

CASE, OTHER = "SC-2025-401", "SC-2025-402"
AREA = "invented-parish"


@pytest.fixture
def handler(log_database: str) -> Iterator[BlockingCommandHandler]:
    with opened_handler(log_database) as handler:
        yield handler
    check_log(log_database)


def waiting(directory: Path, *people: dict[str, Any]) -> str:
    file = directory / "waiting.json"
    file.write_text(json.dumps(people))
    return str(file)


def suggested(database: str, file: str, *options: str) -> Ran:
    return scp("match", "suggest", file, *options, database=database)


def test_mentors_are_suggested_as_they_stand_that_day_and_nobody_is_left_without_a_reason(
    log_database: str, handler: BlockingCommandHandler, tmp_path: Path
) -> None:
    recruited(handler, LARCH)
    file = waiting(
        tmp_path,
        {"case_reference": CASE, "areas": [AREA], "needs": ["literacy"]},
        {"case_reference": OTHER, "areas": ["far-away"]},
    )
    ran = suggested(log_database, file, "--on", "2025-06-01", "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    served, alone = json.loads(ran.out)
    assert (served["case_reference"], served["mentor"], served["score"]) == (CASE, LARCH, 9500)
    assert served["because"].startswith("needs 1000 x 5, interests 500 x 3")
    assert (alone["mentor"], alone["because"]) == (None, f"too-far: {LARCH}")
    assert "needs 1000 x 5" in suggested(log_database, file, "--on", "2025-06-01").out
    lapsed = suggested(log_database, file, "--on", "2026-04-01").out
    assert f"clearance-lapsed: {LARCH}" in lapsed
    assert "there are no mentors" not in lapsed


def test_a_ranking_it_prints_is_what_a_match_begins_with(
    log_database: str, handler: BlockingCommandHandler, tmp_path: Path
) -> None:
    recruited(handler, LARCH)
    recruited(handler, HAZEL)
    Case(handler, CASE, now=NOON).ask(REGISTER)
    file = waiting(tmp_path, {"case_reference": CASE, "areas": [AREA], "not_with": [HAZEL]})
    ran = suggested(log_database, file, "--on", "2025-06-01", "--ranking", CASE)
    command = tmp_path / "ranking.json"
    command.write_text(ran.out)
    lead = ("--by", "sv-rowan", "--role", "supervisor")
    done = scp("do", "rank-candidates", "--case", CASE, "--json", str(command), *lead, database=log_database)
    assert (done.code, done.err) == (0, "")
    said = json.loads(ran.out)["command"]
    assert [each["mentor"] for each in said["candidates"]] == [LARCH]
    assert said["excluded"] == [{"mentor": HAZEL, "constraints": ["kept-apart"]}]


@pytest.mark.parametrize(
    ("people", "told"),
    [
        ([{"case_reference": CASE}], "0.areas: Field required"),
        ([{"case_reference": CASE, "areas": []}] * 2, "somebody stands in it twice"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_place(
    log_database: str, tmp_path: Path, people: list[dict[str, Any]], told: str
) -> None:
    ran = suggested(log_database, waiting(tmp_path, *people))
    assert ran.code == 2
    assert told in ran.err


def test_a_ranking_is_of_somebody_in_the_file(log_database: str, tmp_path: Path) -> None:
    file = waiting(tmp_path, {"case_reference": CASE, "areas": [AREA]})
    ran = suggested(log_database, file, "--ranking", OTHER)
    assert ran.code == 2
    assert "not among those in FILE" in ran.err
    assert "there are no mentors" in suggested(log_database, file).out
