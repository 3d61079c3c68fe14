"""The ledger is kept in step with the log, and nothing that was published is ever contradicted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from scp_events.ledger.log import tables
from scp_events.ledger.log.holding import held_by
from scp_events.ledger.log.outcomes import Outcome
from scp_events.ledger.log.verifying import verify
from tests.ledger.filled import connected, fill, settings
from tests.test_follower import eventually

Ledger = Connection[Any]
Process = subprocess.Popen[bytes]


@contextmanager
def keeper(database: str, home: Path, **settings: str) -> Iterator[Process]:
    """Keep the ledger, in a process of its own; end it if it still runs."""
    environment = {
        **os.environ,
        "SCP_DATABASE_URL": database,
        "SCP_HOME": str(home),
        "SCP_LEDGER_KEY": str(home / "ledger.key"),
        **settings,
    }
    home.mkdir(exist_ok=True)
    with (
        (home / "said").open("ab") as said,
        subprocess.Popen([sys.executable, "-m", "scp_ledger"], env=environment, stderr=said) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def covered(connection: Ledger) -> int:
    return tables.read_edge(connection).size if tables.are_there(connection) else -1


def published(connection: Ledger) -> int:
    """Return the size of the newest published checkpoint."""
    if not tables.are_there(connection):
        return -1
    found = connection.execute(
        "SELECT max(size) FROM ledger.checkpoints WHERE published_at IS NOT NULL"
    ).fetchone()
    return found[0] if found and found[0] is not None else -1


def check_everything(connection: Ledger, database: str, home: Path) -> int:
    """Verify log, ledger and file; return how many checkpoints of the file agree."""
    held = held_by(connection, settings(home, ledger_key=home / "ledger.key"))
    found = verify(database, held)
    assert (found.outcome, found.size) == (Outcome.VERIFIED, found.head)
    sizes = [anchor.size for anchor in held.anchors]
    assert sizes == sorted({*sizes}), "each once, in order"
    return len(sizes)


def test_what_is_recorded_is_covered_and_published(
    connection: Ledger, log_database: str, tmp_path: Path
) -> None:
    fill(connection, 300)
    with keeper(log_database, tmp_path, SCP_LEDGER_CHECKPOINT_SECONDS="1e12") as process:
        eventually(lambda: published(connection) == 256)
        fill(connection, 300, seed=2)
        eventually(lambda: published(connection) == 512)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert covered(connection) == published(connection) == 600, "what was left was covered in the end"
    assert check_everything(connection, log_database, tmp_path) >= 3


def test_an_event_that_no_program_can_read_is_covered(
    connection: Ledger, log_database: str, tmp_path: Path
) -> None:
    fill(connection, 256)
    with keeper(log_database, tmp_path):
        eventually(lambda: published(connection) == 256)
    assert covered(connection) == 256


@pytest.mark.faults
@pytest.mark.once  # the same program in trouble; the tests above run it from the wheel
def test_a_killed_tree_writer_leaves_nothing_undone_and_nothing_contradicted(
    connection: Ledger, log_database: str, tmp_path: Path
) -> None:
    """Killed three times under load, with another one at its side each time."""
    done = threading.Event()
    writer = threading.Thread(target=_write_until, args=(log_database, done))
    writer.start()
    try:
        for _ in range(3):
            with _two(log_database, tmp_path) as processes:
                before = published(connection)
                eventually(lambda before=before: published(connection) > before)  # type: ignore[misc]  # has a default
                before = covered(connection)
                eventually(lambda before=before: covered(connection) > before + 200)  # type: ignore[misc]  # has a default
                for process in processes:
                    process.kill()
    finally:
        done.set()
        writer.join()
    with keeper(log_database, tmp_path, SCP_LEDGER_CHECKPOINT_SECONDS="0.01"):
        head = tables.head_of_log(connection)
        eventually(lambda: published(connection) == head)
    assert check_everything(connection, log_database, tmp_path) >= 4


@contextmanager
def _two(database: str, home: Path) -> Iterator[list[Process]]:
    settings = {"SCP_LEDGER_CHECKPOINT_EVENTS": "40"}
    with keeper(database, home, **settings) as one, keeper(database, home, **settings) as other:
        yield [one, other]


def _write_until(database: str, done: threading.Event) -> None:
    with connected(database) as connection:
        turn = 0
        while not done.is_set():
            turn += 1
            fill(connection, 30, seed=turn)
            done.wait(0.005)


def test_without_a_key_it_does_not_start_and_says_so(
    connection: Ledger, log_database: str, tmp_path: Path
) -> None:
    fill(connection, 300)
    with keeper(log_database, tmp_path, SCP_LEDGER_KEY="") as process:
        assert process.wait(60) == 2
    assert b"set SCP_LEDGER_KEY" in (tmp_path / "said").read_bytes()
    assert covered(connection) == -1


def test_of_a_restored_log_nothing_is_signed(connection: Ledger, log_database: str, tmp_path: Path) -> None:
    fill(connection, 256)
    with keeper(log_database, tmp_path):
        eventually(lambda: published(connection) == 256)
    connection.execute("DROP SCHEMA ledger CASCADE")
    connection.execute("ALTER TABLE event_log.events DISABLE TRIGGER ALL")
    connection.execute("DELETE FROM event_log.events WHERE position > 100")
    connection.execute("UPDATE event_log.head SET position = 100")
    with keeper(log_database, tmp_path, SCP_LEDGER_CHECKPOINT_SECONDS="0.01") as process:
        assert process.wait(60) == 3
    assert b"holds a checkpoint of 256 events" in (tmp_path / "said").read_bytes()
    assert covered(connection) == 0
