from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.event_log.appending import stored, waiting_for_the_head
from tests.waiting import until

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.faults


def caller(*asked: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.caller", *asked], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def test_an_application_killed_in_the_middle_of_an_append_has_one_effect_once_it_is_asked_again(
    log_database: str,
) -> None:
    asked = (log_database, *(str(uuid4()) for _ in range(3)))
    with psycopg.connect(log_database) as holding:
        holding.execute("SELECT FROM event_log.head FOR UPDATE")
        with caller(*asked) as killed:
            until(lambda: waiting_for_the_head(log_database) == 1, "the server is at work on the append")
            killed.kill()
        with caller(*asked) as again:
            until(
                lambda: waiting_for_the_head(log_database) == 2, "it is asked again, and the first works on"
            )
            holding.commit()
            said, _ = again.communicate(timeout=60)
    assert said == "already 1\n"
    assert [str(command) for *_, command in stored(log_database)] == [asked[1]]


def test_an_application_killed_before_its_append_was_recorded_has_no_effect_until_it_is_asked_again(
    log_database: str,
) -> None:
    asked = (log_database, *(str(uuid4()) for _ in range(3)))
    with psycopg.connect(log_database) as holding:
        holding.execute("SELECT FROM event_log.head FOR UPDATE")
        with caller(*asked) as killed:
            until(lambda: waiting_for_the_head(log_database) == 1, "the server is at work on the append")
            killed.kill()
        holding.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        until(lambda: waiting_for_the_head(log_database) == 0, "the server has given up as well")
    assert stored(log_database) == []
    with caller(*asked) as again:
        assert again.communicate(timeout=60)[0] == "recorded 1\n"
