"""A monitor that others could have written follows our tiles, and notices what a log must not do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from scp_events.ledger.format.note import KeyKind, Signer
from scp_events.ledger.log import tables
from tests.ledger.filled import LOG, fill, tree_writer
from tests.ledger.independent.program import Said, run
from tests.services.test_cli_serve import answers, free_port

pytestmark = pytest.mark.once  # the same program and the same tiles


@dataclass
class Monitor:
    """A monitor that remembers in a file what it has seen, and the log it follows."""

    connection: Connection[Any]
    url: str
    memory: Path
    key: str = LOG.verifier.vkey

    def look(self) -> Said:
        """Go one round."""
        return run("monitor", self.url, self.key, str(self.memory))

    def sees(self) -> tuple[int, int]:
        """Go one round without finding anything wrong; return how many events there are, and how many new."""
        said = self.look()
        assert said.code == 0, said.err
        words = said.out.split()
        return int(words[0]), int(words[2])

    def grow(self, size: int, seed: int = 1) -> None:
        """Let the log have so many events, all of them published."""
        fill(self.connection, size - tables.head_of_log(self.connection), seed=seed)
        self.publish()

    def publish(self) -> None:
        """Cover and publish what there is."""
        tree_writer(self.connection).write(at_once=True)
        note = tables.newest_checkpoint(self.connection)
        assert note is not None
        size = tables.read_edge(self.connection).size
        tables.note_published(self.connection, size, note, datetime.now(UTC))

    def alter(self, position: int) -> None:
        """Change an event as whoever owns the database can."""
        self.connection.execute("ALTER TABLE event_log.events DISABLE TRIGGER ALL")
        self.connection.execute(
            "UPDATE event_log.events SET body = body || ' '::bytea WHERE position = %s", [position]
        )


@pytest.fixture
def monitor(connection: Connection[Any], log_database: str, tmp_path: Path) -> Iterator[Monitor]:
    port = free_port()
    told = {"SCP_DATABASE_URL": log_database, "SCP_HOME": str(tmp_path), "SCP_TILES_PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, "-m", "scp_tiles"], env=os.environ | told, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            assert answers(f"{url}/livez", process)
            yield Monitor(connection, url, tmp_path / "seen")
        finally:
            process.terminate()


def test_it_follows_from_size_to_size(monitor: Monitor) -> None:
    for turn, (before, size) in enumerate(((0, 1), (1, 200), (200, 256), (256, 257), (257, 1100))):
        monitor.grow(size, seed=turn)
        assert monitor.sees() == (size, size - before)
    assert monitor.sees() == (1100, 0), "there is nothing new"


@pytest.mark.long
def test_it_follows_a_tree_of_three_levels(monitor: Monitor) -> None:
    monitor.grow(66_000)
    assert monitor.sees() == (66_000, 66_000)
    monitor.grow(66_100, seed=2)
    assert monitor.sees() == (66_100, 100)


def test_it_notices_a_fork(monitor: Monitor) -> None:
    monitor.grow(600)
    monitor.sees()
    monitor.alter(100)
    monitor.connection.execute("DROP SCHEMA ledger CASCADE")
    monitor.grow(700, seed=2)
    said = monitor.look()
    assert said.code == 1
    assert "FORK: the log of 700 events does not continue that of 600" in said.err


def test_it_notices_a_log_that_has_become_smaller(monitor: Monitor) -> None:
    monitor.grow(600)
    monitor.sees()
    monitor.connection.execute("DROP SCHEMA ledger CASCADE")
    monitor.connection.execute("ALTER TABLE event_log.events DISABLE TRIGGER ALL")
    monitor.connection.execute("DELETE FROM event_log.events WHERE position > 500")
    monitor.connection.execute("UPDATE event_log.head SET position = 500")
    monitor.publish()
    said = monitor.look()
    assert (said.code, "FORK: the log had 600 events, and shows 500" in said.err) == (1, True)


def test_it_notices_an_event_that_is_not_the_one_in_the_tree(monitor: Monitor) -> None:
    monitor.grow(600)
    monitor.alter(555)
    said = monitor.look()
    assert (said.code, "the record at position 555 is not the one in the tree" in said.err) == (1, True)


def test_it_notices_a_tile_that_is_not_that_of_the_root(monitor: Monitor) -> None:
    monitor.grow(600)
    monitor.connection.execute("ALTER TABLE ledger.tiles DISABLE TRIGGER ALL")
    monitor.connection.execute("UPDATE ledger.tiles SET hashes = set_byte(hashes, 100, 255) WHERE index = 1")
    said = monitor.look()
    assert said.code == 1
    assert "inconsistent" in said.err


def test_it_believes_no_other_key(monitor: Monitor) -> None:
    monitor.grow(10)
    monitor.key = Signer(LOG.name, KeyKind.NOTE, b"thief".ljust(32)).verifier.vkey
    said = monitor.look()
    assert (said.code, "not signed by the log" in said.err) == (1, True)
    assert not monitor.memory.exists()


def test_what_it_could_not_ask_is_no_accusation(monitor: Monitor) -> None:
    assert monitor.look().code == 2, "nothing was published yet"
    monitor.url = "http://127.0.0.1:9"
    assert monitor.look().code == 2


def test_it_remembers_the_tree_and_nothing_of_the_events(monitor: Monitor) -> None:
    monitor.grow(300)
    monitor.sees()
    assert set(json.loads(monitor.memory.read_text())) == {"Size", "Root"}
