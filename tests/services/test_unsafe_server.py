"""No program works with a server that may lose what it records: each says why, in one line, and ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.event_log.appending import change_database
from tests.services.cli_run import scp

pytestmark = pytest.mark.faults

SAID = "synchronous_commit is off: a crash would lose what was acknowledged."


@pytest.mark.parametrize("program", ["scp_api", "scp_ledger", "scp_projector", "scp_relay"])
def test_a_service_does_not_start(log_database: str, tmp_path: Path, program: str) -> None:
    change_database(log_database, "synchronous_commit = off")
    ours = {
        "SCP_DATABASE_URL": log_database,
        "SCP_HOME": str(tmp_path),
        "SCP_DEVELOPMENT": "1",
        "SCP_LEDGER_KEY": str(tmp_path / "ledger.key"),
        "SCP_KAFKA_BOOTSTRAP": "127.0.0.1:1",
    }
    ended = subprocess.run(
        [sys.executable, "-m", program],
        env=os.environ | ours,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert SAID in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_command_line_says_it_in_one_line(log_database: str) -> None:
    change_database(log_database, "synchronous_commit = off")
    ran = scp("cases", database=log_database)
    assert ran.code == 1
    assert ran.err.startswith(f"scp-events: {SAID}")
    assert ran.err.count("\n") == 1
