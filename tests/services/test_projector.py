from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from pydantic import ValidationError

from scp_events import follower
from scp_events.event_log import LogReader
from scp_events.projections import ALL as PROJECTIONS
from scp_events.projections import caseload, decisions, referrals
from scp_events.runtime.service_log import ALLOWED
from scp_projector.settings import Settings
from tests.asking import Case
from tests.examples import irp, referral
from tests.examples.assessment import ASSESS
from tests.opened import opened_handler, opened_reader
from tests.waiting import until
from tests.words import NOON

Process = subprocess.Popen[bytes]


@pytest.fixture
def log(log_database: str) -> Iterator[LogReader]:
    with opened_reader(log_database) as log:
        for _ in range(3):
            write_more(log)
        follower.prepare(log_database, PROJECTIONS)
        yield log


def write_more(log: LogReader) -> None:
    """Record one more case: a referral, somebody who takes part, an assessment, and a plan."""
    with opened_handler(log.conninfo) as handler:
        case = Case(handler, now=NOON)
        for command in referral.ACCEPTED:
            case.ask(command, by=referral.by(command))
        case.engage()
        assessed = case.ask(ASSESS).event_ids
        need = irp.need().model_copy(update={"evidence": assessed})
        case.ask_all((irp.DRAFT, need, irp.goal(), irp.step(), irp.PROPOSE, irp.AGREE, irp.START))


@pytest.fixture
def connection(log_database: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(log_database, autocommit=True) as connection:
        yield connection


@contextmanager
def projector(log: LogReader, said: Path, **settings: str) -> Iterator[Process]:
    """Run a projector of its own process; end it if it still runs."""
    environment = {**os.environ, "SCP_DATABASE_URL": log.conninfo, **settings}
    with (
        said.open("ab") as standard_error,
        subprocess.Popen(
            [sys.executable, "-m", "scp_projector"], env=environment, stderr=standard_error
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def at_the_end(connection: Connection[Any], log: LogReader) -> bool:
    return {each.position for each in follower.status(connection)} == {log.head()}


def rows_of(connection: Connection[Any], *tables: str) -> list[Any]:
    return [connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in tables]  # noqa: S608


def test_every_projection_is_kept_in_step_until_told_to_stop(
    log: LogReader, connection: Connection[Any], tmp_path: Path
) -> None:
    with projector(log, tmp_path / "said") as process:
        until(lambda: at_the_end(connection, log), "every projection is at the end")
        write_more(log)
        until(lambda: at_the_end(connection, log), "every projection is at the end")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    lines = [json.loads(line) for line in (tmp_path / "said").read_text().splitlines()]
    assert {line["projection"] for line in lines if line["event"] == "following"} == {
        projection.NAME for projection in PROJECTIONS
    }
    assert lines[-1]["reason"] == "told to stop"
    assert not [line for line in lines if set(line) - ALLOWED]


@pytest.mark.faults
def test_a_projector_killed_in_the_middle_of_a_transaction_counts_every_event_once(
    log: LogReader, connection: Connection[Any], tmp_path: Path
) -> None:
    """It is killed while it waits for a lock, with statements of its transaction done and others not."""
    tables = [f"rm_caseload_v1.{table}" for table in ("participants", "contacts", "assessments", "plans")]
    with psycopg.connect(log.conninfo) as locking:
        locking.execute("LOCK TABLE rm_caseload_v1.contacts IN ACCESS EXCLUSIVE MODE")
        with projector(log, tmp_path / "said", SCP_PROJECTOR_FOLLOWS="caseload") as process:
            until(lambda: waiting(connection), "the projector waits for the lock")
            process.send_signal(signal.SIGKILL)
            process.wait(60)
    until(lambda: not busy(connection), "the server is rid of the one that was killed")
    assert rows_of(connection, *tables) == [[], [], [], []]
    assert {each.position for each in follower.status(connection)} == {0}
    with projector(log, tmp_path / "said", SCP_PROJECTOR_FOLLOWS="caseload"):
        assert follower.wait_for(connection, caseload, log.head(), timeout=60)
    built_once = rows_of(connection, *tables)
    assert len(built_once[0]) == 3
    follower.rebuild(log, caseload)
    assert rows_of(connection, *tables) == built_once


def waiting(connection: Connection[Any]) -> bool:
    """Whether somebody waits for a lock."""
    return connection.execute(
        "SELECT EXISTS (SELECT FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock')"
    ).fetchone() == (True,)


def busy(connection: Connection[Any]) -> bool:
    """Whether anybody else is in a transaction."""
    return connection.execute(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND xact_start IS NOT NULL AND pid <> pg_backend_pid())"
    ).fetchone() == (True,)


def test_a_projector_that_lost_its_place_stands_by_until_the_other_has_gone(
    log: LogReader, connection: Connection[Any], tmp_path: Path
) -> None:
    with projector(log, tmp_path / "said") as older:
        until(lambda: at_the_end(connection, log), "every projection is at the end")
        with projector(log, tmp_path / "other") as newer:
            until(lambda: lost_places(tmp_path / "said") == len(PROJECTIONS), "all of them were taken over")
            write_more(log)
            until(lambda: at_the_end(connection, log), "every projection is at the end")
            assert (older.poll(), newer.poll()) == (None, None)
        write_more(log)
        until(lambda: at_the_end(connection, log), "the first one has taken its places up again")


def lost_places(said: Path) -> int:
    return said.read_text().count("lost its place")


def test_projectors_can_share_the_projections_out(
    log: LogReader, connection: Connection[Any], tmp_path: Path
) -> None:
    with (
        projector(log, tmp_path / "one", SCP_PROJECTOR_FOLLOWS="caseload, referrals") as one,
        projector(log, tmp_path / "other", SCP_PROJECTOR_FOLLOWS="decisions,outcomes") as other,
    ):
        until(lambda: at_the_end(connection, log), "every projection is at the end")
        assert (one.poll(), other.poll()) == (None, None)


def test_unknown_projections_are_refused(log: LogReader, tmp_path: Path) -> None:
    with projector(log, tmp_path / "said", SCP_PROJECTOR_FOLLOWS="caseloads") as process:
        assert process.wait(60) == 2
    assert "caseload, referrals, decisions, outcomes" in (tmp_path / "said").read_text()


def test_a_database_that_cannot_be_reached_is_named_without_its_password(
    log: LogReader, tmp_path: Path
) -> None:
    wrong = "postgresql://nobody:Quillfeather@127.0.0.1:1/none"
    with projector(log, tmp_path / "said", SCP_DATABASE_URL=wrong) as process:
        assert process.wait(60) == 2
    said = (tmp_path / "said").read_text()
    assert "cannot be reached" in said
    assert "Quillfeather" not in said


def test_settings_name_projections_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().projections == list(PROJECTIONS)
    monkeypatch.setenv("SCP_PROJECTOR_FOLLOWS", "decisions, referrals")
    assert Settings().projections == [decisions, referrals]
    monkeypatch.setenv("SCP_PROJECTOR_FOLLOWS", "decisions,decisions")
    with pytest.raises(ValidationError, match="each projection once"):
        Settings()
