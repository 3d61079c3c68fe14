"""`scp-events cases`, `replay` and `diff` on a case with a late entry and a correction."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from scp_cli import schemas
from tests.services.cli_case import REFERENCE, SECRET, Written, write_case
from tests.services.cli_run import Ran, scp
from tests.services.test_api_service import GROUNDS

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


@pytest.fixture
def written(log_database: str) -> Written:
    return write_case(log_database)


def told(database: str, *arguments: str) -> dict[str, Any]:
    """Return what a command prints as JSON."""
    ran = scp(*arguments, "--format", "json", database=database)
    assert (ran.code, ran.err) == (0, "")
    answer = json.loads(ran.out)
    assert isinstance(answer, dict)
    return answer


def positions(entries: list[dict[str, Any]]) -> list[int]:
    return [entry["position"] for entry in entries]


# --- cases ------------------------------------------------------------------------------------------------


def test_cases_are_listed_in_every_format(log_database: str, written: Written) -> None:
    expected = (REFERENCE, str(written.case_id))
    ran = {how: scp("cases", "--format", how, database=log_database).out for how in FORMATS}
    listed = [
        *json.loads(ran["json"]),
        *(json.loads(line) for line in ran["ndjson"].splitlines()),
        *csv.DictReader(ran["csv"].splitlines()),
    ]
    assert [(each["case_reference"], each["case_id"]) for each in listed] == [expected] * 3
    assert REFERENCE in ran["table"]


FORMATS = ("table", "json", "ndjson", "csv")


def test_an_empty_log_is_no_error(log_database: str) -> None:
    ran = {how: scp("cases", "--format", how, database=log_database) for how in FORMATS}
    assert {how: said.code for how, said in ran.items()} == dict.fromkeys(FORMATS, 0)
    assert ran["json"].out == "[]\n"
    assert not ran["ndjson"].out
    assert ran["csv"].out.startswith("case_reference,status,key_worker")


# --- replay -----------------------------------------------------------------------------------------------


def test_a_replay_keeps_to_its_published_schema(log_database: str, written: Written) -> None:
    answer = told(log_database, "replay", REFERENCE)
    schema = json.loads((SCHEMAS / "case-replay.json").read_text())
    assert schema["$id"] == "urn:scp:schema:case-replay:1"
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(answer)
    assert answer["log_position"] == written.correction


def test_a_difference_keeps_to_its_published_schema(log_database: str, written: Written) -> None:
    answer = told(log_database, "diff", REFERENCE, "--from-known-at", str(written.before_late))
    schema = json.loads((SCHEMAS / "case-difference.json").read_text())
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(answer)


@pytest.mark.parametrize("name", schemas.PUBLISHED)
def test_the_published_schemas_are_in_step_with_the_code(name: str) -> None:
    on_disk = (SCHEMAS / f"{name}.json").read_text(encoding="utf-8")
    assert on_disk == schemas.text(name), "run: python -m scp_cli.schemas docs/schemas"


def test_the_same_case_is_known_differently_before_and_after_a_late_entry(
    log_database: str, written: Written
) -> None:
    before = told(log_database, "replay", REFERENCE, "--known-at", str(written.before_late))
    after = told(log_database, "replay", REFERENCE, "--known-at", str(written.late))
    assert set(positions(after["story"])) - set(positions(before["story"])) == {written.late}
    assert (before["log_position"], after["log_position"]) == (written.before_late, written.late)


def test_a_late_entry_is_marked_and_a_correction_names_what_it_corrects(
    log_database: str, written: Written
) -> None:
    story = scp("replay", REFERENCE, database=log_database).out
    assert "* late: entered in its source 10 days later, on 2025-03-20" in story
    assert f"corrects #{written.late} of 2025-03-10" in story
    assert f"corrected by #{written.correction} of 2025-03-10" in story
    assert "25 (was 40)" in story


def test_what_was_retracted_and_what_no_longer_fits_together_is_said(
    log_database: str, written: Written, tmp_path: Path
) -> None:
    file = tmp_path / "command.json"

    def do(name: str, body: object) -> None:
        file.write_text(json.dumps(body))
        lead = ("--by", "sv-rowan", "--role", "supervisor")
        assert (
            scp("do", name, "--json", str(file), "--case", REFERENCE, *lead, database=log_database).code == 0
        )

    do("record-death", {"command": {}, "occurred_at": "2025-03-09"})
    story = scp("replay", REFERENCE, database=log_database).out
    assert "No longer fits together (1)" in story
    assert f"#{written.late}" in story.partition("No longer fits together")[2]
    retraction = {"decision": GROUNDS, "corrects": str(written.late_contact)}
    do("engagement/retract", {"command": retraction})
    story = scp("replay", REFERENCE, database=log_database).out
    assert "No longer fits together" not in story
    assert f"* retracted by #{written.correction + 2} of 2025-03-10" in story
    assert f"* retracts #{written.late} of 2025-03-10" in story


def test_a_story_gives_the_grounds_of_its_decisions(log_database: str, written: Written) -> None:
    story = scp("replay", REFERENCE, "--known-at", "2", database=log_database).out
    assert "decided by po-thistle (police-officer at police)" in story
    for ground in (
        "meets-criteria: “An invented reason, long enough to be read.”",
        "statute, Example Child Justice Act s. 17(1)",
        "proceed, no-action",
        "“I want to try this.”",
        "policy         2025.1",
    ):
        assert ground in story


def test_as_of_a_day_means_its_end(log_database: str, written: Written) -> None:
    told_of_day = told(log_database, "replay", REFERENCE, "--as-of", "2025-03-02")
    before_noon = told(log_database, "replay", REFERENCE, "--as-of", "2025-03-02T11:59:59Z")
    with_offset = told(log_database, "replay", REFERENCE, "--as-of", "2025-03-02T14:00:00+02:00")
    assert positions(told_of_day["story"]) == [1, 2]
    assert positions(before_noon["story"]) == [1]
    assert positions(with_offset["story"]) == [1, 2]


def test_the_source_s_own_dates_are_trusted_only_when_asked(log_database: str, written: Written) -> None:
    asked = ("replay", REFERENCE, "--known-at", "2025-03-20")
    plainly = scp(*asked, "--format", "json", database=log_database)
    assert json.loads(plainly.out)["story"] == []
    assert "--trust-source-times takes that claim" in plainly.err
    trusting = told(log_database, *asked, "--trust-source-times")
    assert positions(trusting["story"]) == [written.late]
    assert trusting["seen"]["trust_source"] is True
    story = scp(*asked, "--trust-source-times", database=log_database).out
    assert "their claim: the log cannot prove it" in " ".join(story.split())


def test_before_anything_was_recorded_there_is_a_case_without_a_story(
    log_database: str, written: Written
) -> None:
    ran = scp("replay", REFERENCE, "--known-at", "2024-01-01", database=log_database)
    assert ran.code == 0
    assert "Nothing had happened yet that was known." in ran.out
    assert "nothing had been recorded yet (log position 0)" in ran.out


def test_a_case_is_found_by_its_id_and_in_lower_case(log_database: str, written: Written) -> None:
    by_id = told(log_database, "replay", str(written.case_id))
    assert told(log_database, "replay", REFERENCE.lower()) == by_id


def test_entries_come_one_a_row(log_database: str, written: Written) -> None:
    lines = scp("replay", REFERENCE, "--format", "ndjson", database=log_database).out.splitlines()
    rows = csv.DictReader(scp("replay", REFERENCE, "--format", "csv", database=log_database).out.splitlines())
    assert [json.loads(line)["position"] for line in lines] == [int(row["position"]) for row in rows]
    assert len(lines) == written.correction


def test_no_line_of_a_story_is_wider_than_a_page(log_database: str, written: Written) -> None:
    for arguments in (("replay", REFERENCE), ("diff", REFERENCE, "--from-known-at", "1")):
        out = scp(*arguments, database=log_database, COLUMNS="300").out
        assert max(map(len, out.splitlines())) <= 100


# --- diff -------------------------------------------------------------------------------------------------


def test_a_difference_names_the_event_that_makes_it(log_database: str, written: Written) -> None:
    answer = told(
        log_database,
        "diff",
        REFERENCE,
        *("--from-known-at", str(written.before_late), "--to-known-at", str(written.late)),
    )
    (learned,) = answer["newly_learned"]
    assert learned["event_id"] == str(written.late_contact)
    assert not answer["newly_happened"]
    assert not answer["corrected"]
    changes = {change["field"]: change for change in answer["changes"]}
    gained = set(changes["contacts"]["after"]) - set(changes["contacts"]["before"])
    assert gained == {str(written.late_contact)}


def test_a_difference_is_told_by_cause_with_who_and_why(log_database: str, written: Written) -> None:
    out = scp("diff", REFERENCE, "--from-known-at", str(written.before_late), database=log_database).out
    learned, corrected = out.index("Newly learned (1)"), out.index("Corrected (1)")
    assert learned < out.index(f"#{written.late}", learned) < corrected < out.index("wrong-duration")
    assert "by kw-juniper (key-worker at second-chance)" in out
    assert "purpose        casework" in out
    assert f"contacts: + #{written.late} held" in out


def test_what_happened_after_a_day_newly_happened(log_database: str, written: Written) -> None:
    answer = told(log_database, "diff", REFERENCE, "--from-as-of", "2025-03-05", "--to-as-of", "2025-03-06")
    assert [entry["type"] for entry in answer["newly_happened"]] == ["participant.registered"]


def test_a_difference_told_backwards_says_not_yet(log_database: str, written: Written) -> None:
    answer = told(log_database, "diff", REFERENCE, "--to-known-at", str(written.before_late))
    assert sorted(positions(answer["not_yet"])) == [written.late, written.correction]
    assert (
        "Not yet (2)"
        in scp("diff", REFERENCE, "--to-known-at", str(written.before_late), database=log_database).out
    )


def test_entries_of_a_difference_carry_their_cause(log_database: str, written: Written) -> None:
    asked = ("diff", REFERENCE, "--from-known-at", str(written.before_late))
    lines = scp(*asked, "--format", "ndjson", database=log_database).out.splitlines()
    assert [json.loads(line)["cause"] for line in lines] == ["newly-learned", "corrected"]
    rows = csv.DictReader(scp(*asked, "--format", "csv", database=log_database).out.splitlines())
    assert [row["cause"] for row in rows] == ["newly-learned", "corrected"]


def test_no_difference_says_so(log_database: str, written: Written) -> None:
    assert (
        "Nothing: both points"
        in scp("diff", REFERENCE, "--from-known-at", str(written.correction), database=log_database).out
    )


# --- mistakes ---------------------------------------------------------------------------------------------


def failed(ran: Ran, code: int) -> str:
    """Return the one line an expected failure says, after checking that it is no more than that."""
    assert ran.code == code
    assert not ran.out
    assert "Traceback" not in ran.err
    assert SECRET not in ran.err
    return ran.err.splitlines()[-1]


def test_an_unknown_case_is_named_with_the_remedy(log_database: str, written: Written) -> None:
    for command in (("replay", "SC-1999-001"), ("diff", "SC-1999-001", "--from-known-at", "1")):
        said = failed(scp(*command, database=log_database), 1)
        assert "'SC-1999-001'" in said
        assert "`scp-events cases`" in said


@pytest.mark.parametrize(
    ("option", "value", "remedy"),
    [
        ("--as-of", "yesterday", "2025-03-14"),
        ("--as-of", "2025-02-30", "2025-03-14"),
        ("--as-of", "2025-03-14T09:30", "add Z for UTC"),
        ("--known-at", "1.5", "a log position like 42"),
        ("--known-at", "9" * 40, "no log position"),
    ],
)
def test_a_bad_time_is_named_with_the_remedy(log_database: str, option: str, value: str, remedy: str) -> None:
    said = failed(scp("replay", REFERENCE, option, value, database=log_database), 2)
    assert value[:20] in said
    assert option in said
    assert remedy in said


def test_a_difference_needs_a_point_to_start_from(log_database: str) -> None:
    assert "--from-known-at" in failed(scp("diff", REFERENCE, database=log_database), 2)


def test_an_unreachable_database_is_named_without_its_password(tmp_path: Path) -> None:
    url = f"host={tmp_path} dbname=nowhere user=nobody password=hunter2"
    said = scp("cases", database=url)
    assert (said.code, said.out) == (1, "")
    assert "nowhere" in said.err
    assert "hunter2" not in said.err
    assert "Traceback" not in said.err


def test_an_unreadable_database_url_is_not_repeated() -> None:
    said = failed(scp("cases", database="postgresql://user:hunter2@[oops"), 1)
    assert "SCP_DATABASE_URL" in said
    assert "hunter2" not in said
