"""Monitors are shown the tree that a published checkpoint covers, and nothing else of the log."""

from __future__ import annotations

import hashlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from os import environ
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from psycopg import Connection
from psycopg_pool import ConnectionPool
from starlette.testclient import TestClient

from scp_events.ledger.format.leaf import Leaf
from scp_events.ledger.format.tree import leaf_hash, root_of
from scp_events.ledger.log import tables
from scp_tiles.app import create_app
from tests.ledger.filled import connected, fill, tree_writer
from tests.services.cli_run import scp_process
from tests.services.test_cli_serve import answers, free_port

Ledger = Connection[Any]
COVERED = 700
"""Events of the newest checkpoint, which is not published."""
PUBLISHED = 600
"""Events of the newest published one: two full tiles, and 88 leaves."""


@pytest.fixture
def connection(log_database: str) -> Iterator[Ledger]:
    """Yield a log of which the last events are covered by a checkpoint that nobody has cosigned yet."""
    with connected(log_database) as connection:
        writer = tree_writer(connection)
        fill(connection, PUBLISHED)
        writer.write(at_once=True)
        publish(connection)
        fill(connection, COVERED - PUBLISHED, seed=2)
        writer.write(at_once=True)
        yield connection


@pytest.fixture
def monitor(connection: Ledger, log_database: str) -> Iterator[TestClient]:
    with (
        ConnectionPool(log_database, kwargs={"autocommit": True}, open=False) as pool,
        TestClient(create_app(pool), raise_server_exceptions=False) as client,
    ):
        yield client


def publish(connection: Ledger) -> None:
    size = tables.read_edge(connection).size
    note = tables.newest_checkpoint(connection)
    assert note is not None
    tables.note_published(connection, size, note, datetime.now(UTC))


def leaves(connection: Ledger) -> list[bytes]:
    """Return all leaf records, made of the rows without any of our own ways to do so."""
    rows = connection.execute(
        "SELECT position, stream_id, version, recorded_at, type, body FROM event_log.events ORDER BY position"
    )
    return [Leaf(*row[:5], stored_sha256=hashlib.sha256(row[5]).digest()).record() for row in rows]


def unbundled(bundle: bytes) -> list[bytes]:
    """Return the records of a bundle as its description says: two bytes of length, big-endian, and each."""
    records = []
    while bundle:
        length = bundle[0] * 256 + bundle[1]
        records.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    return records


def test_the_checkpoint_is_the_newest_published_one_and_is_asked_for_anew(
    monitor: TestClient, connection: Ledger
) -> None:
    answer = monitor.get("/checkpoint")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == tables.published_at(connection, None)
    assert answer.text.split("\n")[1] == "600"
    assert answer.headers["Cache-Control"] == "no-cache"
    known = {"If-None-Match": answer.headers["ETag"]}
    assert monitor.get("/checkpoint", headers=known).status_code == 304
    publish(connection)
    assert monitor.get("/checkpoint", headers=known).text.split("\n")[1] == "700"


def test_tiles_hold_the_hashes_of_the_leaves_and_are_kept_for_good(
    monitor: TestClient, connection: Ledger
) -> None:
    hashes = [leaf_hash(record) for record in leaves(connection)]
    full, partial = monitor.get("/tile/0/001"), monitor.get("/tile/0/002.p/88")
    assert full.content == b"".join(hashes[256:512])
    assert partial.content == b"".join(hashes[512:600])
    assert monitor.get("/tile/1/000.p/2").content == root_of(hashes[:256]) + root_of(hashes[256:512])
    assert monitor.get("/tile/0/000.p/3").content == b"".join(hashes[:3]), "of a tree that was smaller"
    for answer in (full, partial):
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Cache-Control"] == "max-age=31536000, immutable"
        assert answer.headers["ETag"]


def test_entries_are_leaf_records_which_hash_to_the_tile_and_hold_nothing_of_a_body(
    monitor: TestClient, connection: Ledger
) -> None:
    answer = monitor.get("/tile/entries/002.p/88")
    assert unbundled(answer.content) == leaves(connection)[512:600]
    assert unbundled(monitor.get("/tile/entries/000").content) == leaves(connection)[:256]
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Cache-Control"] == "max-age=31536000, immutable"
    bodies = connection.execute("SELECT body FROM event_log.events WHERE position > 512").fetchall()
    for said in (json.loads(body) for (body,) in bodies):
        for of_the_body in (said["event_id"], said["command_id"]):
            assert UUID(of_the_body).bytes not in answer.content


