"""`scp-events do`: any command there is, with the words and the rules of the other doors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.check_log import check_log
from tests.opened import opened_reader
from tests.services.cli_case import REFERENCE, SECRET, write_case
from tests.services.cli_run import Ran, scp
from tests.services.test_api_service import GROUNDS

CONTACT: dict[str, Any] = {
    "made_by": {"id": "kw-juniper", "role": "key-worker", "organisation": "second-chance"},
    "medium": "phone",
    "outcome": "held",
    "held_minutes": 40,
}
DRAFT = {
    "programme": "street-to-work",
    "route": "diversion",
    "circumstances": "An invented account.",
    "policy_version": "2025.1",
}
WORKER = ("--by", "kw-juniper", "--role", "key-worker")
LEAD = ("--by", "sv-rowan", "--role", "supervisor")


class Desk:
    """Somebody who sends commands from files."""

    def __init__(self, database: str, directory: Path) -> None:
        self.database = database
        self.file = directory / "command.json"

    def do(self, name: str, command: Mapping[str, Any], *options: str, at: str | None = None) -> Ran:
        body = {"command": command} | ({} if at is None else {"occurred_at": at})
        self.file.write_text(json.dumps(body))
        return scp("do", name, "--json", str(self.file), *options, database=self.database)

    def done(
        self, name: str, command: Mapping[str, Any], *options: str, at: str | None = None
    ) -> dict[str, Any]:
        ran = self.do(name, command, *options, "--format", "json", at=at)
        assert (ran.code, ran.err) == (0, "")
        [outcome] = json.loads(ran.out)
        assert isinstance(outcome, dict)
        return outcome


@pytest.fixture
def desk(log_database: str, tmp_path: Path) -> Desk:
    write_case(log_database)
    return Desk(log_database, tmp_path)


def test_a_command_is_recorded_and_what_it_came_to_is_printed(desk: Desk) -> None:
    outcome = desk.done("record-contact", CONTACT, "--case", REFERENCE, *WORKER, at="2025-03-12")
    assert (outcome["events"], outcome["repeated"]) == (1, False)
    with opened_reader(desk.database) as log:
        [recorded] = log.read(after=outcome["first_position"] - 1)
    assert (str(recorded.event_id), recorded.when.day.isoformat()) == (outcome["event_ids"][0], "2025-03-12")
    assert (recorded.by.id, recorded.envelope.purpose) == ("kw-juniper", "casework")
    check_log(desk.database)


def test_a_dash_is_what_comes_in(desk: Desk) -> None:
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "scp_cli",
            "do",
            "record-contact",
            "--json",
            "-",
            "--case",
            REFERENCE,
            *WORKER,
        ],
        env=os.environ | {"SCP_DATABASE_URL": desk.database},
        input=json.dumps({"command": CONTACT}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "recorded at" in ran.stdout


def test_it_reads_well(desk: Desk) -> None:
    ran = desk.do("record-contact", CONTACT, "--case", REFERENCE.lower(), *WORKER, at="2025-03-12")
    assert "recorded at" in ran.out


def test_sent_again_with_the_same_key_it_is_done_once(desk: Desk) -> None:
    said = ("record-contact", CONTACT, "--case", REFERENCE, *WORKER, "--key", "c-17")
    first, second = desk.done(*said), desk.done(*said)
    assert first["event_ids"] == second["event_ids"]
    assert (first["repeated"], second["repeated"]) == (False, True)


def test_a_dry_run_decides_and_records_nothing(desk: Desk) -> None:
    tried = desk.do("record-contact", CONTACT, "--case", REFERENCE, *WORKER, "--dry-run", "--format", "json")
    assert (tried.code, "nothing recorded" in tried.err) == (0, True)
    begun = desk.do("draft-referral", DRAFT, "--case", "SC-2025-099", *LEAD, "--dry-run", "--format", "json")
    assert [each["events"] for ran in (tried, begun) for each in json.loads(ran.out)] == [1, 1]
    refused = desk.do("resume", {"decision": GROUNDS}, "--case", REFERENCE, *LEAD, "--dry-run")
    assert "(rule: not-paused)" in refused.err
    with opened_reader(desk.database) as log:
        assert log.head() == 12
        assert log.case_of("SC-2025-099") is None


def test_what_may_begin_a_case_opens_one_and_what_it_begins_has_an_id(desk: Desk) -> None:
    drafted = desk.done("draft-referral", DRAFT, "--case", "SC-2025-099", *LEAD, at="2025-03-01")
    submitted = desk.done(
        "submit-referral", {"decision": GROUNDS}, "--id", drafted["stream_id"], *LEAD, at="2025-03-02"
    )
    assert submitted["version"] == 2


def test_a_fact_is_corrected_and_retracted_by_its_kind(desk: Desk) -> None:
    [met] = desk.done("record-contact", CONTACT, "--case", REFERENCE, *WORKER)["event_ids"]
    instead = {"command": "record-contact", **CONTACT, "held_minutes": 25}
    correction = {"decision": GROUNDS, "corrects": met, "instead": instead}
    assert desk.done("engagement/correct", correction, "--case", REFERENCE, *WORKER)["events"] == 1
    retraction = {"decision": GROUNDS, "corrects": met}
    ours = desk.do("engagement/retract", retraction, "--case", REFERENCE, *WORKER)
    assert (ours.code, "nothing-allows-it" in ours.err) == (1, True)
    assert desk.done("engagement/retract", retraction, "--case", REFERENCE, *LEAD)["events"] == 1


def test_a_refusal_says_what_to_type_first(desk: Desk) -> None:
    refused = desk.do("resume", {"decision": GROUNDS}, "--case", REFERENCE, *LEAD)
    assert (refused.code, refused.out) == (1, "")
    assert "(rule: not-paused)" in refused.err
    person = {"name": "Ash Example", "date_of_birth": "2008-05-04", "preferred_language": "en"}
    desk.done("register", person, "--case", "SC-2025-098", *LEAD)
    early = desk.do("record-contact", CONTACT, "--case", "SC-2025-098", *WORKER)
    assert "`scp-events do agree-boundaries`" in early.err


def test_whoever_may_not_is_refused_as_at_the_other_doors(desk: Desk) -> None:
    clerk = ("--by", "rp-sedge", "--role", "reporting")
    denied = desk.do("record-contact", CONTACT, "--case", REFERENCE, *clerk)
    assert (denied.code, "nothing-allows-it" in denied.err) == (1, True)
    for_audit = desk.do("record-contact", CONTACT, "--case", REFERENCE, *WORKER, "--purpose", "audit")
    assert (for_audit.code, "nothing-allows-it" in for_audit.err) == (1, True)


def test_a_version_that_is_no_longer_the_latest_is_told(desk: Desk) -> None:
    stale = desk.do("record-contact", CONTACT, "--case", REFERENCE, *WORKER, "--version", "1")
    assert (stale.code, "look again" in stale.err) == (1, True)


def test_a_mistake_is_told_by_its_place_and_never_by_what_was_there(desk: Desk) -> None:
    wrong = desk.do("record-contact", {**CONTACT, "medium": SECRET, SECRET: 1}, "--case", REFERENCE, *WORKER)
    assert (wrong.code, wrong.out) == (1, "")
    assert "command.medium" in wrong.err
    assert SECRET not in wrong.err
    desk.file.write_text("{")
    unread = scp(
        *("do", "record-contact", "--case", REFERENCE, *WORKER, "--json", str(desk.file)),
        database=desk.database,
    )
    assert (unread.code, "no JSON" in unread.err) == (1, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("record-contact",), "--case"),
        (("record-contact", "--id", "x"), "--case"),
        (("approve-irp", "--case", REFERENCE), "--id"),
        (("approve-irp", "--id", "x"), "is no id"),
        (("record-contact", "--case", REFERENCE, "--purpose", "curiosity"), "casework"),
    ],
)
def test_what_is_missing_or_misspelt_is_a_usage_error(
    desk: Desk, options: tuple[str, ...], said: str
) -> None:
    name, *rest = options
    command = {"decision": GROUNDS} if name == "approve-irp" else CONTACT
    ran = desk.do(name, command, *rest, *LEAD)
    assert (ran.code, ran.out) == (2, "")
    assert said in " ".join(ran.err.split())


@pytest.mark.parametrize(
    ("command", "options", "said"),
    [
        ("approve-irp", ("--case", REFERENCE, "--id", "x"), "leave out --case"),
        ("record-contact", ("--case", REFERENCE, "--id", "x"), "leave out --id"),
    ],
)
def test_what_is_named_in_two_ways_is_told_which_of_them_goes(
    desk: Desk, command: str, options: tuple[str, ...], said: str
) -> None:
    ran = desk.do(command, {"decision": GROUNDS} if command == "approve-irp" else CONTACT, *options, *LEAD)
    assert (ran.code, ran.out) == (2, "")
    assert said in " ".join(ran.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("name", "said"), [("record-conntact", "record-contact"), ("correct", "irps/correct")]
)
def test_an_unknown_command_is_answered_with_those_there_are(desk: Desk, name: str, said: str) -> None:
    ran = desk.do(name, {}, *LEAD)
    assert (ran.code, said in ran.err) == (1, True)


def test_a_case_that_is_not_there_is_told(desk: Desk) -> None:
    ran = desk.do("record-contact", CONTACT, "--case", "SC-1999-001", *WORKER)
    assert (ran.code, "scp-events cases" in ran.err) == (1, True)


def test_it_says_what_a_file_may_hold() -> None:
    ran = scp("do", "record-contact", "--schema", database="")
    schema = json.loads(ran.out)
    jsonschema.validate({"command": CONTACT, "occurred_at": "2025-03-10"}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"command": {}}, schema)
