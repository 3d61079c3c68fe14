"""`scp-events absence` and `sample`, as they are typed."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from scp_events.ledger.offline import verify as offline
from scp_events.privacy.copies import copies_of
from tests.services.cli_case import REFERENCE, SECRET, Written, write_case
from tests.services.test_cli_proving import Desk

CONTACT = "engagement.contact-recorded"


@pytest.fixture
def written(log_database: str) -> Written:
    return write_case(log_database)


@pytest.fixture
def desk(log_database: str, written: Written, tmp_path: Path) -> Desk:
    assert written
    return Desk(log_database, tmp_path)


def told(path: Path) -> str:
    report = offline.verify(path, offline.Trust())
    assert report.wrong == []
    return report.told[0]


def test_what_is_absent_is_proved(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "absence.zip"
    days = ("--from", "2025-03-11", "--to", "2025-03-31")
    ran = desk.scp("absence", REFERENCE, "--what", CONTACT, *days, "--output", str(path))
    assert (ran.code, ran.out) == (0, f"{path}\n"), ran.err
    assert told(path).startswith(
        f"OK: no {CONTACT} of case {REFERENCE} stands from 2025-03-11 to 2025-03-31, days of "
    )
    assert "all 12 events of the case were looked at" in told(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [str(path)] == [copy.path for copy in copies_of(desk.database, REFERENCE)]
    assert SECRET.encode() not in path.read_bytes()


def test_what_is_there_is_not_proved_absent_and_is_named(
    desk: Desk, written: Written, tmp_path: Path
) -> None:
    path = tmp_path / "absence.zip"
    days = ("--from", "2025-03-09", "--to", "2025-03-31")
    ran = desk.scp("absence", REFERENCE, "--what", CONTACT, *days, "--output", str(path))
    assert (ran.code, ran.out) == (1, "")
    assert f"this is not absent: it stands at position {written.late};" in ran.err
    assert not path.exists()


def test_absence_is_as_known_at_a_checkpoint(desk: Desk, tmp_path: Path) -> None:
    path, size = tmp_path / "absence.zip", json.loads(desk.scp("verify", "--format", "json").out)["size"]
    write_case(desk.database, "SC-2025-015")
    asked = ("--what", CONTACT, "--from", "2025-03-11", "--to", "2025-03-31", "--at", str(size))
    assert desk.scp("absence", REFERENCE, *asked, "--output", str(path)).code == 0
    assert f"as known in the first {size} events" in told(path)
    assert "no checkpoint of 3 events" in desk.scp("absence", REFERENCE, *asked[:-1], "3").err


@pytest.mark.parametrize(
    ("asked", "code", "because"),
    [
        (("--what", "engagement.contact", "--from", "2025-03-11", "--to", "2025-03-31"), 1, "no event is a"),
        (
            ("--what", CONTACT, "--from", "2025-03-11", "--to", "2025-03-10"),
            2,
            "2025-03-10 is before 2025-03-11",
        ),
        (("--what", CONTACT, "--from", "spring", "--to", "2025-03-10"), 2, "'spring' is not a day"),
        (("--from", "2025-03-11", "--to", "2025-03-31"), 2, "--what"),
    ],
)
def test_a_claim_that_makes_no_sense_is_refused(
    desk: Desk, asked: tuple[str, ...], code: int, because: str
) -> None:
    ran = desk.scp("absence", REFERENCE, *asked)
    assert (ran.code, because in ran.err) == (code, True), ran.err


def test_a_sample_is_drawn_and_shown_with_the_cases(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "sample.zip"
    asked = ("--size", "2", "--purpose", "review of spring", "--output", str(path))
    ran = desk.scp("sample", *asked, "--format", "json")
    rows = json.loads(ran.out)
    assert ran.code == 0
    assert [row["case"] for row in rows] == [REFERENCE] * 2
    assert told(path).startswith("OK: 2 of all 3 streams in the first 12 events of the log ")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    files = offline.unpacked(path.read_bytes())
    about = json.loads(next(data for name, data in files.items() if name.endswith(offline.ABOUT)))
    assert [each for one in about["strata"] for each in one["drawn"]] == [row["stream_id"] for row in rows]
    assert REFERENCE.encode() not in path.read_bytes()
    again = desk.scp("sample", *asked, "--format", "json")
    assert again.out == ran.out


@pytest.mark.parametrize(
    ("asked", "code", "because"),
    [
        (("--size", "4", "--purpose", "x"), 1, "4 streams cannot be drawn from 3"),
        (("--size", "0", "--purpose", "x"), 2, "--size"),
        (("--size", "1", "--purpose", ""), 2, "at most 200 characters"),
        (
            ("--size", "1", "--purpose", "x", "--by", "colour"),
            2,
            "'colour' is none of category, year, nothing",
        ),
        (("--size", "1"), 2, "--purpose"),
    ],
)
def test_a_sample_that_cannot_be_drawn_is_refused(
    desk: Desk, asked: tuple[str, ...], code: int, because: str
) -> None:
    ran = desk.scp("sample", *asked)
    assert (ran.code, because in ran.err) == (code, True), ran.err


@pytest.mark.parametrize("command", ["absence", "sample", "export"])
def test_every_command_that_hands_something_out_says_its_exit_codes(desk: Desk, command: str) -> None:
    assert "Exit codes: 0 it is written; 1 " in " ".join(desk.scp(command, "--help").out.split())
