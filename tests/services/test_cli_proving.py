"""`scp-events export` and `anchors`, as they are typed, and what stands at the foot of a replay."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from scp_events.ledger.offline import verify as offline
from tests.check_log import check_log
from tests.ledger.log.test_startup import restored
from tests.services.cli_case import REFERENCE, write_case
from tests.services.desk import Desk, superuser

# --- export -----------------------------------------------------------------------------------------------


def exported(desk: Desk, path: Path, *options: str) -> bytes:
    ran = desk.scp("export", REFERENCE, "--output", str(path), *options)
    assert ran.code == 0, ran.err
    assert ran.out == f"{path}\n"
    return path.read_bytes()


def test_a_case_is_exported_and_verifies_itself(desk: Desk, tmp_path: Path) -> None:
    exported(desk, tmp_path / "case.zip")
    (key,) = [line.split()[-1] for line in desk.scp("anchors").err.splitlines() if "signs with" in line]
    verifier = tmp_path / "verify.py"
    files = offline.unpacked((tmp_path / "case.zip").read_bytes())
    verifier.write_bytes(next(data for name, data in files.items() if name.endswith("/verify.py")))
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(verifier), str(tmp_path / "case.zip"), "--trust", key],
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"events in 3 streams are all there is of case {REFERENCE}" in done.stdout
    assert "(the key you trust)" in done.stdout


def test_a_bundle_holds_the_case_as_stored_and_as_people_read_it(
    desk: Desk, tmp_path: Path, connection: Connection[Any]
) -> None:
    named = offline.unpacked(exported(desk, tmp_path / "case.zip"))
    files = {name.partition("/")[2]: data for name, data in named.items()}
    stored = connection.execute("SELECT position, body FROM event_log.events ORDER BY position").fetchall()
    assert [files[f"data/events/{position:010}.event"] for position, _ in stored] == [
        body for _, body in stored
    ]
    replay = json.loads(files["data/readable/replay.json"])
    assert replay["case_reference"] == REFERENCE
    assert "A walk along the river." in files["data/readable/story.txt"].decode()
    assert json.loads(files["data/policies/2025.1.json"])["draft_open_days"] == 28
    assert json.loads(files["data/about.json"])["streams"].values() != []


def test_a_bundle_opens_what_is_encrypted_so_that_it_can_be_checked(desk: Desk, tmp_path: Path) -> None:
    named = offline.unpacked(exported(desk, tmp_path / "case.zip"))
    opened = {name: json.loads(data) for name, data in named.items() if "/data/opened/" in name}
    said = " ".join(part["text"] for parts in opened.values() for part in parts)
    assert "Ash Example" in said
    assert "A walk along the river." in said
    events = b"".join(data for name, data in named.items() if name.endswith(".event"))
    assert b"Ash Example" not in events
    assert all(part["digest"].encode() in events for parts in opened.values() for part in parts)


def test_the_same_checkpoint_gives_the_same_bytes_whatever_came_after(desk: Desk, tmp_path: Path) -> None:
    first = exported(desk, tmp_path / "1.zip")
    size = check_log(desk.database)
    assert exported(desk, tmp_path / "2.zip") == first
    write_case(desk.database, "SC-2025-015")
    later = exported(desk, tmp_path / "3.zip")
    assert later != first
    assert exported(desk, tmp_path / "4.zip", "--at", str(size), "--no-checkpoint") == first


def test_a_bundle_has_its_own_name_by_default(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = desk.scp("export", REFERENCE)
    name = f"{REFERENCE}-at-{check_log(desk.database)}.zip"
    assert ran.out == f"{name}\n"
    assert (tmp_path / name).exists()


def test_what_cannot_be_proved_is_not_handed_out(
    desk: Desk, tmp_path: Path, connection: Connection[Any]
) -> None:
    desk.scp("verify")
    superuser(
        connection,
        "UPDATE event_log.events SET recorded_at = recorded_at - '1 s'::interval WHERE position = 3",
    )
    ran = desk.scp("export", REFERENCE, "--output", str(tmp_path / "case.zip"))
    assert ran.code == 1
    assert "the document would be refused (data/events/0000000003.event is not in the log" in ran.err
    assert not (tmp_path / "case.zip").exists()


def test_an_unknown_case_or_checkpoint_is_not_exported(desk: Desk) -> None:
    assert "there is no case" in desk.scp("export", "SC-1999-001").err
    ran = desk.scp("export", REFERENCE, "--at", "1")
    assert (ran.code, ran.out) == (1, "")
    assert "no checkpoint of 1 events was published" in ran.err


def test_without_the_key_nothing_is_exported(desk: Desk) -> None:
    ran = desk.scp("export", REFERENCE, SCP_LEDGER_KEY="")
    assert ran.code == 1
    assert "set SCP_LEDGER_KEY" in ran.err


# --- anchors and paper ------------------------------------------------------------------------------------


def test_anchors_agree_and_the_foot_of_a_replay_can_be_compared(desk: Desk) -> None:
    assert "Covered by" not in desk.scp("replay", REFERENCE).out
    desk.scp("verify")
    foot = re.search(r"Covered by a checkpoint: ([^.]*)\.", desk.scp("replay", REFERENCE).out)
    assert foot
    ran = desk.scp("anchors", "--paper", foot[1], "--format", "json")
    said = json.loads(ran.out)
    assert ran.code == 0
    assert [(row["says"], row["contradicts"]) for row in said] == [("agrees", False)] * 2
    assert f"newest published: {' '.join(foot[1].split())}\n" in ran.err
    assert "Covered by" not in desk.scp("replay", REFERENCE, "--format", "json").out


def test_paper_that_contradicts_is_told(desk: Desk) -> None:
    desk.scp("verify")
    for paper, says in (
        (f"9 events, root {'00' * 32}", "has another root than this log had at 9 events"),
        (f"900 events, root {'00' * 32}", "is of 900 events, and this log ends at 12"),
    ):
        ran = desk.scp("anchors", "--paper", paper, "--format", "json")
        assert (ran.code, json.loads(ran.out)[-1]["says"]) == (3, says)
    assert desk.scp("anchors", "--paper", "x").code == 2


def test_a_log_without_anchors_has_nothing_to_show(desk: Desk) -> None:
    ran = desk.scp("anchors")
    assert (ran.code, ran.out) == (0, "Nothing to show.\n")


# --- nothing is appended to a log that is not the newest --------------------------------------------------


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    directory = tmp_path / "sheets"
    directory.mkdir()
    return directory


def test_an_import_into_a_restored_log_is_refused_with_exit_code_3(
    desk: Desk, sheets: Path, connection: Connection[Any]
) -> None:
    desk.scp("verify")
    restored(connection, 5)
    ran = desk.scp("import", str(sheets))
    assert ran.code == 3
    assert "holds a checkpoint of 12 events, and this log ends at 5" in ran.err
    assert desk.scp("anchors").code == 3


def test_a_restored_log_is_not_served(desk: Desk, connection: Connection[Any]) -> None:
    desk.scp("verify")
    restored(connection, 5)
    ran = desk.scp("serve", "--port", "0")
    assert ran.code == 3
    assert "holds a checkpoint of 12 events, and this log ends at 5" in ran.err


def test_an_import_is_refused_while_the_anchors_cannot_be_asked_and_reading_goes_on(
    desk: Desk, sheets: Path
) -> None:
    far = desk.home / "far"
    anchor = {"SCP_LEDGER_ANCHOR": str(far / "checkpoints")}
    assert desk.scp("verify", **anchor).code == 0
    far.rename(desk.home / "farther")
    ran = desk.scp("import", str(sheets), **anchor)
    assert ran.code == 1
    assert "this log may be read, and nothing is appended until its anchors can be asked" in ran.err
    assert desk.scp("replay", REFERENCE, **anchor).code == 0


def test_a_case_whose_reference_was_exchanged_is_not_handed_out(
    desk: Desk, tmp_path: Path, connection: Connection[Any]
) -> None:
    desk.scp("verify")
    superuser(connection, "UPDATE event_log.cases SET reference = 'SC-2025-999'")
    ran = desk.scp("export", "SC-2025-999", "--output", str(tmp_path / "case.zip"))
    assert ran.code == 1
    assert "calls its case otherwise than the register does" in ran.err
    assert not (tmp_path / "case.zip").exists()
