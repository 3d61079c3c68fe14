"""The HTTP door records nothing in a log that is not the newest, or of which nobody can tell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scp_events.ledger.log.keeping import checkpoint_now
from scp_events.ledger.log.startup import LOOK_AGAIN
from tests.ledger.filled import connected, fill, settings
from tests.ledger.log.test_startup import restored
from tests.services.test_api_service import drafted, serving
from tests.words import REFERRER, SUPERVISOR

pytestmark = pytest.mark.once  # the same program in trouble; test_api_service runs it from the wheel


@pytest.fixture
def home(tmp_path: Path, log_database: str) -> Path:
    """Return the home of a log of 20 events, covered and published."""
    with connected(log_database) as connection:
        fill(connection, 20)
    checkpoint_now(log_database, settings(tmp_path))
    return tmp_path


def test_a_log_whose_anchor_agrees_is_appended_to(home: Path, log_database: str) -> None:
    with serving(log_database, home, SCP_LEDGER_ANCHOR=str(home / "checkpoints.ndjson")) as service:
        assert drafted(service.somebody(REFERRER)).status_code == 201


def test_while_the_anchor_cannot_be_asked_it_is_read_only(home: Path, log_database: str) -> None:
    with serving(log_database, home, SCP_LEDGER_ANCHOR=str(home / "far" / "checkpoints")) as service:
        answer = drafted(service.somebody(REFERRER))
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:scp:problem:read-only"
        assert 0 < int(answer.headers["retry-after"]) <= LOOK_AGAIN
        assert str(home) not in answer.text
        assert service.somebody(SUPERVISOR, "supervision").get("/cases").status_code == 200
        told = [line for line in service.journal() if line["event"] == "read-only"]
    assert told[0]["anchors"] == [str(home / "far" / "checkpoints")]


def test_a_restored_log_is_not_served(home: Path, log_database: str) -> None:
    with connected(log_database) as connection:
        restored(connection, 5)
    environment = {
        **os.environ,
        "SCP_DATABASE_URL": log_database,
        "SCP_HOME": str(home),
        "SCP_DEVELOPMENT": "1",
        "SCP_API_PORT": "0",
        "SCP_LEDGER_ANCHOR": str(home / "checkpoints.ndjson"),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "scp_api"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 3
    assert "holds a checkpoint of 20 events, and this log ends at 5" in ended.stderr