@pytest.mark.parametrize(
    "path",
    [
        "/tile/0/002",
        "/tile/0/002.p/89",
        "/tile/0/002.p/188",
        "/tile/0/003.p/1",
        "/tile/1/000.p/3",
        "/tile/1/000",
        "/tile/2/000.p/1",
        "/tile/entries/002",
        "/tile/entries/002.p/89",
        "/tile/entries/x001/000",
        "/tile/63/x999/x999/x999/x999/x999/x999/999",
    ],
)
def test_what_no_published_checkpoint_covers_is_not_there_yet(monitor: TestClient, path: str) -> None:
    answer = monitor.get(path)
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store", "it may be there the next time"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/checkpoint/",
        "/checkpoint/x",
        "/tile",
        "/tile/",
        "/tile/0",
        "/tile/0/0",
        "/tile/0/000/",
        "/tile/00/000",
        "/tile/0/x000/000",
        "/tile/0/%30%30%30",
        "/tile%2f0%2f000",
        "/tile/0/000.p/0",
        "/tile/0/000.p/03",
        "/tile/0/000.p/256",
        "/tile/entries/0",
        "/tile/entries/000.p/",
        "/tile/entry/000",
        "/tile/1/entries/000",
        "/tile/64/000",
        "/tile/0/" + "x000/" * 2000 + "000",
        "/tile/data/000",
        "/add-checkpoint",
    ],
)
def test_another_spelling_is_no_address(monitor: TestClient, path: str) -> None:
    assert monitor.get(path).status_code == 404


def test_tiles_are_read_and_nothing_else(monitor: TestClient) -> None:
    for path in ("/checkpoint", "/tile/0/000", "/tile/entries/000"):
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            answer = monitor.request(method, path)
            assert answer.status_code == 405
            assert sorted(answer.headers["Allow"].split(", ")) == ["GET", "HEAD"]


@pytest.mark.parametrize("path", ["/checkpoint", "/tile/0/000", "/tile/entries/002.p/88"])
def test_head_tells_what_get_would_without_sending_it(monitor: TestClient, path: str) -> None:
    head, got = monitor.head(path), monitor.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == got.headers
    assert int(head.headers["Content-Length"]) == len(got.content)


def test_before_anything_was_published_there_is_nothing_to_see(log_database: str) -> None:
    with (
        connected(log_database) as connection,
        ConnectionPool(log_database, kwargs={"autocommit": True}, open=False) as pool,
        TestClient(create_app(pool)) as monitor,
    ):
        writer = tree_writer(connection)
        fill(connection, 300)
        writer.write(at_once=True)
        assert {monitor.get(p).status_code for p in ("/checkpoint", "/tile/0/000", "/tile/entries/000")} == {
            404
        }


def test_an_entry_of_an_altered_row_does_not_hash_to_its_tile(
    monitor: TestClient, connection: Ledger
) -> None:
    connection.execute("ALTER TABLE event_log.events DISABLE TRIGGER ALL")
    connection.execute("UPDATE event_log.events SET body = body || ' '::bytea WHERE position = 10")
    hashes = monitor.get("/tile/0/000").content
    found = [leaf_hash(record) for record in unbundled(monitor.get("/tile/entries/000").content)]
    assert [n + 1 for n in range(256) if found[n] != hashes[32 * n : 32 * (n + 1)]] == [10]


def test_a_lost_tile_is_our_mistake_and_none_is_made_up(monitor: TestClient, connection: Ledger) -> None:
    connection.execute("ALTER TABLE ledger.tiles DISABLE TRIGGER ALL")
    connection.execute("DELETE FROM ledger.tiles")
    answer = monitor.get("/tile/0/000")
    assert answer.status_code == 500
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_database_that_is_away_is_told_and_asked_for_again(monitor: TestClient) -> None:
    with ConnectionPool("host=127.0.0.1 port=9 connect_timeout=1", timeout=0.2, open=False) as pool:
        answer = TestClient(create_app(pool)).get("/checkpoint")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


def test_as_a_program_it_serves_and_ends_in_order(log_database: str, tmp_path: Path) -> None:
    port = free_port()
    told = {"SCP_DATABASE_URL": log_database, "SCP_HOME": str(tmp_path), "SCP_TILES_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "scp_tiles"], env=environ | told, stderr=subprocess.PIPE, text=True
    )
    try:
        assert answers(f"http://127.0.0.1:{port}/livez", process)
    finally:
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 0, said


def test_serve_says_before_anything_starts_that_the_port_is_taken(log_database: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = scp_process(
            *("serve", "--port", "0", "--tiles-port", port), database=log_database, SCP_HOME=str(tmp_path)
        )
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert f"port {port}" in said
    assert "--tiles-port" in said
    assert not list(tmp_path.iterdir()), "nothing was started"
